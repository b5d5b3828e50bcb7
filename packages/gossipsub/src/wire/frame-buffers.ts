import type { Bytes } from './bytes.ts'

/** Buffers that are kept for the next frame. */
const MAX_KEPT = 4

/** A larger one is not kept. */
const MAX_KEPT_BYTES = 1_024 * 1_024

/**
 * Buffers in which frames that arrive in many pieces are put together, used again and again: to allocate one for each copy of a large message
 * takes longer than to read it.
 */
export class FrameBuffers {
  readonly #kept: Bytes[] = []

  /** Of at least so many bytes. What is in it is of no meaning. */
  take (minBytes: number): Bytes {
    const i = this.#kept.findIndex(({ length }) => length >= minBytes)

    return i === -1 ? new Uint8Array(minBytes) : this.#kept.splice(i, 1)[0]
  }

  /** Nothing refers to the buffer any more. */
  give (buffer: Bytes): void {
    if (this.#kept.length < MAX_KEPT && buffer.length > 0 && buffer.length <= MAX_KEPT_BYTES) {
      this.#kept.push(buffer)
    }
  }
}
