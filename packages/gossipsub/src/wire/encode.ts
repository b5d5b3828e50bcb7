/**
 * RPCs to frames. A message is encoded once and framed once, and the frame is shared by all who get it, so nobody may change it.
 */
import { ControlFrames, varintBytes, writeVarint } from './control-frames.ts'
import { Pool } from './pool.ts'
import type { Bytes } from './bytes.ts'
import type { ControlRpc } from './control-frames.ts'

export type { ControlRpc, EncodedIHave, OutboundControl } from './control-frames.ts'

/** What a frame of subscriptions and control messages is cut to: below the smallest default limit of known nodes, 64 KiB. */
export const MAX_CONTROL_FRAME_BYTES = 60 * 1_024

/** The length prefix, the tag and the length of the message are at most this much of a frame. */
export const MESSAGE_OVERHEAD_BYTES = 1 + 5

/** Small against what may wait for a peer, large against a frame. */
const pool = new Pool(64 * 1_024)

/** A frame of one message around a copy of its encoded bytes. */
export class FramedMessage {
  readonly frame: Bytes
  /** Where in the frame the encoded message begins; it ends with it. */
  readonly offset: number

  constructor (encoded: Uint8Array) {
    const rpcBytes = 1 + varintBytes(encoded.length) + encoded.length
    this.frame = pool.allocate(varintBytes(rpcBytes) + rpcBytes)
    let offset = writeVarint(this.frame, 0, rpcBytes)
    this.frame[offset++] = MESSAGES_TAG
    offset = writeVarint(this.frame, offset, encoded.length)
    this.frame.set(encoded, offset)
    this.offset = offset
  }

  get encoded (): Bytes {
    return this.frame.subarray(this.offset)
  }
}

export function frameMessage (encoded: Uint8Array): Uint8Array {
  return new FramedMessage(encoded).frame
}

/**
 * Frames of subscriptions and control messages, none longer than `maxFrameBytes` (without the length prefix, as limits of readers are
 * meant) unless one element alone is. Lists are cut where they have to be; the order within each list stays.
 */
export function frameRpc (rpc: ControlRpc, maxFrameBytes: number = MAX_CONTROL_FRAME_BYTES): Uint8Array[] {
  return new ControlFrames(maxFrameBytes).write(rpc)
}

const MESSAGES_TAG = 2 << 3 | 2
