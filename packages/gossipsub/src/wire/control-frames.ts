/**
 * The writer behind `frameRpc`: elements are written one after the other into one buffer, and frames are cut from it. It writes what the
 * generated codec writes, which is its oracle in the tests, at a fraction of the cost. Many ids that are encoded already are not copied: a
 * frame of them is a list of views.
 */
import { Uint8ArrayList } from 'uint8arraylist'
import type { Bytes } from './bytes.ts'
import type { RPC } from './rpc.ts'

/** An IHAVE whose ids are encoded already: the field `messageIDs` of `ControlIHave` (0x12, length, id), once for each id. */
export interface EncodedIHave {
  topicID: string
  /** In parts of whole fields, which nobody changes any more. */
  encodedIds: readonly Uint8Array[]
  /** How many ids that is. */
  count: number
}

/** The control messages of an RPC that is sent. */
export interface OutboundControl extends Omit<RPC.ControlMessage, 'ihave'> {
  ihave: Array<RPC.ControlIHave | EncodedIHave>
}

/** Its parts are shared: nobody changes them. */
export type Frame = Uint8Array | Uint8ArrayList

/** An RPC without messages. */
export interface ControlRpc {
  subscriptions?: RPC.SubOpts[]
  control?: Partial<OutboundControl>
}

/** Tag (three bits of type) and number of each field that is written, from rpc.proto. */
const SUBSCRIPTION = 1 << 3 | 2
const CONTROL = 3 << 3 | 2
const SUBSCRIBE = 1 << 3
const SUBSCRIBED_TOPIC = 2 << 3 | 2
const IHAVE = 1 << 3 | 2
const IWANT = 2 << 3 | 2
const GRAFT = 3 << 3 | 2
const PRUNE = 4 << 3 | 2
const IDONTWANT = 5 << 3 | 2
const TOPIC = 1 << 3 | 2
const IHAVE_ID = 2 << 3 | 2
const ID = 1 << 3 | 2
const PRUNE_PEER = 2 << 3 | 2
const PRUNE_BACKOFF = 3 << 3
const PEER_ID = 1 << 3 | 2
const PEER_RECORD = 2 << 3 | 2

const encoder = new TextEncoder()

export class ControlFrames {
  readonly #maxBytes: number
  readonly #frames: Frame[] = []
  #buffer = scratch
  /** The parts of the frame's control messages that are not in the buffer, each with where in it they belong. */
  #shared: Array<{ at: number, part: Uint8Array }> = []
  #sharedBytes = 0
  /** Where the subscriptions of the frame that is being filled end, and where its next element goes. */
  #controlStart = 0
  #end = 0

  /** @param maxBytes - of a frame without its length prefix */
  constructor (maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  write ({ subscriptions = [], control = {} }: ControlRpc): Frame[] {
    const { graft = [], prune = [], iwant = [], idontwant = [], ihave = [] } = control

    for (const subscription of subscriptions) {
      this.#subscription(subscription)
    }

    for (const one of ihave) {
      this.#ihave(one)
    }

    for (const { messageIDs } of iwant) {
      this.#ids(IWANT, ID, EMPTY, messageIDs)
    }

    for (const { topicID } of graft) {
      const topic = topicField(topicID)
      this.#begin(GRAFT, topic.length)
      this.#raw(topic)
    }

    for (const one of prune) {
      this.#prune(one)
    }

    for (const { messageIDs } of idontwant) {
      this.#ids(IDONTWANT, ID, EMPTY, messageIDs)
    }

    this.#cut()
    // one that had to grow serves the next
    scratch = this.#buffer.length > MAX_KEPT_BYTES ? scratch : this.#buffer

    return this.#frames
  }

  // elements

  #subscription ({ subscribe, topic }: RPC.SubOpts): void {
    const text = topic == null ? EMPTY : utf8(topic)
    const bytes = (subscribe == null ? 0 : 2) + (topic == null ? 0 : fieldBytes(text.length))
    const total = fieldBytes(bytes)

    if (this.#end > 0 && this.#bodyBytes(total, 0) > this.#maxBytes) {
      this.#cut()
    }

    this.#reserve(total)
    this.#header(SUBSCRIPTION, bytes)

    if (subscribe != null) {
      this.#buffer[this.#end++] = SUBSCRIBE
      this.#buffer[this.#end++] = subscribe ? 1 : 0
    }
    if (topic != null) {
      this.#field(SUBSCRIBED_TOPIC, text)
    }

    this.#controlStart = this.#end
  }

