import { RIVAL } from './contestants.ts'
import { alignColumns, formatEnvironment, formatFailure, formatGoal, formatNumber, formatSpread } from './table.ts'
import type { Environment } from './environment.ts'
import type { RunResults, RunSettings } from './run.ts'
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
