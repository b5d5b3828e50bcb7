import { checkGoals } from '../goals.ts'
import { ratiosPerRound, spread } from '../statistics.ts'
import { OURS, RIVAL } from './contestants.ts'
import { FIGURES } from './figures.ts'
import type { ContestantName } from './contestants.ts'
import type { Figure, FigureName, Metric } from './figures.ts'
import type { RunResults, RunSettings } from './run.ts'
import type { GoalResult } from '../goals.ts'
import type { Spread } from '../statistics.ts'

export interface FigureSummary {
  figure: FigureName
  description: string
  metrics: MetricSummary[]
}

export interface MetricSummary {
  name: string
  isHeadline: boolean
  contestants: ContestantSummary[]
  /** Of our own figures in this run. */
  goals: GoalResult[]
}

export interface ContestantSummary {
  contestant: ContestantName
  /** One value for each round. */
  rounds: number[]
  value: Spread
  /** To each baseline that was measured, of the same round: the rival, and the installed build of ours beside others. */
  ratios: Record<string, Spread>
}

/** Contestants that failed are left out, however far they came. */
export function summarise (settings: RunSettings, results: RunResults): FigureSummary[] {
  const failed = new Set(results.failures.map(({ contestant }) => contestant))
  const contestants = settings.contestants.filter((contestant) => !failed.has(contestant))
  const ours = [OURS, ...Object.keys(settings.builds ?? {})]

  return settings.figures.map((name) => {
    const figure: Figure = FIGURES[name]

    return {
      figure: name,
      description: figure.describe(settings.workload),
      metrics: figure.metrics.map((metric) => summariseMetric(metric, name, contestants, ours, results))
    }
  })
}

function summariseMetric (metric: Metric, figure: FigureName, contestants: ContestantName[], ours: ContestantName[], results: RunResults): MetricSummary {
  const roundsOf = (contestant: ContestantName): number[] => results.measurements
    .filter((measurement) => measurement.contestant === contestant && measurement.figure === figure)
    .map(({ values }) => metric.read(values))
  const baselines = [RIVAL, ...(ours.length > 1 ? [OURS] : [])].filter((baseline) => contestants.includes(baseline))

  const summary: MetricSummary = {
    name: metric.name,
    isHeadline: metric.isHeadline,
    contestants: contestants.map((contestant) => {
      const rounds = roundsOf(contestant)

      return {
        contestant,
        rounds,
        value: spread(rounds),
        ratios: Object.fromEntries(baselines.map((baseline) => [baseline, spread(ratiosPerRound(rounds, roundsOf(baseline)))]))
      }
    }),
    goals: []
  }

  return { ...summary, goals: ours.flatMap((contestant) => checkGoals(metric.goals ?? [], summary, contestant)) }
}
