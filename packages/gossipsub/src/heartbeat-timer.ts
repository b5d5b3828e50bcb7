/** One timer at a fixed rate: a late tick does not delay the next one, and ticks that were missed are not made up for. */
export class HeartbeatTimer {
  readonly #intervalMs: number
  readonly #onTick: () => void
  #nextAtMs = 0
  #timer?: NodeJS.Timeout

  constructor (intervalMs: number, onTick: () => void) {
    this.#intervalMs = intervalMs
    this.#onTick = onTick
  }

  start (initialDelayMs: number): void {
    this.stop()
    this.#nextAtMs = performance.now() + initialDelayMs
    this.#schedule()
  }

  /** No tick comes after this. */
  stop (): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #schedule (): void {
    const nowMs = performance.now()

    if (this.#nextAtMs < nowMs - this.#intervalMs) {
      this.#nextAtMs += Math.floor((nowMs - this.#nextAtMs) / this.#intervalMs) * this.#intervalMs
    }

    this.#timer = setTimeout(() => {
      this.#nextAtMs += this.#intervalMs
      this.#schedule()
      this.#onTick()
    }, Math.max(0, this.#nextAtMs - nowMs))
  }
}
