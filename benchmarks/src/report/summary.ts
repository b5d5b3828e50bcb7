import { medianInterval } from '../bootstrap.ts'
import { checkGoals } from '../goals.ts'
import { ratiosPerRound, spread } from '../statistics.ts'
import type { BenchRecord, FigureRecord, SweepRecord } from './record.ts'
import type { Interval } from '../bootstrap.ts'
import type { GoalResult } from '../goals.ts'
import type { MetricInfo } from '../metric.ts'
import type { Spread } from '../statistics.ts'

export interface FigureSummary {
  figure: string
  description: string
  /** Absent when everything was measured at one place. */
  sweep?: SweepRecord
  /** One for each value of the sweep; one without it. */
  points: PointSummary[]
}

export interface PointSummary {
  x?: number
  metrics: MetricSummary[]
}

export interface MetricSummary {
  name: string
  isHigherBetter: boolean
  isHeadline: boolean
  isRatio: boolean
  /** Those that have a value. */
  contestants: ContestantSummary[]
  /** Of our own figures in this run. */
  goals: GoalResult[]
}

export interface ContestantSummary {
  contestant: string
  /** One value for each counted round in which there was one. */
  rounds: number[]
  value: Spread
  /** To each baseline that was measured: of the same rounds. None when the metric is a ratio itself. */
  ratios: Record<string, Ratio>
}

export interface Ratio extends Spread {
  /** Of 95 %, of the median; absent when there are too few rounds, or the metric is no headline. */
  interval?: Interval
}

/** Contestants that failed are in it where they have every round. */
export function summarise (record: BenchRecord): FigureSummary[] {
  return record.figures.map((figure) => ({
    figure: figure.name,
    description: figure.description,
    ...(figure.sweep == null ? {} : { sweep: figure.sweep }),
    points: (figure.sweep?.values ?? [undefined]).map((x) => ({
      ...(x == null ? {} : { x }),
      metrics: figure.metrics.map((metric) => summariseMetric(record, { figure, metric, x, contestants: toldOf(record, figure.name, x) }))
    }))
  }))
}

/** Those whose values are told at one place. */
export function toldOf ({ contestants, failures, figures, measurements, rounds }: BenchRecord, figure: string, x?: number): string[] {
  const { everyNthRound = 1 } = figures.find(({ name }) => name === figure) ?? {}

  return contestants.filter((contestant) =>
    failures.every((failure) => failure.contestant !== contestant) ||
    measurements.filter((measurement) => measurement.contestant === contestant && measurement.figure === figure && measurement.x === x).length === Math.ceil(rounds / everyNthRound))
}

interface Place {
  figure: FigureRecord
  metric: MetricInfo
  x?: number
  contestants: string[]
}

function summariseMetric (record: BenchRecord, { figure, metric, x, contestants }: Place): MetricSummary {
  const rounds = new Map(contestants.map((contestant) => [contestant, valuesByRound(record, { figure: figure.name, metric: metric.name, x, contestant })]))
  const measured = contestants.filter((contestant) => roundsOf(rounds, contestant).size > 0)
  const baselines = metric.isRatio === true ? [] : record.baselines.filter((baseline) => measured.includes(baseline))

  const summary: MetricSummary = {
    name: metric.name,
    isHigherBetter: metric.isHigherBetter,
    isHeadline: metric.isHeadline,
    isRatio: metric.isRatio ?? false,
    contestants: measured.map((contestant) => {
      const ours = roundsOf(rounds, contestant)

      return {
        contestant,
        rounds: [...ours.values()],
        value: spread([...ours.values()]),
        ratios: Object.fromEntries(baselines.flatMap((baseline) => {
          const ratio = ratioOf(ours, roundsOf(rounds, baseline), metric.isHeadline)

          return ratio == null ? [] : [[baseline, ratio]]
        }))
      }
    }),
    goals: []
  }

  return { ...summary, goals: record.ours.flatMap((contestant) => checkGoals(metric.goals ?? [], summary, contestant)) }
}

interface ValuePlace {
  figure: string
  metric: string
  x?: number
  contestant: string
}

function valuesByRound (record: BenchRecord, { figure, metric, x, contestant }: ValuePlace): Map<number, number> {
  return new Map(record.measurements
    .filter((measurement) => measurement.contestant === contestant && measurement.figure === figure && measurement.x === x)
    .filter(({ values }) => values[metric] != null)
    .map(({ round, values }) => [round, values[metric]]))
}

/** Nothing when no round has both, or the baseline is 0 where ours is. */
function ratioOf (ours: Map<number, number>, baseline: Map<number, number>, withInterval: boolean): Ratio | undefined {
  const both = [...ours.keys()].filter((round) => baseline.has(round))
  const ratios = ratiosPerRound(valuesAt(ours, both), valuesAt(baseline, both)).filter((ratio) => Number.isFinite(ratio))

  if (ratios.length === 0) {
    return undefined
  }

  const interval = withInterval ? medianInterval(ratios) : undefined

  return { ...spread(ratios), ...(interval == null ? {} : { interval }) }
}

function valuesAt (values: Map<number, number>, rounds: number[]): number[] {
  return rounds.map((round) => values.get(round) ?? NaN)
}

function roundsOf (rounds: Map<string, Map<number, number>>, contestant: string): Map<number, number> {
  return rounds.get(contestant) ?? new Map()
}
