import { fitGrowth, MIN_POINTS } from './growth.ts'
import { costOf, outcomeOf } from './outcome.ts'
import { QUANTITIES } from './quantities.ts'
import { runTrial } from './trial.ts'
import { networksOf, variantName, variantsOf } from './variants.ts'
import type { GrowthLaw, QuantityName, ScaleRow } from './quantities.ts'
import type { Trial } from './trial.ts'
import type { ScaleSettings, Variant } from './variants.ts'
import type { Step } from '../turns.ts'

export interface ScaleResults {
  rows: ScaleRow[]
  growth: GrowthLaw[]
}

export interface ScaleInit {
  /** Told what is being done, as it begins. */
  onProgress? (step: Step): void
  /** Told all results so far: a long run that is ended early should leave something. */
  onRow? (results: ScaleResults): void
}

/** The engine has to compile the router before the first network that counts. */
const COMPILE = { nodes: 50, degree: 20, messages: 20 }

/** Small networks first, all variants at each size. */
export function runScale (settings: ScaleSettings, { onProgress, onRow }: ScaleInit = {}): ScaleResults {
  const variants = variantsOf(settings)
  const rows: ScaleRow[] = []
  const total = settings.nodes.length * variants.length

  onProgress?.({ text: 'warm-up', done: 0, total })
  variants.forEach(variant => { runTrial({ ...networksOf(settings, variant, COMPILE.nodes)[0], ...COMPILE }) })

  for (const nodes of settings.nodes) {
    for (const variant of variants) {
      const networks = networksOf(settings, variant, nodes)
      const trials: Trial[] = networks.map((network, i) => {
        onProgress?.({ text: `${nodes} nodes, ${variantName(variant)}, network ${i + 1} of ${networks.length}`, done: rows.length, total })

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

    return new Set(ofVariant.map(({ nodes }) => nodes)).size < MIN_POINTS
      ? []
      : names.map(quantity => ({
        variant,
        quantity,
        nodes: ofVariant.map(({ nodes }) => nodes),
        ...fitGrowth(ofVariant.map(row => ({ nodes: row.nodes, value: QUANTITIES[quantity](row) })))
      }))
  })
}