  #prune ({ topicID, peers = [], backoff }: RPC.ControlPrune): void {
    const topic = topicField(topicID)
    const peerBytes = peers.map(({ peerID, signedPeerRecord }) => optionalBytes(peerID) + optionalBytes(signedPeerRecord))
    let bytes = topic.length + (backoff == null ? 0 : 1 + varintBytes(backoff))
    peerBytes.forEach(length => { bytes += fieldBytes(length) })

    this.#begin(PRUNE, bytes)
    this.#raw(topic)

    for (let i = 0; i < peers.length; i++) {
      const { peerID, signedPeerRecord } = peers[i]
      this.#header(PRUNE_PEER, peerBytes[i])
      this.#optional(PEER_ID, peerID)
      this.#optional(PEER_RECORD, signedPeerRecord)
    }

    if (backoff != null) {
      this.#buffer[this.#end++] = PRUNE_BACKOFF
      this.#end = writeVarint(this.#buffer, this.#end, backoff)
    }
  }

  #ihave (ihave: RPC.ControlIHave | EncodedIHave): void {
    const topic = topicField(ihave.topicID)

    if ('encodedIds' in ihave) {
      this.#encodedIds(topic, ihave.encodedIds)
    } else {
      this.#ids(IHAVE, IHAVE_ID, topic, ihave.messageIDs)
    }
  }

  /** A list of ids as one element, or as several where it does not fit. */
  #ids (tag: number, idTag: number, topic: Uint8Array, ids: Uint8Array[]): void {
    for (let from = 0, to = 0; from === 0 || from < ids.length; from = to) {
      let bytes = topic.length

      while (to < ids.length) {
        const added = fieldBytes(ids[to].length)

        if (to > from && !this.#fitsAFrame(bytes + added)) {
          break
        }

        bytes += added
        to++
      }

      this.#begin(tag, bytes)
      this.#raw(topic)

      for (let i = from; i < to; i++) {
        this.#field(idTag, ids[i])
      }

      if (ids.length === 0) {
        return
      }
    }
  }

  #encodedIds (topic: Uint8Array, parts: readonly Uint8Array[]): void {
    let element: Uint8Array[] = []
    let bytes = topic.length

    for (const part of parts) {
      for (let from = 0; from < part.length;) {
        const to = this.#endOfFitting(part, from, bytes, element.length === 0)

        if (to === from) {
          this.#encodedIHave(topic, element, bytes)
          element = []
          bytes = topic.length
        } else {
          element.push(from === 0 && to === part.length ? part : part.subarray(from, to))
          bytes += to - from
          from = to
        }
      }
    }

    this.#encodedIHave(topic, element, bytes)
  }

  /** Where the fields from an offset on end that fit beside so many bytes of an element, or the first one if it is to fit in any case. */
  #endOfFitting (part: Uint8Array, from: number, bytes: number, isFirst: boolean): number {
    if (this.#fitsAFrame(bytes + part.length - from)) {
      return part.length
    }

    let to = isFirst ? fieldEnd(part, from) : from

    while (to < part.length) {
      const next = fieldEnd(part, to)

      if (!this.#fitsAFrame(bytes + next - from)) {
        break
      }

      to = next
    }

    return to
  }

  #encodedIHave (topic: Uint8Array, parts: Uint8Array[], bytes: number): void {
    const sharedBytes = parts.reduce((sum, { length }) => length < MIN_SHARED_BYTES ? sum : sum + length, 0)
    this.#begin(IHAVE, bytes, sharedBytes)
    this.#raw(topic)

    for (const part of parts) {
      if (part.length < MIN_SHARED_BYTES) {
        this.#raw(part)
      } else {
        this.#shared.push({ at: this.#end, part })
      }
    }

    this.#sharedBytes += sharedBytes
  }

  // frames

  /** Tag and length of a control element, in a new frame if it does not fit into this one. So many of its bytes are not written into the buffer. */
  #begin (tag: number, bytes: number, sharedBytes = 0): void {
    const total = fieldBytes(bytes)

    if (this.#end > 0 && this.#bodyBytes(0, total) > this.#maxBytes) {
      this.#cut()
    }

    this.#reserve(total - sharedBytes)
    this.#header(tag, bytes)
  }

  /** Would a control element of so many bytes fit into a frame of its own? */
  #fitsAFrame (bytes: number): boolean {
    return fieldBytes(fieldBytes(bytes)) <= this.#maxBytes
  }

  /** The length of the frame with so much more of both. */
  #bodyBytes (moreSubscriptions: number, moreControl: number): number {
    const control = this.#controlBytes + moreControl

    return this.#controlStart + moreSubscriptions + (control === 0 ? 0 : fieldBytes(control))
  }

  get #controlBytes (): number {
    return this.#end - this.#controlStart + this.#sharedBytes
  }

  #cut (): void {
    if (this.#end === 0) {
      return
    }

    const body = this.#bodyBytes(0, 0)
    const frame = new Uint8Array(varintBytes(body) + body - this.#sharedBytes)
    let offset = writeVarint(frame, 0, body)
    frame.set(this.#buffer.subarray(0, this.#controlStart), offset)
    offset += this.#controlStart

    if (this.#end > this.#controlStart) {
      frame[offset++] = CONTROL
      offset = writeVarint(frame, offset, this.#controlBytes)
      frame.set(this.#buffer.subarray(this.#controlStart, this.#end), offset)
    }

    this.#frames.push(this.#shared.length === 0 ? frame : this.#withShared(frame, offset - this.#controlStart))
    this.#controlStart = 0
    this.#end = 0
    this.#shared = []
    this.#sharedBytes = 0
  }

  /** A frame and what is between its bytes; those of the buffer are further on in it by `shift`. */
  #withShared (frame: Bytes, shift: number): Uint8ArrayList {
    const parts: Uint8Array[] = []
    let start = 0

    for (const { at, part } of this.#shared) {
      const end = at + shift

      if (end > start) {
        parts.push(frame.subarray(start, end))
        start = end
      }

      parts.push(part)
    }

    if (start < frame.length) {
      parts.push(frame.subarray(start))
    }

    return new Uint8ArrayList(...parts)
  }

  // bytes

  #reserve (bytes: number): void {
    if (this.#end + bytes > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(this.#buffer.length * 2, this.#end + bytes))
      larger.set(this.#buffer)
      this.#buffer = larger
    }
  }

  #header (tag: number, bytes: number): void {
    this.#buffer[this.#end++] = tag
    this.#end = writeVarint(this.#buffer, this.#end, bytes)
  }

  #field (tag: number, bytes: Uint8Array): void {
    this.#header(tag, bytes.length)
    this.#raw(bytes)
  }

  #optional (tag: number, bytes?: Uint8Array): void {
    if (bytes != null) {
      this.#field(tag, bytes)
    }
  }

  #raw (bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#end)
    this.#end += bytes.length
  }
}

