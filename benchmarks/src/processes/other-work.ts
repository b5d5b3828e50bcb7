/** From one turn of the other work to the next. */
export const PERIOD_MS = 10

const PERCENT = 100

export interface OtherWorkTally {
  /** Turns that there were, and that there would have been in a process that does nothing else. */
  done: number
  due: number
  /** How much later than they were due the turns began, the slowest of 100 left out. */
  lateP99Ms: number
}

/**
 * Counts the turns of work that wants a share of every period, from now on, and says when the next one is due. Turns that were missed
 * are not made up for. It knows no clock.
 */
export class TurnCounter {
  readonly #startedMs: number
  readonly #latenessMs: number[] = []
  #dueMs: number

  constructor (nowMs: number) {
    this.#startedMs = nowMs
    this.#dueMs = nowMs
  }

  /** @returns until the next turn */
  waitMs (nowMs: number): number {
    return Math.max(0, this.#dueMs - nowMs)
  }

  begin (nowMs: number): void {
    this.#latenessMs.push(Math.max(0, nowMs - this.#dueMs))
  }

  end (nowMs: number): void {
    this.#dueMs = Math.max(this.#dueMs + PERIOD_MS, nowMs)
  }

  tally (nowMs: number): OtherWorkTally {
    const sorted = [...this.#latenessMs].sort((a, b) => a - b)

    return {
      done: sorted.length,
      due: 1 + Math.floor((nowMs - this.#startedMs) / PERIOD_MS),
      lateP99Ms: sorted.at(Math.ceil(sorted.length * 99 / PERCENT) - 1) ?? 0
    }
  }
}

/**
 * Keeps the event loop of this process busy for so many percent of every period, from its next turn on.
 *
 * @returns what ends it
 */
export function beginOtherWork (percent: number): () => OtherWorkTally {
  const turns = new TurnCounter(performance.now())
  const spinMs = PERIOD_MS * percent / PERCENT
  let timer: NodeJS.Timeout

  const schedule = (): void => {
    timer = setTimeout(turn, turns.waitMs(performance.now()))
  }

  const turn = (): void => {
    const startedMs = performance.now()
    turns.begin(startedMs)
    spinUntil(startedMs + spinMs)
    turns.end(performance.now())
    schedule()
  }

  schedule()

  return () => {
    clearTimeout(timer)

    return turns.tally(performance.now())
  }
}

function spinUntil (ms: number): void {
  while (performance.now() < ms) {
    // nothing but this thread's time
  }
}
