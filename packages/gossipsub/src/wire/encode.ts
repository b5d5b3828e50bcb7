/**
 * RPCs to frames. A message is encoded once and framed once, and the frame is shared by all who get it, so nobody may change it.
 */
import { RPC } from './rpc.ts'
import type { Bytes } from './bytes.ts'

/** What a frame of subscriptions and control messages is cut to: below the smallest default limit of known nodes, 64 KiB. */
export const MAX_CONTROL_FRAME_BYTES = 60 * 1_024

/** The length prefix, the tag and the length of the message are at most this much of a frame. */
export const MESSAGE_OVERHEAD_BYTES = 1 + 5

/** A frame of one message around its encoded bytes. */
export function frameMessage (encoded: Uint8Array): Uint8Array {
  const rpcBytes = 1 + varintBytes(encoded.length) + encoded.length
  const frame = new Uint8Array(varintBytes(rpcBytes) + rpcBytes)
  let offset = writeVarint(frame, 0, rpcBytes)
  frame[offset++] = MESSAGES_TAG
  offset = writeVarint(frame, offset, encoded.length)
  frame.set(encoded, offset)

  return frame
}

/**
 * Frames of subscriptions and control messages, none longer than `maxFrameBytes` unless one element alone is. Lists are cut where they
 * have to be; the order within each list stays.
 */
export function frameRpc (rpc: Partial<RPC>, maxFrameBytes: number = MAX_CONTROL_FRAME_BYTES): Uint8Array[] {
  const whole = RPC.encode(rpc)

  if (whole.length === 0) {
    return []
  }

  if (whole.length <= maxFrameBytes) {
    return [withLength(whole)]
  }

  return pieces(rpc, maxFrameBytes).map(piece => withLength(RPC.encode(piece)))
}

const MESSAGES_TAG = 2 << 3 | 2

/** Tags and lengths around one element: that of `control`, and that of the element in it. */
const ELEMENT_OVERHEAD_BYTES = 12

interface Piece {
  subscriptions: RPC.SubOpts[]
  messages: RPC.Message[]
  control: RPC.ControlMessage
}

function pieces ({ subscriptions = [], control = emptyPiece().control }: Partial<RPC>, maxFrameBytes: number): Piece[] {
  const packer = new Packer(maxFrameBytes)

  for (const subscription of subscriptions) {
    packer.room(RPC.SubOpts.encode(subscription).length).subscriptions.push(subscription)
  }

  for (const graft of control.graft) {
    packer.room(RPC.ControlGraft.encode(graft).length).control.graft.push(graft)
  }

  for (const prune of control.prune) {
    packer.room(RPC.ControlPrune.encode(prune).length).control.prune.push(prune)
  }

  for (const messageIDs of control.iwant.flatMap(({ messageIDs }) => runs(messageIDs, maxFrameBytes))) {
    packer.room(idBytes(messageIDs)).control.iwant.push({ messageIDs })
  }

  for (const messageIDs of control.idontwant.flatMap(({ messageIDs }) => runs(messageIDs, maxFrameBytes))) {
    packer.room(idBytes(messageIDs)).control.idontwant.push({ messageIDs })
  }

  for (const ihave of control.ihave) {
    const topicBytes = RPC.ControlIHave.encode({ topicID: ihave.topicID }).length

    for (const messageIDs of runs(ihave.messageIDs, maxFrameBytes - topicBytes)) {
      packer.room(topicBytes + idBytes(messageIDs)).control.ihave.push({ topicID: ihave.topicID, messageIDs })
    }
  }

  return packer.pieces
}

class Packer {
  readonly pieces: Piece[] = []
  readonly #maxBytes: number
  #bytes = 0

  constructor (maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** The piece that an element of so many bytes goes to. */
  room (elementBytes: number): Piece {
    const bytes = elementBytes + ELEMENT_OVERHEAD_BYTES

    if (this.pieces.length === 0 || this.#bytes + bytes > this.#maxBytes) {
      this.pieces.push(emptyPiece())
      this.#bytes = 0
    }

    this.#bytes += bytes

    return this.pieces[this.pieces.length - 1]
  }
}

/** Cuts a list of ids where it would be too long for a frame. */
function runs (ids: Bytes[], maxFrameBytes: number): Bytes[][] {
  const done: Bytes[][] = []
  let run: Bytes[] = []
  let bytes = ELEMENT_OVERHEAD_BYTES

  for (const id of ids) {
    const added = idBytes([id])

    if (run.length > 0 && bytes + added > maxFrameBytes) {
      done.push(run)
      run = []
      bytes = ELEMENT_OVERHEAD_BYTES
    }

    run.push(id)
    bytes += added
  }

  return [...done, run]
}

function idBytes (ids: Uint8Array[]): number {
  return ids.reduce((sum, id) => sum + 1 + varintBytes(id.length) + id.length, 0)
}

function emptyPiece (): Piece {
  return { subscriptions: [], messages: [], control: { ihave: [], iwant: [], graft: [], prune: [], idontwant: [] } }
}

function withLength (bytes: Uint8Array): Uint8Array {
  const frame = new Uint8Array(varintBytes(bytes.length) + bytes.length)
  frame.set(bytes, writeVarint(frame, 0, bytes.length))

  return frame
}

function varintBytes (value: number): number {
  let bytes = 1

  for (let rest = value; rest >= 0x80; rest /= 0x80) {
    bytes++
  }

  return bytes
}

function writeVarint (target: Uint8Array, offset: number, value: number): number {
  let rest = value

  while (rest >= 0x80) {
    target[offset++] = rest & 0x7f | 0x80
    rest >>>= 7
  }

  target[offset++] = rest

  return offset
}