/** Fewer bytes are copied: it takes less time than to have them in a list. */
const MIN_SHARED_BYTES = 1_024

/** A larger buffer than this is not kept for the next RPC: most are small. */
const MAX_KEPT_BYTES = 128 * 1_024

/** Shared by all RPCs: none is written while another one is. */
let scratch = new Uint8Array(4_096)

const EMPTY = new Uint8Array(0)

function utf8 (text: string): Uint8Array {
  return encoder.encode(text)
}

function topicField (topic: string | undefined): Uint8Array {
  if (topic == null) {
    return EMPTY
  }

  const text = utf8(topic)
  const field = new Uint8Array(fieldBytes(text.length))
  field[0] = TOPIC
  field.set(text, writeVarint(field, 1, text.length))

  return field
}

/** Tag, length and content. */
function fieldBytes (bytes: number): number {
  return 1 + varintBytes(bytes) + bytes
}

function optionalBytes (bytes: Uint8Array | undefined): number {
  return bytes == null ? 0 : fieldBytes(bytes.length)
}

/** The offset after the field that begins at an offset. */
function fieldEnd (bytes: Uint8Array, offset: number): number {
  let length = 0
  let shift = 0
  let byte = 0

  do {
    byte = bytes[++offset]
    length |= (byte & 0x7f) << shift
    shift += 7
  } while (byte >= 0x80)

  return offset + 1 + length
}

export function varintBytes (value: number): number {
  let bytes = 1

  for (let rest = value; rest >= 0x80; rest /= 0x80) {
    bytes++
  }

  return bytes
}

/** Up to 2^53. */
export function writeVarint (target: Uint8Array, offset: number, value: number): number {
  let rest = value

  for (; rest >= 0x8000_0000; rest = Math.floor(rest / 0x80)) {
    target[offset++] = rest % 0x80 | 0x80
  }

  for (; rest >= 0x80; rest >>>= 7) {
    target[offset++] = rest & 0x7f | 0x80
  }

  target[offset++] = rest

  return offset
}
