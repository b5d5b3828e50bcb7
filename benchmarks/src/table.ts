/** What the reports of all benchmarks have in common. */
import type { Environment } from './environment.ts'
import type { GoalResult } from './goals.ts'
import type { Failure } from './run.ts'
import type { Spread } from './statistics.ts'

export function formatEnvironment (environment: Environment): string[] {
  const { cpuModel, cores, system, node, commit, date, loadAverage, isBusy, packages } = environment
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`)

  return [
    `${cpuModel}, ${cores} cores, ${system}, node ${node}, ${date}`,
    `commit ${commit}`,
    versions.join(', '),
    `load average before the run: ${loadAverage.toFixed(2)}${isBusy ? ' - THE MACHINE WAS BUSY: do not trust absolute figures' : ''}`
  ]
}

export function formatGoal (metric: string, { contestant, goal, actual, isMet }: GoalResult): string {
  return `  goal ${isMet ? 'met' : 'MISSED'} by ${contestant}: ${metric} ${goal}, is ${formatNumber(actual)}`
}

export function formatSpread ({ median, min, max }: Spread): string {
  return `${formatNumber(median)} [${formatNumber(min)} to ${formatNumber(max)}]`
}

/** Three significant digits, or all before the point. */
export function formatNumber (value: number): string {
  const digitsBeforePoint = value === 0 ? 1 : Math.max(1, Math.floor(Math.log10(Math.abs(value))) + 1)

  return value.toFixed(Math.max(0, Math.min(3, 3 - digitsBeforePoint)))
}

export function formatFailure ({ contestant, during, error }: Failure): string[] {
  return ['', `FAILED: ${contestant} (${during})`, ...error.split('\n').map((line) => `  ${line}`)]
}

/** The first column to the left, the others to the right. */
export function alignColumns (rows: string[][]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))

  return rows.map((row) => '  ' + row
    .map((cell, column) => column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))
    .join('   '))
}
