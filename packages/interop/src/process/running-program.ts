import { spawn } from 'node:child_process'
import path from 'node:path'
import { findProgram } from '../net/find-program.ts'
import { BoundedLog } from './bounded-log.ts'
import type { Host } from '../net/host.ts'
import type { Program } from '../peers/peer.ts'
import type { ChildProcess } from 'node:child_process'

/** Of one program: what it may report; one that reports more is ended. */
const REPORT_LIMIT_BYTES = 4 * 1_024 * 1_024

/** Of one program: what is kept of its words to people. */
const LOG_LIMIT_BYTES = 16 * 1_024 * 1_024

/** Of one program: what is kept in memory of its words to people. */
const LOG_TAIL_BYTES = 4_096

/** For a program to end by SIGTERM before it is killed. */
const TERM_TIMEOUT_MS = 3_000

export interface ProgramOptions {
  /** Where it runs. */
  host: Host
  /** Its whole environment, but for what the program itself brings. */
  env: Record<string, string>
  /** What it is in its cell; its files are called so: `<name>.stdout`, `<name>.stderr.log`. */
  name: string
  /** The folder of its files. */
  logs: string
  /** Stops it. */
  signal: AbortSignal
  /** Above that it is ended. */
  reportLimitBytes?: number
  /** For it to end by SIGTERM before it is killed. */
  termTimeoutMs?: number
}

export interface Ending {
  /** Null when it was ended by a signal. */
  code: number | null
  signal: NodeJS.Signals | null
  /** All of its standard output. */
  report: string
  /** The last line of its standard error. */
  lastWords: string
  /** Why it is no good, whatever it reported: it could not be started, or it reported too much. */
  error?: Error
}

/** Those that would outlive this process. */
const running = new Set<RunningProgram>()

/** A program that has been started, and is ended with its whole process group. */
export class RunningProgram {
  readonly name: string
  /** Where it runs. */
  readonly host: Host
  /** What it said to people. */
  readonly logFile: string
  /** When it is gone and its files are written; never rejects. */
  readonly ended: Promise<Ending>
  readonly #child: ChildProcess
  readonly #log: BoundedLog
  readonly #reportFile: BoundedLog
  readonly #options: ProgramOptions
  readonly #watchers = new Set<() => void>()
  readonly #chunks: Buffer[] = []
  #reportBytes = 0
  #error?: Error
  #isGone = false

  /** @throws the signal's reason, when it is aborted already */
  static start (program: Program, options: ProgramOptions): RunningProgram {
    options.signal.throwIfAborted()

    return new RunningProgram(program, options)
  }

  private constructor (program: Program, options: ProgramOptions) {
    const { host, env, name, logs, signal } = options
    const { file, args } = host.inside({ file: findProgram(program.file) ?? program.file, args: program.args })

    this.#options = options
    this.name = name
    this.host = host
    this.logFile = path.join(logs, `${name}.stderr.log`)
    this.#log = new BoundedLog(this.logFile, LOG_LIMIT_BYTES, LOG_TAIL_BYTES)
    this.#reportFile = new BoundedLog(path.join(logs, `${name}.stdout`), LOG_LIMIT_BYTES, LOG_TAIL_BYTES)
    this.#child = spawn(file, args, {
      cwd: program.cwd,
      env: { ...program.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // a group of its own, so that what it starts ends with it
      detached: true
    })
    this.#child.stdout?.on('data', (chunk: Buffer) => { this.#onReport(chunk) })
    this.#child.stderr?.on('data', (chunk: Buffer) => { this.#onWords(chunk) })
    running.add(this)

    const onAbort = (): void => { void this.stop() }
    signal.addEventListener('abort', onAbort)

