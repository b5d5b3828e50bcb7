/** What a run leaves behind: all that tables, plots and documents are made of, without the code that measured it. */
import { isDeepStrictEqual } from 'node:util'
import { pointsOf } from '../sweep.ts'
import type { Environment } from '../environment.ts'
import type { MetricInfo } from '../metric.ts'
import type { BenchOptions, SuiteRun } from '../options.ts'
import type { LeftOut, SuiteResults } from '../suite.ts'
import type { SweepScale } from '../sweep.ts'
import type { Failure } from '../turns.ts'

/** Tells a file of results from any other. */
export const SCHEMA = 'quicmesh-benchmark'

/** Of the form below: one more for a change that a reader of the old form would misread. */
export const VERSION = 1

export interface BenchRecord {
  schema: typeof SCHEMA
  version: typeof VERSION
  suite: string
  title: string
  about: string
  /** What repeats the run. */
  command: string
  /** Fewer rounds of less work than a result needs to be quoted. */
  isQuick: boolean
  environment: Environment
  rounds: number
  /** By name of the amount. */
  workload: Record<string, number>
  contestants: string[]
  /** Those whose goals are told: ours, and other builds of it. */
  ours: string[]
  /** Those of the contestants that there are ratios to, the rival first. */
  baselines: string[]
  figures: FigureRecord[]
  measurements: MeasurementRecord[]
  failures: Failure[]
  /** Where some of the figures are from, if that is another run; the latest first. */
  earlier?: EarlierRun[]
  /** Those of the contestants that this machine had nothing to run with; absent when there are none. */
  leftOut?: LeftOut[]
}

/** A run of which some figures are kept, because the later one did not measure them. */
export interface EarlierRun {
  command: string
  environment: Environment
  /** By name. */
  figures: string[]
}

export interface FigureRecord {
  name: string
  description: string
  metrics: MetricInfo[]
  sweep?: SweepRecord
  /** Measured in the first of so many rounds, and so on; absent when in all. */
  everyNthRound?: number
}

export interface SweepRecord extends SweepScale {
  values: number[]
}

/** One figure of one contestant in one round. */
export interface MeasurementRecord {
  contestant: string
  figure: string
  /** From 1. */
  round: number
  /** One of the sweep's values. */
  x?: number
  /** By the name of the metric; without those that could not be told. */
  values: Record<string, number>
  /** What the metrics were read from. */
  measured?: object
  /** Quantiles of what was measured many times, from the least to the most, by what it is and its unit. */
  samples?: Record<string, number[]>
}

/** Of each distribution in each round: enough for a curve, and for its 99th percentile. */
export const MAX_SAMPLES = 201

const SAMPLE_DIGITS = 4

export interface RunOutcome {
  environment: Environment
  results: SuiteResults
}

export function toRecord ({ command, isQuick }: Pick<BenchOptions, 'command' | 'isQuick'>, { suite, settings }: SuiteRun, { environment, results }: RunOutcome): BenchRecord {
  const builds = Object.keys(settings.builds ?? {})
  const present = settings.contestants.filter((name) => !isLeftOut(name, results.leftOut))
  const ours = [suite.ours, ...builds].filter((name) => present.includes(name))

  return {
    schema: SCHEMA,
    version: VERSION,
    suite: suite.name,
    title: suite.title,
    about: suite.about,
    command,
    isQuick,
    environment,
    rounds: settings.rounds,
    workload: { ...settings.workload as Record<string, number> },
    contestants: settings.contestants,
    ours,
    // several builds of ours are there to be compared with the one that is installed
    baselines: [...suite.baselines, ...(builds.length > 0 ? [suite.ours] : [])].filter((name) => present.includes(name)),
    figures: settings.figures.map((name) => figureRecord(name, { suite, settings })),
    measurements: results.measurements.map(({ values, samples, ...measurement }) => ({
      ...measurement,
      values: Object.fromEntries(Object.entries(values).filter(([, value]) => Number.isFinite(value))),
      ...(samples == null ? {} : { samples: Object.fromEntries(Object.entries(samples).map(([name, values]) => [name, thinned(values)])) })
    })),
    failures: results.failures,
    ...(results.leftOut == null || results.leftOut.length === 0 ? {} : { leftOut: results.leftOut })
  }
}

