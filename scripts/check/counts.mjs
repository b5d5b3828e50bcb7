import { stripVTControlCharacters } from 'node:util'

/**
 * @typedef {object} Counts
 * @property {number} passed - tests that passed
 * @property {number} failed - tests that failed
 * @property {number} skipped - tests that did not run: pending, ignored
 */

/**
 * @typedef {'mocha' | 'cargo' | 'interop' | 'guard'} Harness
 */

/** mocha's summary starts with this line; pending and failing follow it, if there are any. */
const MOCHA_PASSING = /^\s*(\d+) passing \([\d.]+ ?[a-z]+\)$/
const MOCHA_OTHERS = /^\s*(\d+) (pending|failing)$/
/** Its last line. */
const INTEROP_RESULT = /^(\d+) passed, (\d+) failed, (\d+) skipped$/
/** Its last line, too; a ratio that could not be told has failed. */
const GUARD_RESULT = /^(\d+) passed, (\d+) failed$/
const CARGO_RESULT = /^test result: (?:ok|FAILED)\. (\d+) passed; (\d+) failed; (\d+) ignored;/

/** Those whose summary is a line: passed, failed and, where there are such, skipped. */
const RESULTS = { cargo: CARGO_RESULT, interop: INTEROP_RESULT, guard: GUARD_RESULT }

/**
 * Adds up what test harnesses say at their end. A step may run several, so each summary counts.
 */
export class TestCounter {
  /**
   * @param {Harness} harness
   */
  constructor (harness) {
    this.harness = harness
    /** @type {Counts} */
    this.counts = { passed: 0, failed: 0, skipped: 0 }
    this.isInSummary = false
    /** Whether a suite has come to its end. */
    this.isOver = false
  }

  /**
   * @param {string} text - one line of output, with or without colours
   */
  line (text) {
    const plain = stripVTControlCharacters(text).trimEnd()

    if (this.harness === 'mocha') {
      this.mochaLine(plain)
    } else {
      this.resultLine(plain, RESULTS[this.harness])
    }
  }

  /**
   * @param {string} text
   * @param {RegExp} pattern
   */
  resultLine (text, pattern) {
    const result = pattern.exec(text)

    if (result != null) {
      this.counts.passed += Number(result[1])
      this.counts.failed += Number(result[2])
      this.counts.skipped += Number(result[3] ?? 0)
    }
  }

  /**
   * @param {string} text
   */
  mochaLine (text) {
    const passing = MOCHA_PASSING.exec(text)

    if (passing != null) {
      this.counts.passed += Number(passing[1])
      this.isInSummary = true
      this.isOver = true
      return
    }

    const others = this.isInSummary ? MOCHA_OTHERS.exec(text) : null

    if (others == null) {
      // what tests print must not be taken for a summary
      this.isInSummary = false
    } else if (others[2] === 'pending') {
      this.counts.skipped += Number(others[1])
    } else {
      this.counts.failed += Number(others[1])
    }
  }
}

/**
 * What a step adds to the total. A step that counts no tests is itself one check. A failure that no test accounts for, and a
 * suite in which no test ran, are failures.
 *
 * @param {{ ok: boolean, counts?: Counts }} outcome
 * @returns {Counts}
 */
export function countStep ({ ok, counts }) {
  if (counts == null) {
    return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 }
  }

  const ranNothing = counts.passed + counts.failed === 0
  const isUnaccounted = counts.failed === 0 && (!ok || ranNothing)

  return isUnaccounted ? { ...counts, failed: 1 } : counts
}

/**
 * @param {Counts[]} list
 * @returns {Counts}
 */
export function addCounts (list) {
  return list.reduce((sum, { passed, failed, skipped }) => ({
    passed: sum.passed + passed,
    failed: sum.failed + failed,
    skipped: sum.skipped + skipped
  }), { passed: 0, failed: 0, skipped: 0 })
}

/**
 * @param {Counts} counts
 */
export function formatCounts ({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
