/**
 * Verdicts that are not there yet. Their number and bytes are bounded by asking the peers to wait: while it `isFull`, no inbox is worked
 * off. A verdict that never comes stops counting after a deadline; one that comes later is harmless.
 */
import type { RoutedMessage, Verdict } from '../router/events.ts'

export interface ValidationInit {
  maxPending: number
  maxPendingBytes: number
  timeoutMs: number
  /** Undefined: somebody else has to pass it. */
  onVerdict(message: RoutedMessage, verdict: Verdict | undefined): void
  /** It was full and no longer is. */
  onRoom(): void
}

interface Pending {
  bytes: number
  startedAtMs: number
}

export class Validation {
  readonly #init: ValidationInit
  /** In the order in which they began. */
  readonly #pending = new Set<Pending>()
  #bytes = 0

  constructor (init: ValidationInit) {
    this.#init = init
  }

  get pending (): number {
    return this.#pending.size
  }

  get isFull (): boolean {
    return this.#pending.size >= this.#init.maxPending || this.#bytes >= this.#init.maxPendingBytes
  }

  /** Pass a verdict on: at once when it is there. A promise that rejects means `ignore`. */
  settle (message: RoutedMessage, verdict: Verdict | Promise<Verdict | undefined>, nowMs: number): void {
    if (!(verdict instanceof Promise)) {
      this.#init.onVerdict(message, verdict)
      return
    }

    const entry: Pending = { bytes: message.encoded.byteLength, startedAtMs: nowMs }
    this.#pending.add(entry)
    this.#bytes += entry.bytes

    void verdict.catch((): Verdict => 'ignore').then(settled => {
      this.#init.onVerdict(message, settled)
      this.#release([entry])
    })
  }

  /** Give up on what is older than the deadline. */
  expire (nowMs: number): void {
    const expired: Pending[] = []

    for (const entry of this.#pending) {
      if (nowMs - entry.startedAtMs < this.#init.timeoutMs) {
        break
      }

      expired.push(entry)
    }

    this.#release(expired)
  }

  #release (entries: Pending[]): void {
    const wasFull = this.isFull

    for (const entry of entries) {
      if (this.#pending.delete(entry)) {
        this.#bytes -= entry.bytes
      }
    }

    if (wasFull && !this.isFull) {
      this.#init.onRoom()
    }
  }
}
