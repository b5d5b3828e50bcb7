import { fitGrowth, MIN_POINTS } from './growth.ts'
import { costOf, outcomeOf } from './outcome.ts'
import { runTrial } from './trial.ts'
import { networksOf, variantName, variantsOf } from './variants.ts'
import type { Growth } from './growth.ts'
import type { MeanCost, Outcome } from './outcome.ts'
import type { Trial } from './trial.ts'
import type { ScaleSettings, Variant } from './variants.ts'

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

export interface ScaleResults {
  rows: ScaleRow[]
  growth: GrowthLaw[]
}

export interface ScaleInit {
  /** Told what is being done, as it begins. */
  onProgress? (text: string): void
  /** Told all results so far: a long run that is ended early should leave something. */
  onRow? (results: ScaleResults): void
}

/** The engine has to compile the router before the first network that counts. */
const COMPILE = { nodes: 50, degree: 20, messages: 20 }

/** Small networks first, all variants at each size. */
export function runScale (settings: ScaleSettings, { onProgress, onRow }: ScaleInit = {}): ScaleResults {
  const variants = variantsOf(settings)
  const rows: ScaleRow[] = []

  onProgress?.('warm-up')
  variants.forEach(variant => { runTrial({ ...networksOf(settings, variant, COMPILE.nodes)[0], ...COMPILE }) })

  for (const nodes of settings.nodes) {
    for (const variant of variants) {
      const networks = networksOf(settings, variant, nodes)
      const trials: Trial[] = networks.map((network, i) => {
        onProgress?.(`${nodes} nodes, ${variantName(variant)}, network ${i + 1} of ${networks.length}`)

        return runTrial(network)
      })

      rows.push({ nodes, variant, outcome: outcomeOf(trials, networks[0]), cost: costOf(trials, networks[0]) })
      onRow?.({ rows, growth: growthOf(rows, variants) })
    }
  }

  return { rows, growth: growthOf(rows, variants) }
}

function growthOf (rows: ScaleRow[], variants: Variant[]): GrowthLaw[] {
  return variants.flatMap(variant => {
    const ofVariant = rows.filter(row => row.variant === variant)
    const names = Object.keys(QUANTITIES) as QuantityName[]

    return ofVariant.length < MIN_POINTS
      ? []
      : names.map(quantity => ({
        variant,
        quantity,
        nodes: ofVariant.map(({ nodes }) => nodes),
        ...fitGrowth(ofVariant.map(row => ({ nodes: row.nodes, value: QUANTITIES[quantity](row) })))
      }))
  })
}
