/**
 * RPCs to frames. A message is encoded once and framed once, and the frame is shared by all who get it, so nobody may change it.
 */
import { Uint8ArrayList } from 'uint8arraylist'
import { ControlFrames, varintBytes, writeVarint } from './control-frames.ts'
import { Pool } from './pool.ts'
import type { Bytes, PiecedBytes } from './bytes.ts'
import type { ControlRpc, Frame } from './control-frames.ts'

export type { ControlRpc, EncodedIHave, Frame, OutboundControl } from './control-frames.ts'

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
    this.offset = headerBytes(encoded.length)
    this.frame = pool.allocate(this.offset + encoded.length)
    writeHeader(this.frame, encoded.length)
    this.frame.set(encoded, this.offset)
  }

  get encoded (): Bytes {
    return this.frame.subarray(this.offset)
  }
}

/** A frame of one message. Encoded bytes that are in pieces are not copied. */
export function frameMessage (encoded: Uint8Array): Uint8Array
export function frameMessage (encoded: Uint8Array | PiecedBytes): Frame
export function frameMessage (encoded: Uint8Array | PiecedBytes): Frame {
  if (encoded instanceof Uint8Array) {
    return new FramedMessage(encoded).frame
  }

  const header = pool.allocate(headerBytes(encoded.byteLength))
  writeHeader(header, encoded.byteLength)

  return new Uint8ArrayList(header, ...encoded)
}

/**
 * Frames of subscriptions and control messages, none longer than `maxFrameBytes` (without the length prefix, as limits of readers are
 * meant) unless one element alone is. Lists are cut where they have to be; the order within each list stays.
 */
export function frameRpc (rpc: ControlRpc, maxFrameBytes: number = MAX_CONTROL_FRAME_BYTES): Frame[] {
  return new ControlFrames(maxFrameBytes).write(rpc)
}

const MESSAGES_TAG = 2 << 3 | 2

/** What comes before so many bytes of an encoded message: the length prefix of the frame, tag and length of the message. */
function headerBytes (encodedBytes: number): number {
  const fieldBytes = 1 + varintBytes(encodedBytes)

  return varintBytes(fieldBytes + encodedBytes) + fieldBytes
}

function writeHeader (target: Uint8Array, encodedBytes: number): void {
  let offset = writeVarint(target, 0, 1 + varintBytes(encodedBytes) + encodedBytes)
  target[offset++] = MESSAGES_TAG
  writeVarint(target, offset, encodedBytes)
}
