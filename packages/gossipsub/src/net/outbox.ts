/**
 * What waits to be written to one peer: bounded, control before data, all frames of a turn of the event loop in one write. It writes
 * while the stream takes more and goes on at the stream's `drain` event; a full outbox drops the least useful messages and counts
 * them, and never breaks the stream.
 */
import { frameRpc } from '../wire/encode.ts'
import { PendingRpc } from './pending-rpc.ts'
import type { Turn } from './turn.ts'
import type { SendReason } from '../router/events.ts'
import type { RPC } from '../wire/rpc.ts'
import type { Stream } from '@libp2p/interface'

/** Most bytes handed to a stream at once. More would sit in the buffer of the stream, where control cannot overtake it. */
export const MAX_WRITE_BYTES = 64 * 1_024

/** Most messages that wait for one peer. */
export const MAX_QUEUED_MESSAGES = 65_536

export type OutboxDropReason = 'outbox-gossip' | 'outbox-forward' | 'outbox-iwant' | 'outbox-publish' | 'outbox-iwant-ids'

export interface OutboxInit {
  turn: Turn
  /** Most bytes of messages that wait. */
  maxBytes: number
  maxMessages?: number
  onDrop(reason: OutboxDropReason, count: number): void
  /** Writing to the stream threw: it is of no more use. */
  onWriteError(stream: Stream, err: Error): void
}

/** The order in which messages are sent; the order in which they are dropped is the reverse, forwards before IWANT replies. */
const SENT_FIRST: SendReason[] = ['publish', 'forward', 'iwant']
const DROPPED_FIRST: SendReason[] = ['forward', 'iwant', 'publish']

export class Outbox {
  readonly #init: OutboxInit
  readonly #maxMessages: number
  readonly #pending = new PendingRpc()
  readonly #queues: Record<SendReason, FrameQueue> = { publish: new FrameQueue(), forward: new FrameQueue(), iwant: new FrameQueue() }
  /** Frames that are on their way into the stream: the first may be written in part. */
  #writing: Uint8Array[] = []
  #writtenOfFirst = 0
  #stream?: Stream
  #isFlushing = false
  #onEmpty?: () => void

  constructor (init: OutboxInit) {
    this.#init = init
    this.#maxMessages = init.maxMessages ?? MAX_QUEUED_MESSAGES
  }

  get queuedBytes (): number {
    return SENT_FIRST.reduce((sum, reason) => sum + this.#queues[reason].bytes, 0)
  }

  get queuedMessages (): number {
    return SENT_FIRST.reduce((sum, reason) => sum + this.#queues[reason].length, 0)
  }

  /** Write to this stream from now on. What was written in part to an earlier one starts anew. */
  attach (stream: Stream): void {
    this.detach()
    this.#stream = stream
    stream.addEventListener('drain', this.#flush)
    stream.addEventListener('idle', this.#onIdle)
    this.#init.turn.atEnd(this.#flush)
  }

  /** Keep what waits until there is a stream again. */
  detach (): void {
    this.#stream?.removeEventListener('drain', this.#flush)
    this.#stream?.removeEventListener('idle', this.#onIdle)
    this.#stream = undefined
    this.#writtenOfFirst = 0
  }

  sendRpc (subscriptions?: RPC.SubOpts[], control?: RPC.ControlMessage): void {
    this.#count('outbox-iwant-ids', this.#pending.add(subscriptions, control))
    this.#init.turn.atEnd(this.#flush)
  }

  /** @param frame - shared with other outboxes: nobody changes it */
  sendMessage (frame: Uint8Array, reason: SendReason): void {
    this.#queues[reason].push(frame)
    this.#makeRoom()
    this.#init.turn.atEnd(this.#flush)
  }

  /** Write what the stream takes, and call back when nothing is left here. */
  onceEmpty (onEmpty: () => void): void {
    this.#onEmpty = onEmpty
    this.#flush()
    this.#tellEmpty()
  }

  /** Forget everything. */
  clear (): void {
    this.detach()
    this.#pending.clear()
    this.#writing = []

    for (const reason of SENT_FIRST) {
      this.#queues[reason] = new FrameQueue()
    }
  }

  readonly #flush = (): void => {
    // a stream may emit 'drain' from within `send`, where a second `send` would bypass its back-pressure
    if (this.#stream == null || this.#isFlushing) {
      return
    }

    this.#isFlushing = true

    try {
      this.#writeTo(this.#stream)
    } finally {
      this.#isFlushing = false
    }

    this.#tellEmpty()
  }

  #tellEmpty (): void {
    if (this.#onEmpty != null && !this.#hasMore) {
      const onEmpty = this.#onEmpty
      this.#onEmpty = undefined
      onEmpty()
    }
  }

  /** The stream has passed on what it held. It says so from within a write, so this waits until that is over. */
  readonly #onIdle = (): void => {
    if (!this.#isFlushing && this.#hasMore) {
      queueMicrotask(this.#flush)
    }
  }

  get #hasMore (): boolean {
    return this.#writing.length > 0 || this.queuedMessages > 0 || this.#pending.hasControl || this.#pending.hasGossip
  }

  #writeTo (stream: Stream): void {
    while (stream === this.#stream && takesMore(stream)) {
      const batch = this.#nextBatch()

      if (batch == null) {
        return
      }

      try {
        stream.send(batch)
      } catch (err) {
        this.detach()
        this.#init.onWriteError(stream, err instanceof Error ? err : new Error(String(err)))
      }
    }
  }

