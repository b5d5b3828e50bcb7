import { peerOf } from './contestants.ts'
import { NETWORK_FIGURES } from './network/figures.ts'
import { ROUTER_FIGURES } from './router/figures.ts'
import type { ContestantInit, ContestantName, KnownContestant } from './contestants.ts'
import type { Workload } from './workload.ts'
import type { Metric as MetricOf } from '../metric.ts'
import type { Swept } from '../sweep.ts'

/** Something that is measured, in processes of its own each time; at several values of something that grows when it has a `sweep`. */
export interface Figure extends Swept<Workload> {
  /** For the report's heading. */
  describe(workload: Workload): string
  metrics: Metric[]
  /** Of whole nodes, in whatever language: contestants that are programs have it as well. */
  isOfNodes?: boolean
  /** For what takes long: it is measured in the first of so many rounds, in the first of the next ones, and so on; in all unless told. */
  everyNthRound?: number
  /**
   * Measures it once. Everything that it starts is gone when it resolves or rejects.
   *
   * @returns what the metrics read
   */
  measure(contestant: ContestantInit, init: MeasureInit): Promise<Values | Sampled>
}

export interface MeasureInit {
  workload: Workload
  /** For all that is done in one round. */
  timeoutMs: number
}

export type Values = Record<string, number>

/** For a figure whose distribution is told as well. */
export interface Sampled {
  values: Values
  /** Each of what was measured many times, by what it is and its unit: 'delivery, ms'. */
  samples: Record<string, number[]>
}

/** A column of the report. */
export type Metric = MetricOf<Values, KnownContestant>

/** In the order in which they are measured. */
export const FIGURES = { ...ROUTER_FIGURES, ...NETWORK_FIGURES } satisfies Record<string, Figure>

export type FigureName = keyof typeof FIGURES

export const FIGURE_NAMES = Object.keys(FIGURES) as FigureName[]

/** Programs have no router that could be fed by itself. */
export function isMeasuredOf ({ isOfNodes = false }: Pick<Figure, 'measure' | 'isOfNodes'>, contestant: ContestantName): boolean {
  return isOfNodes || peerOf(contestant) == null
}
