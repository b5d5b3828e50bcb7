import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/**
 * What a step was last done for. There is no stamp while a step runs, so that a half-finished one is done again.
 */
export class Stamp {
  /**
   * @param {string} file
   */
  constructor (file) {
    this.file = file
  }

  /**
   * @returns {import('./fingerprint.mjs').Fingerprint | undefined}
   */
  read () {
    try {
      return JSON.parse(readFileSync(this.file, 'utf8'))
    } catch {
      return undefined
    }
  }

  remove () {
    rmSync(this.file, { force: true })
  }

  /**
   * @param {import('./fingerprint.mjs').Fingerprint} fingerprint
   */
  write (fingerprint) {
    mkdirSync(path.dirname(this.file), { recursive: true })
    writeFileSync(`${this.file}.new`, JSON.stringify(fingerprint))
    renameSync(`${this.file}.new`, this.file)
  }
}
