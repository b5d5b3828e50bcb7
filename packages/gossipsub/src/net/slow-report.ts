import { Task } from './turn.ts'
import type { Turn } from './turn.ts'

/** A heartbeat: as often as anybody looks at scores. */
export const SLOW_REPORT_INTERVAL_MS = 1_000

/** Messages that were dropped for a peer, told of at the end of a turn and once in a while at most. */
export class SlowReport {
  readonly #turn: Turn
  readonly #onSlow: (count: number) => void
  #count = 0
  #lastMs = -Infinity

  constructor (turn: Turn, onSlow: (count: number) => void) {
    this.#turn = turn
    this.#onSlow = onSlow
  }

  add (count: number): void {
    this.#count += count
    this.remind()
  }

  /** Tell of what was held back, if it is time. */
  remind (): void {
    if (this.#isDue) {
      this.#turn.atEnd(this.#tellLater)
    }
  }

  /** Something was held back. */
  get isWaiting (): boolean {
    return this.#count > 0
  }

  clear (): void {
    this.#count = 0
  }

  get #isDue (): boolean {
    return this.#count > 0 && this.#turn.nowMs - this.#lastMs >= SLOW_REPORT_INTERVAL_MS
  }

  readonly #tellLater = new Task(() => {
    if (this.#isDue) {
      const count = this.#count
      this.#count = 0
      this.#lastMs = this.#turn.nowMs
      this.#onSlow(count)
    }
  })
}
