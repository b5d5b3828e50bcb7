import { NETWORK_FIGURES } from './network/figures.ts'
import { ROUTER_FIGURES } from './router/figures.ts'
import type { ContestantInit, KnownContestant } from './contestants.ts'
import type { Workload } from './workload.ts'
import type { Goal } from '../goals.ts'

/** Something that is measured, in processes of its own each time. */
export interface Figure {
  /** For the report's heading. */
  describe(workload: Workload): string
  metrics: Metric[]
  /**
   * Measures it once. Everything that it starts is gone when it resolves or rejects.
   *
   * @returns what the metrics read
   */
  measure(contestant: ContestantInit, init: MeasureInit): Promise<Values>
}

export interface MeasureInit {
  workload: Workload
  /** For all that is done in one round. */
  timeoutMs: number
}

export type Values = Record<string, number>

/** A column of the report: of everything here less is better. */
export interface Metric {
  name: string
  /** Told with min, max and the ratio to the rival; the others with their median only. */
  isHeadline: boolean
  goals?: Array<Goal<KnownContestant>>
  read(values: Values): number
}

/** In the order in which they are measured. */
export const FIGURES = { ...ROUTER_FIGURES, ...NETWORK_FIGURES } satisfies Record<string, Figure>

export type FigureName = keyof typeof FIGURES

export const FIGURE_NAMES = Object.keys(FIGURES) as FigureName[]
