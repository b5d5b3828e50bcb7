import { markAsUntransferable } from 'node:worker_threads'

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

/** Below the size from which V8 keeps an array apart from young ones (128 KiB of 8 bytes each). */
const YOUNG_ARRAY_LENGTH = 15_000
const YOUNG_ARRAYS = 2

const NOTHING = new Uint8Array()

/** Holds the youngest one, so that no compiler leaves the allocation out. */
const young: { array?: unknown[] } = {}

export class Slab {
  #bytes = allocate()
  /** Up to here, regions may be held by somebody. */
  #used = 0
  /** The batch is read up to here. */
  #position = 0

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
      this.#bytes = allocate()
      this.#used = 0
    }
  }
}

/** Not zeroed, and a plain Uint8Array: `slice` of a Buffer would not copy. */
function allocate (): Uint8Array {
  hastenMinorCollection()

  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(SLAB_BYTES).buffer)
  // who moved a region of it elsewhere would take all of it away, also what is yet to be received
  markAsUntransferable(bytes.buffer)

  return bytes
}

/**
 * Leaves about as much garbage as a slab has bytes. Slabs lie outside of V8's heap: by themselves they make it collect the
 * whole heap for every 16 MiB of them (a quarter of all processor time in a process that receives), while the cheap
 * collection of what is young, which frees them just as well, comes only when so much of the heap itself has been used.
 */
function hastenMinorCollection (): void {
  for (let i = 0; i < YOUNG_ARRAYS; i++) {
    young.array = new Array(YOUNG_ARRAY_LENGTH)
  }

  young.array = undefined
}
