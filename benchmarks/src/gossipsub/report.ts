import { alignColumns, formatEnvironment, formatFailure, formatGoal, formatNumber, formatSpread } from '../table.ts'
import { RIVAL } from './contestants.ts'
import type { RunResults, RunSettings } from './run.ts'
import type { ContestantSummary, FigureSummary, MetricSummary } from './summary.ts'
import type { Environment } from '../environment.ts'

export interface Report {
  environment: Environment
  settings: RunSettings
  results: RunResults
  summary: FigureSummary[]
}

/** For programs: the summary, and every measurement of every round. */
export function formatJson ({ environment, settings, results, summary }: Report): string {
  return JSON.stringify({
    benchmark: 'gossipsub',
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
    `Medians of ${settings.rounds} rounds with [min to max]. x NAME: ratio to NAME in the same round, median of the rounds.`,
    'Less is better throughout. CPU: user and system time of all threads of the process.',
    ...summary.flatMap(formatFigure),
    ...results.failures.flatMap(formatFailure),
    ''
  ].join('\n')
}

function formatFigure ({ figure, description, metrics }: FigureSummary): string[] {
  const [first] = metrics

  if (first.contestants.length === 0) {
    return []
  }

  const baselines = Object.keys(first.contestants[0].ratios)
  const header = ['', ...metrics.flatMap((metric) => formatHeader(metric, baselines))]
  const rows = first.contestants.map(({ contestant }, i) => [
    contestant,
    ...metrics.flatMap((metric) => formatCells(metric, metric.contestants[i], baselines))
  ])

  return [
    '',
    `${figure}: ${description}`,
    ...alignColumns([header, ...rows]),
    ...metrics.flatMap(({ name, goals }) => goals.map((goal) => formatGoal(name, goal)))
  ]
}

function formatHeader ({ name, isHeadline }: MetricSummary, baselines: string[]): string[] {
  return isHeadline ? [name, ...baselines.map((baseline) => `x ${baseline}`)] : [name]
}

function formatCells ({ isHeadline }: MetricSummary, { value, ratios }: ContestantSummary, baselines: string[]): string[] {
  return isHeadline
    ? [formatSpread(value), ...baselines.map((baseline) => formatNumber(ratios[baseline].median))]
    : [formatNumber(value.median)]
}
