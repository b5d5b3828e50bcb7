import { stripVTControlCharacters } from 'node:util'

const REDRAW_INTERVAL_MS = 120
/** Without a terminal, a sign of life so often. */
const HEARTBEAT_MS = 15_000
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const MAX_TAIL_LINES = 40

/**
 * Shows named tasks as they run, on standard error: one line that is redrawn on a terminal; lines that stay otherwise; and
 * in CI what the tasks print as well.
 */
export class Progress {
  /**
   * @param {NodeJS.WriteStream} [output]
   * @param {NodeJS.ProcessEnv} [env]
   */
  constructor (output = process.stderr, env = process.env) {
    this.output = output
    this.isStreaming = env.CI != null && env.CI !== '' && env.CI !== 'false'
    this.isLive = output.isTTY && !this.isStreaming
    /** @type {Map<string, { startedAtMs: number, lastLine: string, shownAtMs: number }>} */
    this.running = new Map()
    /**
     * What was said of all that failed.
     *
     * @type {string[]}
     */
    this.failures = []
    this.frame = 0
    /** @type {NodeJS.Timeout | undefined} */
    this.timer = undefined
  }

  /**
   * @param {string} name
   */
  start (name) {
    const now = performance.now()
    this.running.set(name, { startedAtMs: now, lastLine: '', shownAtMs: now })
    this.timer ??= setInterval(() => this.tick(), this.isLive ? REDRAW_INTERVAL_MS : 1_000)

    if (!this.isLive) {
      this.write(`▸ ${name}\n`)
    }
  }

  /**
   * Something that the task printed.
   *
   * @param {string} name
   * @param {string} text
   */
  line (name, text) {
    const task = this.running.get(name)
    const plain = stripVTControlCharacters(text).trimEnd()

    if (task == null || plain === '') {
      return
    }

    task.lastLine = plain

    if (this.isStreaming) {
      task.shownAtMs = performance.now()
      this.write(`  ${name} │ ${plain}\n`)
    }
  }

  /**
   * @param {string} name
   * @param {string} [note]
   */
  succeed (name, note = '') {
    this.finish(name, `✔ ${name}${this.elapsed(name)}${note === '' ? '' : `  ${note}`}\n`)
  }

  /**
   * @param {string} name
   * @param {string} reason
   * @param {string[]} tail - the last lines of what the task printed
   * @param {string} logFile - where all of it is
   */
  fail (name, reason, tail, logFile) {
    const lines = tail.slice(-MAX_TAIL_LINES).map(line => `  │ ${this.isLive ? line : stripVTControlCharacters(line)}\n`)
    const text = `✘ ${name}${this.elapsed(name)}  ${reason}\n${lines.join('')}  └ ${logFile}\n`
    this.failures.push(text)
    this.finish(name, text)
  }

  /**
   * Of something that is no task.
   *
   * @param {string} text
   */
  complain (text) {
    this.failures.push(text)
    this.say(text.trimEnd())
  }

  /** Says once more what failed: in a long log it stands far above the end, if it was kept at all. */
  recall () {
    if (this.failures.length > 0) {
      this.say(`\nWhat failed, once more:\n${this.failures.join('').trimEnd()}`)
    }
  }

  /**
   * @param {string} text
   */
  say (text) {
    this.clear()
    this.write(`${text}\n`)
  }

  /** Leaves the terminal clean. */
  end () {
    clearInterval(this.timer)
    this.timer = undefined
    this.clear()
  }

  /**
   * @param {string} name
   * @param {string} text
   */
  finish (name, text) {
    this.running.delete(name)
    this.clear()
    this.write(text)

    if (this.running.size === 0) {
      this.end()
    }
  }

  tick () {
    if (this.isLive) {
      this.draw()
      return
    }

    const now = performance.now()

    for (const [name, task] of this.running) {
      if (now - task.shownAtMs >= HEARTBEAT_MS) {
        task.shownAtMs = now
        this.write(`  ${name}${this.elapsed(name)} …\n`)
      }
    }
  }

  draw () {
    this.frame = (this.frame + 1) % FRAMES.length
    const names = [...this.running.keys()].map(name => `${name}${this.elapsed(name)}`).join(' · ')
    const [last] = [...this.running.values()].map(task => task.lastLine).filter(line => line !== '').slice(-1)
    const text = `${FRAMES[this.frame]} ${names}${last == null ? '' : `  ${last.trim()}`}`
    this.clear()
    this.write(text.slice(0, Math.max(20, (this.output.columns || 80) - 1)))
  }

  clear () {
    if (this.isLive) {
      this.write('\r\u001b[K')
    }
  }

  /**
   * @param {string} name
   */
  elapsed (name) {
    const task = this.running.get(name)

    return task == null ? '' : ` ${((performance.now() - task.startedAtMs) / 1000).toFixed(1)} s`
  }

  /**
   * @param {string} text
   */
  write (text) {
    this.output.write(text)
  }
}
