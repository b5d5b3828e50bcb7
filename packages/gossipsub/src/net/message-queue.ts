/**
 * Messages of one class that wait for one peer: first in, first out, each removable by its id. Everything is of constant cost on average,
 * and the ids cost nothing until the first one is asked for: only then those that wait are entered into an index, each once.
 */

import type { Frame } from '../wire/encode.ts'

/** Removed messages that may stay in the list, beside as many as are in it. */
const COMPACT_ABOVE = 1_024

interface QueuedMessage {
  /** Undefined when it was removed. */
  frame?: Frame
  readonly id?: Uint8Array
  readonly queuedAtMs: number
  /** Set while it is in the index. */
  key?: string
}

export class MessageQueue {
  #messages: QueuedMessage[] = []
  /** The first that was not taken. */
  #head = 0
  /** Those before this are in the index. */
  #indexed = 0
  /** Those after the head that were removed. */
  #removed = 0
  readonly #index = new Map<string, QueuedMessage>()
  #bytes = 0

  get length (): number {
    return this.#messages.length - this.#head - this.#removed
  }

  get bytes (): number {
    return this.#bytes
  }

  push (frame: Frame, id: Uint8Array | undefined, queuedAtMs: number): void {
    this.#messages.push({ frame, id, queuedAtMs, key: undefined })
    this.#bytes += frame.length
  }

  /** The next frame, or undefined when none is left. */
  peek (): Frame | undefined {
    return this.#first()?.frame
  }

  /** When the next one was queued; Infinity when none is left. */
  get oldestMs (): number {
    return this.#first()?.queuedAtMs ?? Infinity
  }

  /** Take the next one, which there must be. */
  shift (): void {
    const message = this.#first()

    if (message != null) {
      this.#bytes -= message.frame?.length ?? 0
      this.#unindex(message)
      this.#skip()
    }
  }

  /** Remove the message with an id. Returns whether there was one. */
  remove (id: Uint8Array): boolean {
    if (this.length === 0) {
      return false
    }

    this.#indexAll()
    const message = this.#index.get(keyOf(id))

    if (message == null) {
      return false
    }

    this.#unindex(message)
    this.#discard(message)
    this.#compact()

    return true
  }

  #first (): QueuedMessage | undefined {
    for (;;) {
      const message = this.#messages[this.#head]

      if (message == null || message.frame != null) {
        return message
      }

      this.#removed--
      this.#skip()
    }
  }

  #skip (): void {
    this.#head++

    if (this.#head === this.#messages.length) {
      this.#messages.length = 0
      this.#head = 0
      this.#indexed = 0
    } else if (this.#head > COMPACT_ABOVE && this.#head * 2 > this.#messages.length) {
      this.#messages = this.#messages.slice(this.#head)
      this.#indexed = Math.max(0, this.#indexed - this.#head)
      this.#head = 0
    }
  }

  #indexAll (): void {
    for (let i = Math.max(this.#indexed, this.#head); i < this.#messages.length; i++) {
      const message = this.#messages[i]

      if (message.id != null) {
        const key = keyOf(message.id)
        const earlier = this.#index.get(key)

        // the peer asked twice: one copy is enough
        if (earlier != null) {
          this.#unindex(earlier)
          this.#discard(earlier)
        }

        message.key = key
        this.#index.set(key, message)
      }
    }

    this.#indexed = this.#messages.length
  }

  #unindex (message: QueuedMessage): void {
    if (message.key != null) {
      this.#index.delete(message.key)
      message.key = undefined
    }
  }

  #discard (message: QueuedMessage): void {
    this.#bytes -= message.frame?.length ?? 0
    message.frame = undefined
    this.#removed++
  }

  /** Only those in the index can have been removed, and all are in it when one is removed. */
  #compact (): void {
    if (this.#removed > COMPACT_ABOVE && this.#removed > this.length) {
      this.#messages = this.#messages.slice(this.#head).filter(({ frame }) => frame != null)
      this.#head = 0
      this.#removed = 0
      this.#indexed = this.#messages.length
    }
  }
}

/** One character per byte. */
function keyOf (id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('latin1')
}
