import { loadNative } from './native.ts'

/**
 * Slabs that the garbage collector is not told of, at most. V8 starts a full collection for every 16 MiB of buffers in a
 * process with a small heap, which costs more than receiving these bytes does; with this much kept from it, a third as often.
 */
const MAX_HIDDEN_BYTES = 32 * 1024 * 1024

/**
 * Keeps a bounded part of the memory of slabs out of the count by which V8 decides when to collect garbage. One per thread.
 */
export class MemoryRelief {
  readonly #adjust: (bytes: number) => void
  readonly #collected = new FinalizationRegistry<number>(bytes => { this.#restore(bytes) })
  #hiddenBytes = 0

  /** @param adjust - tells V8 of more, or less, memory than it knows of */
  constructor (adjust: (bytes: number) => void) {
    this.#adjust = adjust
    // V8 aborts the process when the count falls below 0, as it would when hidden slabs are collected and not yet restored
    adjust(MAX_HIDDEN_BYTES)
  }

  /** Hides the memory until it is collected, if that much may be hidden. */
  relieve (memory: ArrayBufferLike): void {
    const bytes = memory.byteLength

    if (this.#hiddenBytes + bytes <= MAX_HIDDEN_BYTES) {
      this.#hiddenBytes += bytes
      this.#adjust(-bytes)
      this.#collected.register(memory, bytes)
    }
  }

  #restore (bytes: number): void {
    this.#hiddenBytes -= bytes
    this.#adjust(bytes)
  }
}

let relief: MemoryRelief | undefined

/** That of this thread. */
export function memoryRelief (): MemoryRelief {
  relief ??= new MemoryRelief(bytes => { loadNative().externalMemoryAdjust(bytes) })

  return relief
}
