import { RIVAL } from './contestants.ts'
import { FIGURES } from './figures.ts'
import { ratiosPerRound, spread } from './statistics.ts'
import type { ContestantName } from './contestants.ts'
import type { FigureName, Metric } from './figures.ts'
import type { RunResults, RunSettings } from './run.ts'
import type { Spread } from './statistics.ts'

export interface FigureSummary {
  figure: FigureName
  description: string
  metrics: MetricSummary[]
}

export interface MetricSummary {
  name: string
  isHigherBetter: boolean
  isHeadline: boolean
  contestants: ContestantSummary[]
}

export interface ContestantSummary {
  contestant: ContestantName
  /** One value for each counted round. */
  rounds: number[]
  value: Spread
  /** Of the ratios to the rival in each round; absent when the rival was not measured. */
  ratioToRival?: Spread
}

/** Contestants that failed are left out, however far they came. */
export function summarise (settings: RunSettings, results: RunResults): FigureSummary[] {
  const failed = new Set(results.failures.map((failure) => failure.contestant))
  const contestants = settings.contestants.filter((contestant) => !failed.has(contestant))

  return settings.figures.map((figure) => ({
    figure,
    description: FIGURES[figure].describe(settings.workload),
    metrics: FIGURES[figure].metrics.map((metric) => summariseMetric(metric, figure, contestants, results))
  }))
}

function summariseMetric (metric: Metric, figure: FigureName, contestants: ContestantName[], results: RunResults): MetricSummary {
  const roundsOf = (contestant: ContestantName): number[] => results.measurements
    .filter((measurement) => measurement.contestant === contestant && measurement.figure === figure)
    .map((measurement) => metric.read(measurement))

  const rivals = contestants.includes(RIVAL) ? roundsOf(RIVAL) : undefined

  return {
    name: metric.name,
    isHigherBetter: metric.isHigherBetter,
    isHeadline: metric.isHeadline,
    contestants: contestants.map((contestant) => {
      const rounds = roundsOf(contestant)

      return {
        contestant,
        rounds,
        value: spread(rounds),
        ...(rivals == null ? {} : { ratioToRival: spread(ratiosPerRound(rounds, rivals)) })
      }
    })
  }
}
