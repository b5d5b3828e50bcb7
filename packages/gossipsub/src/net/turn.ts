/**
 * The end of the current turn of the event loop. What is put off until then runs once, however often it was asked for: that is how
 * many small writes become one.
 */
export class Turn {
  readonly #tasks = new Set<() => void>()
  #handle?: NodeJS.Immediate
  #number = 0

  /** Counts the turns in which something was put off. */
  get number (): number {
    return this.#number
  }

  /** Run `task` when this turn ends. The same function twice runs once. It must not throw. */
  atEnd (task: () => void): void {
    this.#tasks.add(task)
    this.#handle ??= setImmediate(() => { this.end() })
  }

  /** End the turn now. What the tasks themselves put off waits for the next turn. */
  end (): void {
    this.#clearHandle()
    this.#number++
    const tasks = [...this.#tasks]
    this.#tasks.clear()

    for (const task of tasks) {
      task()
    }
  }

  /** Forget what was put off. */
  cancel (): void {
    this.#clearHandle()
    this.#tasks.clear()
  }

  #clearHandle (): void {
    if (this.#handle != null) {
      clearImmediate(this.#handle)
      this.#handle = undefined
    }
  }
}
