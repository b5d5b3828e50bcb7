/**
 * What one peer sent and has not been worked off. A peer gets a share of each turn of the event loop, so that a frame of thousands of
 * messages keeps nobody else waiting; when it is behind, or validation is, its stream is paused and the peer has to wait.
 */
import { Task } from './turn.ts'
import type { Turn } from './turn.ts'
import type { Pieces } from '../wire/pieces.ts'

/** Units of work, about one message each, that one peer gets in one turn. */
export const WORK_PER_TURN = 64

/** Bytes of frames of one peer that wait before its stream is paused, and below which it is resumed. */
export const PAUSE_ABOVE_BYTES = 1_024 * 1_024
const RESUME_BELOW_BYTES = PAUSE_ABOVE_BYTES / 2

/** What a frame that waits costs beside its bytes, about: many small frames weigh as well. */
const JOB_OVERHEAD_BYTES = 256

/** Jobs that are done before the list is cut. */
const COMPACT_AFTER_JOBS = 1_024

/** The work that a frame makes. */
export interface Job {
  readonly isDone: boolean
  /** Do at most `budget` units and say how many it were. Must neither throw nor reject. */
  run(budget: number): number | Promise<number>
}

export interface InboxInit {
  turn: Turn
  createJob(frame: Uint8Array, pieces?: Pieces): Job
  /** While true, nothing is worked off; call `resume` when it no longer is. */
  isBlocked(): boolean
  onPause(): void
  onResume(): void
}

export class Inbox {
  readonly #init: InboxInit
  #jobs: Array<{ job: Job, bytes: number }> = []
  /** The first that is not done. */
  #head = 0
  #bytes = 0
  #onEmpty?: () => void
  #budget = WORK_PER_TURN
  #budgetOfTurn = -1
  #isBusy = false
  #isPaused = false

  constructor (init: InboxInit) {
    this.#init = init
  }

  get isPaused (): boolean {
    return this.#isPaused
  }

  get isEmpty (): boolean {
    return this.#head === this.#jobs.length
  }

  /** `pieces` are those that the frame arrived in, if they are worth keeping. */
  push (frame: Uint8Array, pieces?: Pieces): void {
    // legal, and nothing
    if (frame.length === 0) {
      return
    }

    // of what waits, one of both is enough
    const job = this.#init.createJob(frame, this.#isIdle && this.#mayRun ? pieces : undefined)

    if (!this.#isIdle) {
      this.#queue(job, frame, this.#jobs.length)
    } else if (!this.#runAtOnce(job)) {
      // before what it has set off itself
      this.#queue(job, frame, this.#head)
    } else if (!this.isEmpty) {
      this.#work()
    }
  }

  /** Most frames come when nothing waits and are done at once: they need not be queued. */
  get #isIdle (): boolean {
    return this.isEmpty && !this.#isBusy && !this.#isPaused && this.#onEmpty == null
  }

  get #mayRun (): boolean {
    this.#renewBudget()

    return this.#budget > 0 && !this.#init.isBlocked()
  }

  /** Whether the job is done. */
  #runAtOnce (job: Job): boolean {
    if (!this.#mayRun) {
      return false
    }

    // more of this peer that comes meanwhile waits
    this.#isBusy = true
    const done = job.run(this.#budget)
    this.#isBusy = false

    if (typeof done === 'number') {
      this.#budget -= Math.max(1, done)
    } else {
      this.#await(done)
    }

    return job.isDone && typeof done === 'number'
  }

  #queue (job: Job, frame: Uint8Array, at: number): void {
    const bytes = frame.length + JOB_OVERHEAD_BYTES
    this.#jobs.splice(at, 0, { job, bytes })
    this.#bytes += bytes
    this.#work()
  }

  #await (units: Promise<number>): void {
    this.#isBusy = true
    void units.then(units => {
      this.#isBusy = false
      this.#account(units)
      this.#work()
    })
  }

  /** Call back when everything is worked off, also what comes while this waits. */
  onceEmpty (onEmpty: () => void): void {
    this.#onEmpty = onEmpty
    this.#work()
  }

  /** Go on after `isBlocked` was true. */
  resume (): void {
    this.#work()
  }

  clear (): void {
    this.#jobs = []
    this.#head = 0
    this.#bytes = 0
    this.#onEmpty = undefined
  }

  readonly #work = (): void => {
    if (this.#isBusy) {
      this.#pauseOrResume()
      return
    }

    this.#renewBudget()

    while (!this.isEmpty && this.#budget > 0 && !this.#init.isBlocked()) {
      const done = this.#jobs[this.#head].job.run(this.#budget)

      if (done instanceof Promise) {
        this.#await(done)
        break
      }

      this.#account(done)
    }

    if (!this.isEmpty && this.#budget <= 0) {
      this.#init.turn.atEnd(this.#workLater)
    }

    this.#pauseOrResume()

    if (this.isEmpty) {
      const onEmpty = this.#onEmpty
      this.#onEmpty = undefined
      onEmpty?.()
    }
  }

  readonly #workLater = new Task(this.#work)

  #renewBudget (): void {
    if (this.#budgetOfTurn !== this.#init.turn.number) {
      this.#budgetOfTurn = this.#init.turn.number
      this.#budget = WORK_PER_TURN
    }
  }

  #account (units: number): void {
    this.#budget -= Math.max(1, units)
    const first = this.#jobs.at(this.#head)

    if (first?.job.isDone === true) {
      this.#head++
      this.#bytes -= first.bytes
    }
    if (this.isEmpty || this.#head > COMPACT_AFTER_JOBS) {
      this.#jobs = this.#jobs.slice(this.#head)
      this.#head = 0
    }
  }

  #pauseOrResume (): void {
    if (!this.#isPaused && this.#bytes > PAUSE_ABOVE_BYTES) {
      this.#isPaused = true
      this.#init.onPause()
    } else if (this.#isPaused && this.#bytes < RESUME_BELOW_BYTES) {
      this.#isPaused = false
      this.#init.onResume()
    }
  }
}
