import type { Growth } from './growth.ts'
import type { MeanCost, Outcome } from './outcome.ts'
import type { Variant } from './variants.ts'

/** The networks of one kind and size, together. */
export interface ScaleRow {
  nodes: number
  variant: Variant
  outcome: Outcome
  cost: MeanCost
}

/** How one quantity grows with the number of nodes, all else equal. */
export interface GrowthLaw extends Growth {
  variant: Variant
  quantity: QuantityName
  /** The numbers of nodes that it is fitted to, in the order of the residuals. */
  nodes: number[]
}

export type QuantityName = keyof typeof QUANTITIES

/** What a law is fitted for. */
export const QUANTITIES = {
  'latency p50, ms': ({ outcome }: ScaleRow) => outcome.latencyMs.p50,
  'latency p90, ms': ({ outcome }: ScaleRow) => outcome.latencyMs.p90,
  'latency p99, ms': ({ outcome }: ScaleRow) => outcome.latencyMs.p99,
  'latency max, ms': ({ outcome }: ScaleRow) => outcome.latencyMs.max,
  'latency over the straight way, mean, ms': ({ outcome }: ScaleRow) => outcome.latencyMs.mean - outcome.directMs.mean,
  'hops, mean': ({ outcome }: ScaleRow) => outcome.hops.mean,
  'duplicates for each node and message': ({ outcome }: ScaleRow) => outcome.duplicates,
  'bytes for each node and message': ({ outcome }: ScaleRow) => outcome.bytes
}
