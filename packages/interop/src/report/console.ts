import { countOutcomes } from '../runner/outcome.ts'
import { suiteTables } from './matrix.ts'
import type { Outcome } from '../runner/outcome.ts'

const MARKS = { passed: '✔', failed: '✘', known: '~', skipped: '-' }

/** What a run says as soon as a cell has ended; of a failure all that is needed to look into it. */
export function outcomeLines ({ cell, status, reason, elapsedMs, logs, repeat }: Outcome): string[] {
  const head = `${MARKS[status]} ${cell.id}${elapsedMs > 0 ? ` ${(elapsedMs / 1_000).toFixed(1)} s` : ''}`

  if (status !== 'failed') {
    return [reason == null ? head : `${head}: ${reason}`]
  }

  return [head, `    ${reason}`, ...(logs == null ? [] : [`    logs: ${logs}`]), `    again: ${repeat}`]
}

/** Text in a box that nobody overlooks. */
export function box (lines: string[]): string {
  const width = Math.max(...lines.map((line) => line.length))
  const edge = '═'.repeat(width + 2)

  return [`╔${edge}╗`, ...lines.map((line) => `║ ${line.padEnd(width)} ║`), `╚${edge}╝`].join('\n')
}

/** The tables, and the last line. */
export function summaryText (outcomes: Outcome[]): string {
  const suites = [...new Set(outcomes.map(({ cell }) => cell.suite))]
  const { passed, failed, skipped } = countOutcomes(outcomes)

  return [...suites.map((suite) => `${suite}\n\n${suiteTables(suite, outcomes)}\n`), `${passed} passed, ${failed} failed, ${skipped} skipped`].join('\n')
}