/** Nothing was measured, and nothing failed: its contestants were left out, or have none of its figures. */
export function isEmpty ({ measurements, failures }: BenchRecord): boolean {
  return measurements.length === 0 && failures.length === 0
}

/**
 * The later run, with those figures of the earlier one that it has not measured and that still are `known`, if both measured the same contestants as
 * often and as much with the same versions on the same kind of machine, and nothing failed in the earlier one: otherwise the later run alone.
 */
export function withEarlier (record: BenchRecord, earlier: BenchRecord, known: string[]): BenchRecord {
  const measured = new Set(record.figures.map(({ name }) => name))
  const figures = earlier.figures.filter(({ name }) => known.includes(name) && !measured.has(name))

  if (figures.length === 0 || earlier.failures.length > 0 || !isDeepStrictEqual(conditionsOf(record), conditionsOf(earlier))) {
    return record
  }

  const kept = new Set(figures.map(({ name }) => name))
  const fromOthers = new Set((earlier.earlier ?? []).flatMap(({ figures }) => figures))
  const own = earlier.figures.map(({ name }) => name).filter((name) => !fromOthers.has(name))
  const runs = [{ command: earlier.command, environment: earlier.environment, figures: own }, ...earlier.earlier ?? []]
    .map((run) => ({ ...run, figures: run.figures.filter((name) => kept.has(name)) }))

  return {
    ...record,
    // in the order of the earlier run
    figures: [...new Map([...earlier.figures, ...record.figures].map((figure) => [figure.name, figure])).values()].filter(({ name }) => known.includes(name)),
    measurements: [...record.measurements, ...earlier.measurements.filter(({ figure }) => kept.has(figure))],
    earlier: runs.filter(({ figures }) => figures.length > 0)
  }
}

function conditionsOf ({ isQuick, rounds, workload, contestants, ours, baselines, leftOut = [], environment }: BenchRecord): object {
  const { cpuModel, cores, system, node, packages } = environment

  return { isQuick, rounds, workload, contestants, ours, baselines, leftOut, cpuModel, cores, system, node, packages }
}

function isLeftOut (name: string, leftOut: LeftOut[] = []): boolean {
  return leftOut.some(({ contestant }) => contestant === name)
}

function figureRecord (name: string, { suite, settings }: SuiteRun): FigureRecord {
  const { sweep, metrics, everyNthRound, describe } = suite.figures[name]

  return {
    name,
    description: describe(settings.workload) + (everyNthRound == null ? '' : `; in one of ${everyNthRound} rounds`),
    metrics: metrics.map(({ name, isHigherBetter, isHeadline, isRatio, goals }) => ({ name, isHigherBetter, isHeadline, isRatio, goals })),
    ...(everyNthRound == null ? {} : { everyNthRound }),
    ...(sweep == null
      ? {}
      : { sweep: { label: sweep.label, scale: sweep.scale, values: pointsOf({ sweep }, settings.workload, settings.isQuick).map(({ x = NaN }) => x) } })
  }
}

/** The least, the most, and values of ranks at even distances between them: measured ones, ascending. */
export function thinned (values: readonly number[], most = MAX_SAMPLES): number[] {
  const sorted = [...values].sort((a, b) => a - b)
  const kept = sorted.length <= most ? sorted : Array.from({ length: most }, (_, i) => sorted[Math.round(i * (sorted.length - 1) / (most - 1))])

  return kept.map((value) => Number(value.toPrecision(SAMPLE_DIGITS)))
}

/** A line for each measurement: what differs between two runs can be read. */
export function formatRecord ({ measurements, ...record }: BenchRecord): string {
  const lines = measurements.map((measurement) => `    ${JSON.stringify(measurement)}`)

  return JSON.stringify({ ...record, measurements: [] }, null, 2)
    .replace(/"measurements": \[\]/, () => `"measurements": [\n${lines.join(',\n')}\n  ]`) + '\n'
}
