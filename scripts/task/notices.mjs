import { stripVTControlCharacters } from 'node:util'

/** Lines of a box; one that never ends must not fill the memory. */
const MAX_LINES = 100

/** Finds what a command prints in a box, so that people see it although the rest of its output goes to a log. */
export class Notices {
  /**
   * @param {Set<string>} [known] - boxes that have been said; a command may print the same one more than once
   */
  constructor (known = new Set()) {
    this.known = known
    /** @type {string[]} */
    this.lines = []
  }

  /**
   * @param {string} text - a line of output
   * @returns {string | undefined} a whole box, with its last line, if nobody has said it yet
   */
  line (text) {
    const line = stripVTControlCharacters(text).trimEnd()

    if (line.startsWith('╔')) {
      this.lines = [line]
    } else if (this.lines.length > 0 && this.lines.length < MAX_LINES && /^[║╚]/.test(line)) {
      this.lines.push(line)
    } else {
      this.lines = []
    }

    if (!line.startsWith('╚') || this.lines.length === 0) {
      return undefined
    }

    const box = this.lines.join('\n')
    this.lines = []

    if (this.known.has(box)) {
      return undefined
    }

    this.known.add(box)

    return box
  }
}
