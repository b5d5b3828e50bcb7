import type { Bytes } from './bytes.ts'

/** A chunk lives as long as anything in it is referred to: small against what may wait for a peer, large against a frame. */
const CHUNK_BYTES = 64 * 1_024

/** What is larger has memory of its own: it would leave too much of a chunk empty. */
const MAX_POOLED_BYTES = 4 * 1_024

/**
 * Memory for many small pieces of bytes: to allocate each by itself takes longer than all that is done with it. What was handed out is never
 * handed out again. Not for bytes that applications get: they may send the memory they are in to another thread.
 */
export class Pool {
  #chunk: Bytes = new Uint8Array(0)
  #free = 0

  /** So many bytes, all 0. */
  allocate (length: number): Bytes {
    if (length > MAX_POOLED_BYTES) {
      return new Uint8Array(length)
    }

    if (length > this.#chunk.length - this.#free) {
      this.#chunk = new Uint8Array(CHUNK_BYTES)
      this.#free = 0
    }

    const start = this.#free
    this.#free += length

    return this.#chunk.subarray(start, this.#free)
  }
}