    this.ended = this.#untilClosed().finally(() => {
      signal.removeEventListener('abort', onAbort)
    })
  }

  /** What it has reported until now. */
  get report (): string {
    return Buffer.concat(this.#chunks).toString()
  }

  /** Resolves when it is gone: by SIGTERM, or killed after a while. Does nothing to one that is gone. */
  async stop (): Promise<Ending> {
    this.#kill('SIGTERM', this.#child.pid)
    const timer = setTimeout(() => { this.killGroup() }, this.#options.termTimeoutMs ?? TERM_TIMEOUT_MS)

    try {
      return await this.ended
    } finally {
      clearTimeout(timer)
    }
  }

  /**
   * Waits for something in its report, or in the last of its words to people.
   *
   * @throws {Error} when it ends before, or the time is over
   */
  async untilOutput (pattern: RegExp, timeoutMs: number): Promise<void> {
    const found = Promise.withResolvers<void>()
    const check = (): void => {
      if (pattern.test(this.report) || pattern.test(this.#log.tail)) {
        found.resolve()
      }
    }
    const timer = setTimeout(() => {
      found.reject(new Error(`${this.name} did not say ${pattern} within ${timeoutMs} ms; it said: ${this.#lastWords}`))
    }, timeoutMs)

    this.#watchers.add(check)
    void this.ended.then((ending) => {
      found.reject(new Error(`${this.name} ended (${describeEnding(ending)}) before it said ${pattern}`))
    })
    check()

    try {
      await found.promise
    } finally {
      clearTimeout(timer)
      this.#watchers.delete(check)
    }
  }

  /** It and what it started, at once. */
  killGroup (): void {
    if (this.#child.pid != null) {
      this.#kill('SIGKILL', -this.#child.pid)
    }
  }

  get #lastWords (): string {
    return this.#log.lastLine === '' ? this.#reportFile.lastLine : this.#log.lastLine
  }

  #onReport (chunk: Buffer): void {
    const limitBytes = this.#options.reportLimitBytes ?? REPORT_LIMIT_BYTES
    this.#reportFile.write(chunk)
    this.#reportBytes += chunk.byteLength

    if (this.#reportBytes > limitBytes) {
      this.#error ??= new Error(`${this.name} reported more than ${limitBytes} bytes`)
      this.killGroup()

      return
    }

    this.#chunks.push(chunk)
    this.#watchers.forEach((check) => { check() })
  }

  #onWords (chunk: Buffer): void {
    this.#log.write(chunk)
    this.#watchers.forEach((check) => { check() })
  }

  async #untilClosed (): Promise<Ending> {
    const closed = Promise.withResolvers<Pick<Ending, 'code' | 'signal'>>()

    this.#child.on('error', (err) => {
      this.#error ??= err

      if (this.#child.pid == null) {
        closed.resolve({ code: null, signal: null })
      }
    })
    // what it started may hold its output open
    this.#child.on('exit', () => { this.killGroup() })
    this.#child.on('close', (code, signal) => { closed.resolve({ code, signal }) })

    const { code, signal } = await closed.promise
    this.#isGone = true
    running.delete(this)
    await Promise.all([this.#log, this.#reportFile].map(async (file) => file.end().catch((err) => { this.#error ??= err })))

    return { code, signal, report: this.report, lastWords: this.#lastWords, error: this.#error }
  }

  #kill (signal: NodeJS.Signals, pid?: number): void {
    if (this.#isGone || pid == null) {
      return
    }

    try {
      process.kill(pid, signal)
    } catch {
      // it ended meanwhile
    }
  }
}

/** Ends what runs on these hosts: the very objects with which it was started. */
export async function endProgramsOn (hosts: Host[]): Promise<void> {
  await Promise.all([...running].filter((program) => hosts.includes(program.host)).map(async (program) => program.stop()))
}

/** `exit code 1: no such transport`, for people. */
export function describeEnding ({ code, signal, lastWords, error }: Ending): string {
  const how = error?.message ?? (signal == null ? `exit code ${code}` : `signal ${signal}`)

  return lastWords === '' ? how : `${how}: ${lastWords}`
}

process.on('exit', () => {
  running.forEach((program) => { program.killGroup() })
})
