/**
 * Cuts a byte stream into frames: an unsigned varint, then that many bytes. pubsub/README.md "The RPC"; the varint is that of
 * multiformats/unsigned-varint.
 *
 * A frame that arrives in one piece is a view of that piece; one that arrives in many is gathered in a buffer that grows with what
 * has arrived, not with what was promised.
 */
import { WireError } from '../errors.ts'
import { toBytes } from './bytes.ts'
import { FrameBuffers } from './frame-buffers.ts'
import { MIN_PIECED_BYTES, Pieces } from './pieces.ts'
import type { Bytes } from './bytes.ts'
import type { Uint8ArrayList } from 'uint8arraylist'

/** Four groups of seven bits: 256 MiB, more than any limit that makes sense. */
const MAX_PREFIX_BYTES = 4

/** A prefix of two bytes says no more. */
const MAX_WHOLE_FRAME_BYTES = 2 + 2 ** 14

const INITIAL_BUFFER_BYTES = 4_096

/** How much larger than what has arrived a buffer may be: what a peer can promise without sending it. */
const GROWTH = 8

export class FrameDecoder {
  readonly #maxFrameBytes: number
  readonly #buffers: FrameBuffers
  readonly #keepsPieces: boolean
  /** The last frame that was put together here and what it is in. */
  #assembled?: { frame: Uint8Array, buffer: Bytes }
  /** What the last large frame arrived in. */
  #arrived?: { frame: Uint8Array, pieces: Pieces }
  /** Length of the frame that is being read; undefined while its prefix is incomplete. */
  #frameBytes?: number
  #prefix = 0
  #prefixBytes = 0
  /** What has arrived of that frame. */
  #partial: Bytes = EMPTY
  #partialBytes = 0
  /** The pieces of it, if they are worth keeping. */
  #pieces?: Pieces
  #failure?: WireError

  /**
   * @param maxFrameBytes - a frame of more is an error
   * @param buffers - to put frames together in
   * @param keepsPieces - whether anybody will ask for the pieces of large frames: while one arrives, they cost its size once more
   */
  constructor (maxFrameBytes: number, buffers: FrameBuffers = new FrameBuffers(), keepsPieces = true) {
    this.#maxFrameBytes = maxFrameBytes
    this.#buffers = buffers
    this.#keepsPieces = keepsPieces
  }

  /** What ended the last chunk early, after good frames; the next `push` throws it. */
  get failure (): WireError | undefined {
    return this.#failure
  }

  /**
   * The frames that are complete with this chunk. After an error the decoder is of no more use: where the next frame begins is not
   * known. Frames before the error are returned first, and `failure` is set.
   *
   * @throws {WireError} `ERR_FRAME_TOO_LARGE` as soon as the prefix says so, or `ERR_MALFORMED_FRAME`
   */
  push (chunk: Uint8Array | Uint8ArrayList): Uint8Array[] {
    if (this.#frameBytes == null && this.#prefixBytes === 0 && chunk.byteLength <= MAX_WHOLE_FRAME_BYTES) {
      // no copy unless it is in many pieces
      const frame = this.#wholeFrame(chunk.subarray())

      if (frame != null) {
        return [frame]
      }
    }

    const frames: Uint8Array[] = []

    if (this.#failure != null) {
      throw this.#failure
    }

    try {
      for (const part of chunk instanceof Uint8Array ? [chunk] : chunk) {
        this.#take(toBytes(part), frames)
      }
    } catch (err) {
      if (!(err instanceof WireError)) {
        throw err
      }

      this.#failure = err

      if (frames.length === 0) {
        throw err
      }
    }

    return frames
  }

  /** Nobody needs the frame any more: the memory that it was put together in, if it was, serves the next one. */
  recycle (frame: Uint8Array): void {
    if (this.#assembled?.frame === frame) {
      this.#buffers.give(this.#assembled.buffer)
      this.#assembled = undefined
    }
  }

