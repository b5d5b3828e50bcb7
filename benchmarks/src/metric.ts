import type { Goal } from './goals.ts'

/** A column of the report. */
export interface Metric<Measured, Name extends string = string> extends MetricInfo<Name> {
  read (measured: Measured): number
}

/** What a result says of it. */
export interface MetricInfo<Name extends string = string> {
  name: string
  isHigherBetter: boolean
  /** Told with its spread and ratios, and drawn; the others with their median only. */
  isHeadline: boolean
  /** It compares by itself: no ratios to other contestants. */
  isRatio?: boolean
  /** At every value of a sweep. */
  goals?: Array<Goal<Name>>
}

/** The values of all metrics by name. */
export function readMetrics <Measured> (metrics: Array<Metric<Measured>>, measured: Measured): Record<string, number> {
  return Object.fromEntries(metrics.map(({ name, read }) => [name, read(measured)]))
}
