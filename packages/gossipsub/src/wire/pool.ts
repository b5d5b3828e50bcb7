import type { Bytes } from './bytes.ts'

/**
 * Memory for many small pieces of bytes: to allocate each by itself takes longer than all that is done with it. What was handed out is never
 * handed out again. A chunk lives as long as anything in it is referred to.
 */
export class Pool {
  #chunk: Bytes = new Uint8Array(0)
  #free = 0
  readonly #chunkBytes: number
  readonly #maxBytes: number
  readonly #onChunk?: (chunk: Bytes) => void

  /**
   * @param chunkBytes - at once; what is larger than a sixteenth of it has memory of its own: it would leave too much of a chunk empty
   * @param onChunk - told of each new chunk
   */
  constructor (chunkBytes: number, onChunk?: (chunk: Bytes) => void) {
    this.#chunkBytes = chunkBytes
    this.#maxBytes = chunkBytes / 16
    this.#onChunk = onChunk
  }

  /** So many bytes, all 0. */
  allocate (length: number): Bytes {
    if (length > this.#maxBytes) {
      return new Uint8Array(length)
    }

    if (length > this.#chunk.length - this.#free) {
      this.#chunk = new Uint8Array(this.#chunkBytes)
      this.#free = 0
      this.#onChunk?.(this.#chunk)
    }

    const start = this.#free
    this.#free += length

    return this.#chunk.subarray(start, this.#free)
  }
}
