/** Something that is put off until the end of a turn, once however often it was asked for. */
export class Task {
  readonly run: () => void
  isPutOff = false
  /** The one that was put off after it. */
  next?: Task = undefined

  /** @param run - must not throw */
  constructor (run: () => void) {
    this.run = run
  }
}

/** What a turn takes beyond it stalls the event loop: whoever was to be heard meanwhile was not. */
const STALL_MS = 100

/**
 * The end of the current turn of the event loop. What is put off until then runs once: that is how many small writes become one.
 */
export class Turn {
  readonly #now: () => number
  #first?: Task
  #last?: Task
  #handle?: NodeJS.Immediate
  #number = 0
  #nowMs?: number
  #startedMs = 0
  #stalledMs = 0

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

  /** The time without that in which a turn stalled the event loop: how long others have had to do something. */
  get fairMs (): number {
    return (this.#handle == null ? this.nowMs : this.#startedMs) - this.#stalledMs
  }

  /** Run `task` when this turn ends. */
  atEnd (task: Task): void {
    if (task.isPutOff) {
      return
    }

    task.isPutOff = true

    if (this.#last == null) {
      this.#first = task
    } else {
      this.#last.next = task
    }

    this.#last = task

    if (this.#handle == null) {
      this.#handle = setImmediate(this.#end)
      this.#startedMs = this.nowMs
    }
  }

  /** End the turn now. What the tasks themselves put off waits for the next turn. */
  end (): void {
    this.#nowMs = this.#now()

    if (this.#handle != null) {
      this.#stalledMs += Math.max(0, this.#nowMs - this.#startedMs - STALL_MS)
    }

    this.#clearHandle()
    this.#number++

    let task = this.#takeAll()

    try {
      while (task != null) {
        const { next } = task
        withdraw(task)
        const running = task
        task = next
        running.run()
      }
    } finally {
      this.#nowMs = undefined
      // one threw: the others are for the next turn
      this.#putOffAgain(task)
    }
  }

  #putOffAgain (task?: Task): void {
    while (task != null) {
      const { next } = task
      withdraw(task)
      this.atEnd(task)
      task = next
    }
  }

  /** Forget what was put off. */
  cancel (): void {
    this.#clearHandle()
    this.#nowMs = undefined

    for (let task = this.#takeAll(); task != null;) {
      const { next } = task
      withdraw(task)
      task = next
    }
  }

  #takeAll (): Task | undefined {
    const first = this.#first
    this.#first = undefined
    this.#last = undefined

    return first
  }

  readonly #end = (): void => { this.end() }

  #clearHandle (): void {
    if (this.#handle != null) {
      clearImmediate(this.#handle)
      this.#handle = undefined
    }
  }
}

function withdraw (task: Task): void {
  task.isPutOff = false
  task.next = undefined
}
