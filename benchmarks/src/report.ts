import { RIVAL } from './contestants.ts'
import type { Environment } from './environment.ts'
import type { GoalResult } from './goals.ts'
import type { Failure, RunResults, RunSettings } from './run.ts'
import type { Spread } from './statistics.ts'
import type { ContestantSummary, FigureSummary, MetricSummary } from './summary.ts'

export interface Report {
  environment: Environment
  settings: RunSettings
  results: RunResults
  summary: FigureSummary[]
}

/** For programs: the summary, and every measurement of every counted round. */
export function formatJson ({ environment, settings, results, summary }: Report): string {
  return JSON.stringify({
    benchmark: 'quic',
    rival: RIVAL,
    environment,
    settings,
    summary,
    failures: results.failures,
    measurements: results.measurements
  }, null, 2)
}

/** For people. */
export function formatText ({ environment, settings, results, summary }: Report): string {
  return [
    ...formatEnvironment(environment),
    '',
    `Medians of ${settings.rounds} rounds with [min to max]. x: ratio to ${RIVAL} in the same round, median of the rounds.`,
    'x NAME: the same to NAME, median alone.',
    'MB = 10^6 bytes, GB = 10^9 bytes. CPU: user and system time of all threads of the process.',
    ...summary.flatMap(formatFigure),
    ...results.failures.flatMap(formatFailure),
    ''
  ].join('\n')
}

function formatEnvironment (environment: Environment): string[] {
  const { cpuModel, cores, system, node, commit, date, loadAverage, isBusy, packages } = environment
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`)

  return [
    `${cpuModel}, ${cores} cores, ${system}, node ${node}, ${date}`,
    `commit ${commit}`,
    versions.join(', '),
    `load average before the run: ${loadAverage.toFixed(2)}${isBusy ? ' - THE MACHINE WAS BUSY: do not trust absolute figures' : ''}`
  ]
}

function formatFigure ({ figure, description, metrics }: FigureSummary): string[] {
  const contestants = metrics[0].contestants.map(({ contestant }) => contestant)

  if (contestants.length === 0) {
    return []
  }

  const baselines = Object.keys(metrics[0].contestants[0].ratios).filter((baseline) => baseline !== RIVAL)
  const header = ['', ...metrics.flatMap((metric) => formatHeader(metric, baselines))]
  const rows = contestants.map((contestant, i) => [
    contestant,
    ...metrics.flatMap((metric) => formatCells(metric, metric.contestants[i], baselines))
  ])

  return [
    '',
    `${figure}: ${description}${formatDirection(metrics)}`,
    ...alignColumns([header, ...rows]),
    ...metrics.flatMap(({ name, goals }) => goals.map((goal) => formatGoal(name, goal)))
  ]
}

function formatDirection (metrics: MetricSummary[]): string {
  const higher = metrics.filter(({ isHigherBetter }) => isHigherBetter).map(({ name }) => name)

  return higher.length === 0 ? ' (lower is better)' : ` (${higher.join(', ')}: higher is better)`
}

function formatGoal (metric: string, { contestant, goal, actual, isMet }: GoalResult): string {
  return `  goal ${isMet ? 'met' : 'MISSED'} by ${contestant}: ${metric} ${goal}, is ${formatNumber(actual)}`
}

function formatHeader ({ name, isHeadline, isRatio }: MetricSummary, baselines: string[]): string[] {
  return isHeadline && !isRatio ? [name, 'x', ...baselines.map((baseline) => `x ${baseline}`)] : [name]
}

function formatCells ({ isHeadline, isRatio }: MetricSummary, { value, ratioToRival, ratios }: ContestantSummary, baselines: string[]): string[] {
  if (!isHeadline) {
    return [formatNumber(value.median)]
  }

  if (isRatio) {
    return [formatSpread(value)]
  }

  return [
    formatSpread(value),
    ratioToRival == null ? '-' : formatSpread(ratioToRival),
    ...baselines.map((baseline) => formatNumber(ratios[baseline].median))
  ]
}

function formatSpread ({ median, min, max }: Spread): string {
  return `${formatNumber(median)} [${formatNumber(min)} to ${formatNumber(max)}]`
}

/** Three significant digits, or all before the point. */
function formatNumber (value: number): string {
  const digitsBeforePoint = value === 0 ? 1 : Math.max(1, Math.floor(Math.log10(Math.abs(value))) + 1)

  return value.toFixed(Math.max(0, Math.min(3, 3 - digitsBeforePoint)))
}

function formatFailure ({ contestant, during, error }: Failure): string[] {
  return ['', `FAILED: ${contestant} (${during})`, ...error.split('\n').map((line) => `  ${line}`)]
}

/** The first column to the left, the others to the right. */
function alignColumns (rows: string[][]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))

  return rows.map((row) => '  ' + row
    .map((cell, column) => column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))
    .join('   '))
}
