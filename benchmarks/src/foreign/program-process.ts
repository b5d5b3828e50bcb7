import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { SIGNALS } from './interruption.ts'
import type { Program } from '@quicmesh/interop/peers'
import type { ChildProcess } from 'node:child_process'

/** What is kept of a program's report; a perf client's is a line a second. */
const REPORT_BYTES = 1_000_000

/** Lines for people that nobody has waited for yet. */
const UNREAD_LINES = 1_000

/** For a program to end by SIGTERM before it is killed. */
const TERM_TIMEOUT_MS = 2_000

export interface ProgramInit {
  args: string[]
  /** Beside that of this process and what the program itself brings. */
  env?: NodeJS.ProcessEnv
  /** Kills it. */
  signal?: AbortSignal
}

export interface Ending {
  /** `code 1`, `SIGKILL`, or why it could not be started. */
  how: string
  /** All of its standard output. */
  report: string
}

/**
 * A peer's program: a report on standard output, words for people on standard error. It does not outlive this process.
 *
 * Not interop's `RunningProgram`: that one runs on a host of a network, writes logs to a folder, and can't be waited for line by line or asked for its process id.
 */
export class ProgramProcess {
  /** When it is gone and all that it said is read. */
  readonly ended: Promise<Ending>
  readonly #child: ChildProcess
  readonly #unread: string[] = []
  #report = ''
  #lastWords = ''
  #hasEnded = false
  #news = Promise.withResolvers<void>()

  constructor (program: Program, { args, env, signal }: ProgramInit) {
    watchOverPrograms()
    this.#child = spawn(program.file, [...program.args, ...args], {
      cwd: program.cwd,
      env: { ...process.env, ...program.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    this.#child.stdout?.on('data', (data) => { this.#report = (this.#report + data).slice(-REPORT_BYTES) })

    if (this.#child.stderr != null) {
      createInterface(this.#child.stderr).on('line', (line) => { this.#onLine(line) })
    }

    const kill = (): void => { this.#child.kill('SIGKILL') }
    signal?.addEventListener('abort', kill)
    running.add(this.#child)

    this.ended = this.#untilClosed().finally(() => {
      signal?.removeEventListener('abort', kill)
      running.delete(this.#child)
      this.#hasEnded = true
      this.#news.resolve()
    })
  }

  get pid (): number | undefined {
    return this.#child.pid
  }

  /** The last line for people. */
  get lastWords (): string {
    return this.#lastWords
  }

  /**
   * Waits for a line for people, and forgets it and those before it.
   *
   * @throws {Error} when the program ends before, or the time is over
   */
  async untilSaid (pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray> {
    const timer = new AbortController()
    const expired = delay(timeoutMs, undefined, { signal: timer.signal }).then(() => {
      throw new Error(`No line like ${pattern} within ${timeoutMs / 1_000} s: ${this.#lastWords}`)
    })
    expired.catch(() => {})

    try {
      while (true) {
        for (let line = this.#unread.shift(); line != null; line = this.#unread.shift()) {
          const found = pattern.exec(line)

          if (found != null) {
            return found
          }
        }

        if (this.#hasEnded) {
          throw new Error(`It ended before a line like ${pattern}: ${this.#lastWords}`)
        }

        await Promise.race([this.#news.promise, expired])
      }
    } finally {
      timer.abort()
    }
  }

  /** By SIGTERM, and killed if need be. Does nothing to one that is gone. */
  async stop (): Promise<Ending> {
    const timer = setTimeout(() => { this.#child.kill('SIGKILL') }, TERM_TIMEOUT_MS)
    this.#child.kill('SIGTERM')

    try {
      return await this.ended
    } finally {
      clearTimeout(timer)
    }
  }

  #onLine (line: string): void {
    this.#lastWords = line
    this.#unread.push(line)
    this.#unread.splice(0, this.#unread.length - UNREAD_LINES)
    this.#news.resolve()
    this.#news = Promise.withResolvers()
  }

  async #untilClosed (): Promise<Ending> {
    const closed = Promise.withResolvers<string>()
    this.#child.on('error', (err) => { closed.resolve(err.message) })
    // not 'exit': the last words come after it
    this.#child.on('close', (code, signal) => { closed.resolve(signal ?? `code ${code}`) })
    const how = await closed.promise

    return { how, report: this.#report }
  }
}

/** Programs know nothing of this process: it has to take them along. */
const running = new Set<ChildProcess>()

let isWatching = false

function watchOverPrograms (): void {
  if (isWatching) {
    return
  }

  isWatching = true
  process.on('exit', killAll)

  for (const signal of SIGNALS) {
    process.once(signal, () => {
      killAll()
      // now that nobody listens, it does what it does to any process
      process.kill(process.pid, signal)
    })
  }
}

function killAll (): void {
  running.forEach((child) => { child.kill('SIGKILL') })
}
