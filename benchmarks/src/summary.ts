import { FURTHER_BASELINES, OURS, RIVAL } from './contestants.ts'
import { FIGURES, isMeasuredOf } from './figures.ts'
import { checkGoals } from './goals.ts'
import { ratiosPerRound, spread } from './statistics.ts'
import type { ContestantName } from './contestants.ts'
import type { Figure, FigureName, Metric } from './figures.ts'
import type { GoalResult } from './goals.ts'
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
  isRatio: boolean
  contestants: ContestantSummary[]
  /** Of our own figures in this run. */
  goals: GoalResult[]
}

export interface ContestantSummary {
  contestant: ContestantName
  /** One value for each counted round. */
  rounds: number[]
  value: Spread
  /** Of the ratios to the rival in each round; absent when the rival was not measured, or the metric is a ratio itself. */
  ratioToRival?: Spread
  /** The same to each baseline that was measured, the rival among them. */
  ratios: Record<string, Spread>
}

/** Contestants that failed are left out, however far they came. */
export function summarise (settings: RunSettings, results: RunResults): FigureSummary[] {
  const failed = new Set(results.failures.map((failure) => failure.contestant))
  const contestants = settings.contestants.filter((contestant) => !failed.has(contestant))
  const ours = [OURS, ...Object.keys(settings.builds ?? {})]

  return settings.figures.map((name) => {
    const figure: Figure = FIGURES[name]
    const measured = contestants.filter((contestant) => isMeasuredOf(name, contestant))

    return {
      figure: name,
      description: figure.describe(settings.workload),
      metrics: figure.metrics.map((metric) => summariseMetric(metric, name, measured, ours, results))
    }
  })
}

function summariseMetric (metric: Metric, figure: FigureName, contestants: ContestantName[], ours: ContestantName[], results: RunResults): MetricSummary {
  const roundsOf = (contestant: ContestantName): number[] => results.measurements
    .filter((measurement) => measurement.contestant === contestant && measurement.figure === figure)
    .map((measurement) => metric.read(measurement))

  // several builds of ours are there to be compared with the one that is installed
  const baselines = [RIVAL, ...FURTHER_BASELINES, ...(ours.length > 1 ? [OURS] : [])]
    .filter((baseline) => metric.isRatio !== true && contestants.includes(baseline))

  const summary: MetricSummary = {
    name: metric.name,
    isHigherBetter: metric.isHigherBetter,
    isHeadline: metric.isHeadline,
    isRatio: metric.isRatio ?? false,
    contestants: contestants.map((contestant) => {
      const rounds = roundsOf(contestant)
      const ratios: Record<string, Spread> = Object.fromEntries(baselines.map((baseline) => [
        baseline,
        spread(ratiosPerRound(rounds, roundsOf(baseline)))
      ]))

      return {
        contestant,
        rounds,
        value: spread(rounds),
        ...(ratios[RIVAL] == null ? {} : { ratioToRival: ratios[RIVAL] }),
        ratios
      }
    }),
    goals: []
  }

  return { ...summary, goals: ours.flatMap((contestant) => checkGoals(metric.goals ?? [], summary, contestant)) }
}
