import { formatLoad, formatNumber, formatRatio, formatSpread } from './numbers.ts'
import { summarise } from './summary.ts'
import type { BenchRecord } from './record.ts'
import type { ContestantSummary, FigureSummary, MetricSummary, PointSummary, Ratio } from './summary.ts'
import type { Environment } from '../environment.ts'
import type { GoalResult } from '../goals.ts'
import type { LeftOut } from '../suite.ts'
import type { Failure } from '../turns.ts'

/** For people at a terminal. */
export function formatText (record: BenchRecord): string {
  const { title, about, rounds, isQuick, baselines, environment, leftOut = [], failures } = record
  const [rival] = baselines

  return [
    `${title}${isQuick ? ' - A QUICK RUN: a first look, not to be quoted' : ''}`,
    '',
    ...formatEnvironment(environment),
    '',
    `Medians of ${rounds} round${rounds === 1 ? '' : 's'} with [lower to upper quartile]. x NAME: ratio to NAME in the same round, median of the rounds` +
      (rival == null ? '.' : `; x ${rival} with [95 % interval].`),
    about,
    ...summarise(record).flatMap(({ points, ...figure }) => points.flatMap((point) => formatPoint(figure, point, rival))),
    ...formatLeftOut(leftOut),
    ...failures.flatMap(formatFailure),
    ''
  ].join('\n')
}

function formatEnvironment (environment: Environment): string[] {
  const { cpuModel, cores, system, node, commit, date, isBusy, packages } = environment
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`)

  return [
    `${cpuModel}, ${cores} cores, ${system}, node ${node}, ${date}`,
    `commit ${commit}`,
    versions.join(', '),
    `${formatLoad(environment)}${isBusy ? ' - THE MACHINE WAS BUSY: do not trust absolute figures' : ''}`
  ]
}

/** A table of a figure, at one value of what grows. */
function formatPoint ({ figure, description, sweep }: Omit<FigureSummary, 'points'>, { x, metrics }: PointSummary, rival: string | undefined): string[] {
  const contestants = unique(metrics.flatMap(({ contestants }) => contestants.map(({ contestant }) => contestant)))

  if (contestants.length === 0) {
    return []
  }

  const baselines = unique(metrics.flatMap(({ contestants }) => contestants.flatMap(({ ratios }) => Object.keys(ratios))))
  const header = ['', ...metrics.flatMap((metric) => formatHeader(metric, baselines))]
  const rows = contestants.map((name) => [
    name,
    ...metrics.flatMap((metric) => formatCells(metric, metric.contestants.find(({ contestant }) => contestant === name), baselines, rival))
  ])

  return [
    '',
    `${figure}${x == null ? '' : `, ${sweep?.label} ${x}`}: ${description}${formatDirection(metrics)}`,
    ...alignColumns([header, ...rows]),
    ...metrics.flatMap(({ name, goals }) => goals.map((goal) => formatGoal(name, goal)))
  ]
}

function formatDirection (metrics: MetricSummary[]): string {
  const higher = metrics.filter(({ isHigherBetter }) => isHigherBetter).map(({ name }) => name)

  return higher.length === 0 ? ' (lower is better)' : ` (${higher.join(', ')}: higher is better)`
}

function formatHeader ({ name, isHeadline, isRatio }: MetricSummary, baselines: string[]): string[] {
  return isHeadline && !isRatio ? [name, ...baselines.map((baseline) => `x ${baseline}`)] : [name]
}

function formatCells ({ isHeadline, isRatio }: MetricSummary, summary: ContestantSummary | undefined, baselines: string[], rival: string | undefined): string[] {
  const hasRatios = isHeadline && !isRatio

  if (summary == null) {
    return ['-', ...(hasRatios ? baselines.map(() => '-') : [])]
  }

  const { value, ratios } = summary

  return [
    isHeadline ? formatSpread(value) : formatNumber(value.median),
    ...(hasRatios ? baselines.map((baseline) => formatRatioTo(ratios[baseline], baseline === rival)) : [])
  ]
}

function formatRatioTo (ratio: Ratio | undefined, withInterval: boolean): string {
  if (ratio == null) {
    return '-'
  }

  return withInterval ? formatRatio(ratio) : formatNumber(ratio.median)
}

function formatGoal (metric: string, { contestant, goal, actual, isMet }: GoalResult): string {
  return `  goal ${isMet ? 'met' : 'MISSED'} by ${contestant}: ${metric} ${goal}, is ${formatNumber(actual)}`
}

function formatLeftOut (leftOut: LeftOut[]): string[] {
  return leftOut.length === 0 ? [] : ['', ...leftOut.map(({ contestant, reason }) => `left out: ${contestant}: ${reason}`)]
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

function unique (names: string[]): string[] {
  return [...new Set(names)]
}
