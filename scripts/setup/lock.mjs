import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const POLL_INTERVAL_MS = 200
/** Between creating the folder and writing the process id into it no more than this can pass. */
const ANONYMOUS_MS = 5_000

/**
 * Keeps two runs from building the same thing at once: a folder, because only one process can create it, with the id of that
 * process in it, so that a lock whose owner is gone can be told.
 */
export class Lock {
  /**
   * @param {string} folder
   */
  constructor (folder) {
    this.folder = folder
    this.pidFile = path.join(folder, 'pid')
  }

  /**
   * Waits until the lock is ours.
   *
   * @param {(pid: number) => void} onWait - called once, with the owner's process id, if we have to wait
   */
  async acquire (onWait) {
    let isWaiting = false

    while (!this.tryAcquire()) {
      const pid = this.owner()

      if (this.isStale(pid)) {
        this.removeStale()
        continue
      }

      if (pid != null && !isWaiting) {
        isWaiting = true
        onWait(pid)
      }

      await new Promise(resolve => setTimeout(resolve, POLL_INTERVAL_MS))
    }
  }

  release () {
    if (this.owner() === process.pid) {
      rmSync(this.folder, { recursive: true, force: true })
    }
  }

  tryAcquire () {
    mkdirSync(path.dirname(this.folder), { recursive: true })

    try {
      mkdirSync(this.folder)
    } catch (err) {
      if (/** @type {NodeJS.ErrnoException} */ (err).code === 'EEXIST') {
        return false
      }

      throw err
    }

    writeFileSync(this.pidFile, String(process.pid))

    return true
  }

  owner () {
    try {
      const pid = Number(readFileSync(this.pidFile, 'utf8'))

      return Number.isInteger(pid) && pid > 0 ? pid : undefined
    } catch {
      return undefined
    }
  }

  /**
   * @param {number | undefined} pid
   */
  isStale (pid) {
    if (pid != null) {
      return !isAlive(pid)
    }

    try {
      return Date.now() - statSync(this.folder).mtimeMs > ANONYMOUS_MS
    } catch {
      // released in the meantime
      return false
    }
  }

  /** By renaming, which only one of several that find the lock stale can do. */
  removeStale () {
    const grave = `${this.folder}.stale-${process.pid}`

    try {
      renameSync(this.folder, grave)
    } catch {
      return
    }

    rmSync(grave, { recursive: true, force: true })
  }
}

/**
 * @param {number} pid
 */
function isAlive (pid) {
  try {
    process.kill(pid, 0)

    return true
  } catch (err) {
    return /** @type {NodeJS.ErrnoException} */ (err).code === 'EPERM'
  }
}