  /** At most `MAX_WRITE_BYTES`: many small frames in one piece, or a piece of a big one. */
  #nextBatch (): Uint8Array | undefined {
    this.#fillWriting()
    const first = this.#writing[0]

    if (first == null) {
      return undefined
    }

    if (this.#writing.length === 1 || first.length - this.#writtenOfFirst >= MAX_WRITE_BYTES) {
      return this.#nextPiece(first)
    }

    const parts: Uint8Array[] = []
    let bytes = 0

    while (this.#writing.length > 0 && bytes + this.#writing[0].length - this.#writtenOfFirst <= MAX_WRITE_BYTES) {
      const part = this.#nextPiece(this.#writing[0])
      parts.push(part)
      bytes += part.length
    }

    return concat(parts, bytes)
  }

  #nextPiece (frame: Uint8Array): Uint8Array {
    const end = Math.min(frame.length, this.#writtenOfFirst + MAX_WRITE_BYTES)
    const piece = end - this.#writtenOfFirst === frame.length ? frame : frame.subarray(this.#writtenOfFirst, end)

    if (end === frame.length) {
      this.#writing.shift()
      this.#writtenOfFirst = 0
    } else {
      this.#writtenOfFirst = end
    }

    return piece
  }

  /** Frames for the next write: control first, then messages by class, then gossip. */
  #fillWriting (): void {
    let bytes = this.#writing.reduce((sum, frame) => sum + frame.length, -this.#writtenOfFirst)

    if (bytes < MAX_WRITE_BYTES && this.#pending.hasControl) {
      bytes += this.#append(frameRpc(this.#pending.takeControl()))
    }

    for (const reason of SENT_FIRST) {
      while (bytes < MAX_WRITE_BYTES && this.#queues[reason].length > 0) {
        bytes += this.#append([this.#queues[reason].shift()])
      }
    }

    if (bytes < MAX_WRITE_BYTES && this.#pending.hasGossip) {
      this.#append(frameRpc(this.#pending.takeGossip()))
    }
  }

  #append (frames: Uint8Array[]): number {
    this.#writing.push(...frames)

    return frames.reduce((sum, frame) => sum + frame.length, 0)
  }

  #makeRoom (): void {
    if (!this.#isOverfull()) {
      return
    }

    this.#count('outbox-gossip', this.#pending.dropGossip())

    for (const reason of DROPPED_FIRST) {
      let dropped = 0

      while (this.#queues[reason].length > 0 && this.#isOverfull()) {
        this.#queues[reason].shift()
        dropped++
      }

      this.#count(`outbox-${reason}`, dropped)
    }
  }

  #isOverfull (): boolean {
    return this.queuedBytes > this.#init.maxBytes || this.queuedMessages > this.#maxMessages
  }

  #count (reason: OutboxDropReason, count: number): void {
    if (count > 0) {
      this.#init.onDrop(reason, count)
    }
  }
}

/** After a drain a stream first sends what it holds; more on top of that would heap up there. */
function takesMore (stream: Stream): boolean {
  return !stream.writableNeedsDrain && stream.writeBufferLength === 0
}

/** First in, first out, at constant cost. */
class FrameQueue {
  #frames: Uint8Array[] = []
  #head = 0
  bytes = 0

  get length (): number {
    return this.#frames.length - this.#head
  }

  push (frame: Uint8Array): void {
    this.#frames.push(frame)
    this.bytes += frame.length
  }

  /** Only when `length` is not 0. */
  shift (): Uint8Array {
    const frame = this.#frames[this.#head]
    this.#frames[this.#head++] = NOTHING
    this.bytes -= frame.length

    if (this.#head > 1_024 && this.#head * 2 > this.#frames.length) {
      this.#frames = this.#frames.slice(this.#head)
      this.#head = 0
    }

    return frame
  }
}

const NOTHING = new Uint8Array(0)

function concat (parts: Uint8Array[], bytes: number): Uint8Array {
  if (parts.length === 1) {
    return parts[0]
  }

  const whole = new Uint8Array(bytes)
  let offset = 0

  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }

  return whole
}
