/**
 * Messages of one class that wait for one peer: first in, first out, each removable by its id. Everything is of constant cost on average,
 * and the ids cost nothing until the first one is asked for: only then those that wait are entered into an index, each once.
 */

import type { Frame } from '../wire/encode.ts'

/** A link of the chain: an array that empties and fills again with every message would be allocated each time. */
interface QueuedMessage {
  readonly frame: Frame
  readonly id?: Uint8Array
  readonly queuedAtMs: number
  /** Set while it is in the index. */
  key?: string
  previous?: QueuedMessage
  next?: QueuedMessage
}

export class MessageQueue {
  #first?: QueuedMessage
  #last?: QueuedMessage
  #length = 0
  #bytes = 0
  /** Those from here on are not in the index. */
  #unindexed?: QueuedMessage
  readonly #index = new Map<string, QueuedMessage>()

  get length (): number {
    return this.#length
  }

  get bytes (): number {
    return this.#bytes
  }

  push (frame: Frame, id: Uint8Array | undefined, queuedAtMs: number): void {
    const last = this.#last
    const message: QueuedMessage = { frame, id, queuedAtMs, key: undefined, previous: last, next: undefined }

    if (last == null) {
      this.#first = message
    } else {
      last.next = message
    }

    this.#last = message
    this.#unindexed ??= message
    this.#length++
    this.#bytes += frame.length
  }

  /** The next frame, or undefined when none is left. */
  peek (): Frame | undefined {
    return this.#first?.frame
  }

  /** When the next one was queued; Infinity when none is left. */
  get oldestMs (): number {
    return this.#first?.queuedAtMs ?? Infinity
  }

  /** Take the next one, which there must be. */
  shift (): void {
    if (this.#first != null) {
      this.#discard(this.#first)
    }
  }

  /** Remove the message with an id. Returns whether there was one. */
  remove (id: Uint8Array): boolean {
    if (this.#length === 0) {
      return false
    }

    this.#indexAll()
    const message = this.#index.get(keyOf(id))

    if (message == null) {
      return false
    }

    this.#discard(message)

    return true
  }

  #indexAll (): void {
    for (let message = this.#unindexed; message != null; message = this.#unindexed) {
      this.#unindexed = message.next

      if (message.id != null) {
        this.#enter(message, keyOf(message.id))
      }
    }
  }

  #enter (message: QueuedMessage, key: string): void {
    const earlier = this.#index.get(key)

    // the peer asked twice: one copy is enough
    if (earlier != null) {
      this.#discard(earlier)
    }

    message.key = key
    this.#index.set(key, message)
  }

  #discard (message: QueuedMessage): void {
    const { previous, next } = message

    if (previous == null) {
      this.#first = next
    } else {
      previous.next = next
    }
    if (next == null) {
      this.#last = previous
    } else {
      next.previous = previous
    }
    if (message === this.#unindexed) {
      this.#unindexed = next
    }
    if (message.key != null) {
      this.#index.delete(message.key)
    }

    // an old one must not keep all that came after it
    message.next = undefined
    this.#length--
    this.#bytes -= message.frame.length
  }
}

/** One character per byte. */
function keyOf (id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('latin1')
}