  /** The pieces that the frame arrived in, if they are worth keeping. It is asked for at once and once. */
  takePieces (frame: Uint8Array): Pieces | undefined {
    if (this.#arrived?.frame === frame) {
      const { pieces } = this.#arrived
      this.#arrived = undefined

      return pieces
    }
  }

  /** The chunk's only frame, when it is one frame and nothing else with a prefix of one or two bytes, as most are. */
  #wholeFrame (chunk: Uint8Array): Uint8Array | undefined {
    const { length } = chunk

    if (length > 1 && length <= this.#maxFrameBytes && this.#failure == null) {
      if (chunk[0] < 0x80) {
        return chunk[0] + 1 === length ? chunk.subarray(1) : undefined
      }
      if (chunk[1] < 0x80 && (chunk[0] & 0x7f | chunk[1] << 7) + 2 === length) {
        return chunk.subarray(2)
      }
    }
  }

  #take (chunk: Bytes, frames: Uint8Array[]): void {
    let offset = 0

    while (offset < chunk.length) {
      if (this.#frameBytes == null) {
        this.#readPrefixByte(chunk[offset++])
      }

      if (this.#frameBytes == null) {
        continue
      }

      const missing = this.#frameBytes - this.#partialBytes
      const part = chunk.subarray(offset, offset + missing)
      offset += part.length

      this.#keepPiece(part, this.#frameBytes)

      if (part.length < missing) {
        this.#keep(part, this.#frameBytes)
      } else {
        frames.push(this.#complete(part, this.#frameBytes))
      }
    }
  }

  #readPrefixByte (byte: number): void {
    this.#prefix |= (byte & 0x7f) << (7 * this.#prefixBytes)
    this.#prefixBytes++

    if (byte >= 0x80) {
      if (this.#prefixBytes === MAX_PREFIX_BYTES) {
        throw new WireError('ERR_MALFORMED_FRAME', `Frame length of more than ${MAX_PREFIX_BYTES} bytes`)
      }
      return
    }

    if (this.#prefix > this.#maxFrameBytes) {
      throw new WireError('ERR_FRAME_TOO_LARGE', `Frame of ${this.#prefix} bytes, the limit is ${this.#maxFrameBytes}`)
    }

    this.#frameBytes = this.#prefix
  }

  #keep (part: Bytes, frameBytes: number): void {
    const needed = this.#partialBytes + part.length

    if (needed > this.#partial.length) {
      const grown = this.#buffers.take(Math.min(frameBytes, Math.max(INITIAL_BUFFER_BYTES, GROWTH * needed)))
      grown.set(this.#partial.subarray(0, this.#partialBytes))
      this.#buffers.give(this.#partial)
      this.#partial = grown
    }

    this.#partial.set(part, this.#partialBytes)
    this.#partialBytes = needed
  }

  #keepPiece (part: Bytes, frameBytes: number): void {
    if (this.#keepsPieces && this.#partialBytes === 0 && frameBytes >= MIN_PIECED_BYTES) {
      this.#pieces = new Pieces()
    }

    this.#pieces?.add(part)

    if (this.#pieces?.isUsable === false) {
      this.#pieces = undefined
    }
  }

  #complete (lastPart: Bytes, frameBytes: number): Uint8Array {
    let frame: Bytes = lastPart

    if (this.#partialBytes > 0) {
      this.#keep(lastPart, frameBytes)
      frame = this.#partial.subarray(0, frameBytes)
      this.#assembled = { frame, buffer: this.#partial }
    }

    if (this.#pieces != null) {
      this.#arrived = { frame, pieces: this.#pieces }
      this.#pieces = undefined
    }

    this.#frameBytes = undefined
    this.#prefix = 0
    this.#prefixBytes = 0
    this.#partial = EMPTY
    this.#partialBytes = 0

    return frame
  }
}

const EMPTY: Bytes = new Uint8Array(0)
