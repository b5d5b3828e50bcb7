/** Whether a ratio has fallen. No clock, no files: numbers in, a verdict out. */
import { medianInterval } from '../bootstrap.ts'
import { median } from '../statistics.ts'
import type { Interval } from '../bootstrap.ts'

/** Part of the committed value by which the median may fall below it, and beyond which a rise is told. */
export const MAX_CHANGE = 0.25

/** What was measured of a ratio. More is better, whatever the figure is. */
export interface RatioRounds {
  name: string
  /** Of each round, those of all tries together. */
  ratios: number[]
  /** Why it could not be measured, in the last try; the ratios tell nothing then. */
  failure?: string
}

export interface Judgement extends RatioRounds {
  committed: number
  verdict: Verdict
  /** Of all rounds; `NaN` when it was not measured. */
  median: number
  /** Of 95 %, of the median; absent when there are too few rounds. */
  interval?: Interval
}

/** 'untold': it could not be measured, or not be compared with the committed value. */
export type Verdict = 'held' | 'rose' | 'fell' | 'untold'

export function judge (measured: RatioRounds, committed: number): Judgement {
  if (measured.failure != null || measured.ratios.length === 0) {
    return { failure: 'there is no round of it', ...measured, committed, verdict: 'untold', median: NaN }
  }

  const middle = median(measured.ratios)

  return { ...measured, committed, verdict: verdictOf(middle, committed), median: middle, interval: medianInterval(measured.ratios) }
}

export function isPassed ({ verdict }: Judgement): boolean {
  return verdict === 'held' || verdict === 'rose'
}

function verdictOf (middle: number, committed: number): Verdict {
  if (middle < committed * (1 - MAX_CHANGE)) {
    return 'fell'
  }

  return middle > committed * (1 + MAX_CHANGE) ? 'rose' : 'held'
}
