import type { MemoryRelief } from './memory-relief.ts'

/**
 * Memory that received bytes are copied into by the native side, and handed on from without another copy.
 *
 * A region that somebody may still hold is never written again: the slab moves on, and is replaced when it is used up.
 * Small payloads are copied out instead, so that a message of 200 bytes in somebody's cache doesn't keep a whole slab.
 */

/** Large enough for a stream's credit. */
const SLAB_BYTES = 256 * 1024

/** A slab with less room than this is replaced: batches would become too small. */
const MIN_ROOM_BYTES = 64 * 1024

/** Payloads below this are copied out: what somebody holds keeps no more than eight times its size. */
const MIN_VIEW_BYTES = SLAB_BYTES / 8

const NOTHING = new Uint8Array()

export class Slab {
  readonly #relief: MemoryRelief
  #bytes: Uint8Array
  /** Up to here, regions may be held by somebody. */
  #used = 0
  /** The batch is read up to here. */
  #position = 0

  constructor (relief: MemoryRelief) {
    this.#relief = relief
    this.#bytes = this.#allocate()
  }

  get bytes (): Uint8Array {
    return this.#bytes
  }

  get offset (): number {
    return this.#used
  }

  /** Starts to read a batch that was written from `offset` on. */
  rewind (): void {
    this.#position = this.#used
  }

  /** The next payload of the batch. */
  take (length: number): Uint8Array {
    if (length === 0) {
      return NOTHING
    }

    const start = this.#position
    const end = start + length
    this.#position = end

    if (length < MIN_VIEW_BYTES) {
      return this.#bytes.slice(start, end)
    }

    this.#used = end

    return this.#bytes.subarray(start, end)
  }

  /** Ends a batch. `isBlocked`: the native side found no room for the next record. */
  settle (isBlocked: boolean): void {
    if (isBlocked || this.#bytes.byteLength - this.#used < MIN_ROOM_BYTES) {
      this.#bytes = this.#allocate()
      this.#used = 0
    }
  }

  /** Not zeroed, and a plain Uint8Array: `slice` of a Buffer would not copy. */
  #allocate (): Uint8Array {
    const memory = Buffer.allocUnsafeSlow(SLAB_BYTES).buffer
    this.#relief.relieve(memory)

    return new Uint8Array(memory)
  }
}
