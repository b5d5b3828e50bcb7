import { markdownTable } from './table.ts'
import type { SuiteName } from '../runner/cell.ts'
import type { Outcome } from '../runner/outcome.ts'

/** As on the dashboards of libp2p. */
const COLOURS = { passed: '🟢', failed: '🔴', known: '🟡', skipped: '⚪' }

export const LEGEND = `${COLOURS.passed} passed · ${COLOURS.failed} failed · ${COLOURS.known} failed for a known reason that is the peer's · ${COLOURS.skipped} not tested`

/**
 * A row for each dialer, a column for each listener; how many of the cells between the two passed, of those that were tested. Then a
 * row for everything that was tested, a column for each pair. A mesh has no listener: its mixes are the rows, its scenarios the columns.
 */
export function suiteTables (suite: SuiteName, outcomes: Outcome[]): string {
  const own = outcomes.filter(({ cell }) => cell.suite === suite)
  const pairs = own.filter(({ cell }) => cell.listener !== '')
  const meshes = own.filter(({ cell }) => cell.listener === '')
  const tables = []

  if (pairs.length > 0) {
    tables.push(
      grid('dialer \\ listener', pairs, ({ cell }) => cell.dialer, ({ cell }) => cell.listener),
      grid('', pairs, ({ cell }) => cell.row, ({ cell }) => `${cell.dialer} x ${cell.listener}`)
    )
  }

  if (meshes.length > 0) {
    tables.push(grid('', meshes, ({ cell }) => cell.dialer, ({ cell }) => cell.row))
  }

  return tables.join('\n\n')
}

function grid (corner: string, outcomes: Outcome[], rowOf: (outcome: Outcome) => string, columnOf: (outcome: Outcome) => string): string {
  const rows = unique(outcomes.map(rowOf))
  const columns = unique(outcomes.map(columnOf))

  return markdownTable([corner, ...columns], rows.map((row) => [
    row,
    ...columns.map((column) => field(outcomes.filter((outcome) => rowOf(outcome) === row && columnOf(outcome) === column)))
  ]))
}

function field (outcomes: Outcome[]): string {
  const worst = (['failed', 'known', 'passed', 'skipped'] as const).find((status) => outcomes.some((outcome) => outcome.status === status))

  if (worst == null) {
    return ''
  }

  const tested = outcomes.filter(({ status }) => status !== 'skipped')
  const passed = tested.filter(({ status }) => status === 'passed')

  return tested.length > 1 ? `${COLOURS[worst]} ${passed.length}/${tested.length}` : COLOURS[worst]
}

function unique (names: string[]): string[] {
  return [...new Set(names)]
}
