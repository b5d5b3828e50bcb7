import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import path from 'node:path'
import { StringDecoder } from 'node:string_decoder'

/** Lines of output that are kept in memory, for the message when a command fails. */
const MAX_TAIL_LINES = 60
/** For so long a command may stay after it has said that it is done; longer means that something keeps it from ending. */
const LINGER_MS = 30_000
/** Between asking a process group to end and ending it, and for what holds the output of a program that has ended. */
const KILL_DELAY_MS = 3_000

/** @type {Set<Run>} */
const running = new Set()

/**
 * @typedef {object} Command
 * @property {string} file - the program, looked up on PATH
 * @property {string[]} args - its arguments
 * @property {string} cwd - the folder to run it in
 * @property {NodeJS.ProcessEnv} [env] - the whole environment
 * @property {string} logFile - gets all that the command prints
 * @property {number} [timeoutMs] - after that its whole process group is ended
 * @property {(line: string) => void} [onLine] - called with each line of output
 * @property {() => boolean} [isOver] - whether the output so far says that the command is done, although it runs yet
 * @property {number} [lingerMs] - how long it may stay then
 * @property {number} [killDelayMs] - between asking its process group to end and ending it: for what it has to tidy up
 */

/**
 * @typedef {object} Outcome
 * @property {boolean} ok - exit code 0, in time
 * @property {string} reason - why not ok, else empty
 * @property {string[]} tail - the last lines of output
 * @property {number} elapsedMs - how long it took
 */

/**
 * Runs a command in a process group of its own, without standard input. Never rejects: that a program is missing is an
 * outcome like others.
 *
 * @param {Command} command
 * @returns {Promise<Outcome>}
 */
export async function runCommand (command) {
  const run = new Run(command)
  running.add(run)

  try {
    return await run.outcome
  } finally {
    running.delete(run)
  }
}

/** Ends all commands that run, and returns when they have ended, for a signal handler. */
export async function stopCommands () {
  await Promise.all([...running].map(run => {
    run.stop()

    return run.outcome
  }))
}

class Run {
  /**
   * @param {Command} command
   */
  constructor ({ file, args, cwd, env = process.env, logFile, timeoutMs, onLine = () => {}, isOver = () => false, lingerMs = LINGER_MS, killDelayMs = KILL_DELAY_MS }) {
    this.startedAtMs = performance.now()
    /** @type {string[]} */
    this.tail = []
    /** Why it failed, where its exit code does not say it. */
    this.failure = ''
    /** @type {NodeJS.Timeout[]} */
    this.timers = []
    this.lines = new LineSplitter(line => {
      this.tail.push(line)
      this.tail.splice(0, this.tail.length - MAX_TAIL_LINES)
      onLine(line)
    })
    mkdirSync(path.dirname(logFile), { recursive: true })
    this.log = openSync(logFile, 'w')
    this.isOver = isOver
    this.lingerMs = lingerMs
    this.killDelayMs = killDelayMs
    this.isStopping = false
    this.child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    this.child.stdout.on('data', chunk => this.onOutput(chunk))
    this.child.stderr.on('data', chunk => this.onOutput(chunk))

    if (timeoutMs != null) {
      this.after(timeoutMs, `took longer than ${timeoutMs / 1000} s`)
    }

    /** @type {Promise<Outcome>} */
    this.outcome = new Promise(resolve => {
      this.child.once('error', err => { this.failure ||= `${file} could not be run: ${err.message}` })
      // a grandchild that holds the pipes open must not hold us
      this.child.once('exit', () => this.isStopping || this.after(KILL_DELAY_MS, 'left a process behind that holds its output open'))
      this.child.once('close', (code, signal) => resolve(this.finish(reasonOf(code, signal))))
    })
  }

  stop () {
    if (this.isStopping) {
      return
    }

    this.isStopping = true
    signalGroup(this.child.pid, 'SIGTERM')
    this.timers.push(setTimeout(() => signalGroup(this.child.pid, 'SIGKILL'), this.killDelayMs))
  }

  /**
   * @param {number} delayMs
   * @param {string} reason
   */
  after (delayMs, reason) {
    const timer = setTimeout(() => {
      this.failure ||= reason
      this.stop()
    }, delayMs)
    this.timers.push(timer)

    return timer
  }

  /**
   * @param {Buffer} chunk
   */
  onOutput (chunk) {
    writeSync(this.log, chunk)
    this.lines.push(chunk)

    if (this.isOver()) {
      clearTimeout(this.lingerer)
      this.lingerer = this.after(this.lingerMs, `did not end within ${this.lingerMs / 1000} s after it was done: something keeps the process alive`)
    }
  }

  /**
   * @param {string} reason
   * @returns {Outcome}
   */
  finish (reason) {
    this.timers.forEach(timer => clearTimeout(timer))
    this.lines.end()
    closeSync(this.log)
    // what it may have left behind in its group
    signalGroup(this.child.pid, 'SIGKILL')
    const why = this.failure === '' ? reason : this.failure

    return { ok: why === '', reason: why, tail: this.tail, elapsedMs: performance.now() - this.startedAtMs }
  }
}

/**
 * @param {number | null} code
 * @param {string | null} signal
 */
function reasonOf (code, signal) {
  if (code === 0) {
    return ''
  }

  return signal == null ? `exit code ${code}` : `ended by ${signal}`
}

/**
 * @param {number | undefined} pid
 * @param {NodeJS.Signals} signal
 */
function signalGroup (pid, signal) {
  try {
    if (pid != null) {
      process.kill(-pid, signal)
    }
  } catch {
    // it has ended
  }
}

class LineSplitter {
  /**
   * @param {(line: string) => void} onLine
   */
  constructor (onLine) {
    this.onLine = onLine
    this.decoder = new StringDecoder('utf8')
    this.rest = ''
  }

  /**
   * @param {Buffer} chunk
   */
  push (chunk) {
    const lines = (this.rest + this.decoder.write(chunk)).split(/\r?\n|\r/)
    this.rest = lines.pop() ?? ''
    lines.forEach(line => this.onLine(line))
  }

  end () {
    if (this.rest !== '') {
      this.onLine(this.rest)
    }
  }
}
