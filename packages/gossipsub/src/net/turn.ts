/**
 * The end of the current turn of the event loop. What is put off until then runs once, however often it was asked for: that is how
 * many small writes become one.
 */
export class Turn {
  readonly #now: () => number
  #tasks = new Set<() => void>()
  #handle?: NodeJS.Immediate
  #number = 0
  #nowMs?: number

  /** @param now - monotonic, ms */
  constructor (now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Counts the turns in which something was put off. */
  get number (): number {
    return this.#number
  }

  /** The time, read at most once from when something is put off until it runs, and once more when it runs. */
  get nowMs (): number {
    const nowMs = this.#nowMs ?? this.#now()

    // if nothing is put off, nothing ends the turn
    if (this.#handle != null) {
      this.#nowMs = nowMs
    }

    return nowMs
  }

  /** Run `task` when this turn ends. The same function twice runs once. It must not throw. */
  atEnd (task: () => void): void {
    this.#tasks.add(task)
    this.#handle ??= setImmediate(this.#end)
  }

  /** End the turn now. What the tasks themselves put off waits for the next turn. */
  end (): void {
    this.#clearHandle()
    this.#number++
    const tasks = this.#tasks
    this.#tasks = new Set()
    this.#nowMs = this.#now()

    for (const task of tasks) {
      task()
    }

    this.#nowMs = undefined
  }

  /** Forget what was put off. */
  cancel (): void {
    this.#clearHandle()
    this.#tasks.clear()
    this.#nowMs = undefined
  }

  readonly #end = (): void => { this.end() }

  #clearHandle (): void {
    if (this.#handle != null) {
      clearImmediate(this.#handle)
      this.#handle = undefined
    }
  }
}
