import type { RoutedMessage } from './router/events.ts'
import type { MsgIdStr } from './types.ts'

/**
 * The messages that the application was shown under `asyncValidation` and has not reported on, by the text of their ids, the oldest
 * first. What is older than the deadline is forgotten: the router has given up on it.
 */
export class AskedMessages {
  readonly #timeoutMs: number
  readonly #maxMessages: number
  readonly #asked = new Map<MsgIdStr, { message: RoutedMessage, deadlineMs: number }>()

  constructor (timeoutMs: number, maxMessages: number) {
    this.#timeoutMs = timeoutMs
    this.#maxMessages = maxMessages
  }

  get size (): number {
    return this.#asked.size
  }

  /** While true, no more messages should be read. */
  get isFull (): boolean {
    return this.#asked.size >= this.#maxMessages
  }

  add (msgId: MsgIdStr, message: RoutedMessage, nowMs: number): void {
    this.#asked.set(msgId, { message, deadlineMs: nowMs + this.#timeoutMs })
  }

  /** The message that is reported on, once; undefined when it is unknown, or no longer waited for. */
  take (msgId: MsgIdStr): RoutedMessage | undefined {
    const asked = this.#asked.get(msgId)
    this.#asked.delete(msgId)

    return asked?.message
  }

  expire (nowMs: number): void {
    for (const [msgId, { deadlineMs }] of this.#asked) {
      if (deadlineMs > nowMs) {
        return
      }

      this.#asked.delete(msgId)
    }
  }
}
