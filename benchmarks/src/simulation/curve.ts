import { shapeScale } from '../plot/theme.ts'
import { QUANTITIES } from './quantities.ts'
import { variantName } from './variants.ts'
import type { GrowthLaw, QuantityName } from './quantities.ts'
import type { ScaleResults } from './run.ts'
import type { Variant } from './variants.ts'
import type { Plot } from '../plot/render.ts'

const WIDTH = 480
const HEIGHT = 220

/** What is drawn over the number of nodes: a panel for each variant with these in it, */
const LATENCIES: Array<{ name: string, quantity: QuantityName }> = [
  { name: 'p50', quantity: 'latency p50, ms' },
  { name: 'p90', quantity: 'latency p90, ms' },
  { name: 'p99', quantity: 'latency p99, ms' }
]

/** and one for each of these with all variants in it. */
const SHARED: QuantityName[] = ['hops, mean', 'duplicates for each node and message']

/** Of Okabe and Ito's palette, which people with any colour vision tell apart. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7']

/** What goes into a row of the plot's data. */
interface Mark {
  series: string
  nodes: number
  value: number
}

/** A line of its own, apart from the marks. */
interface Law extends Mark {
  law: string
}

/** Marks for what was measured, dashed lines for the laws: a logarithmic axis makes these straight. */
export function growthPlot ({ rows, growth }: ScaleResults): Plot {
  const variants = [...new Map(rows.map(({ variant }) => [variantName(variant), variant])).values()]

  return {
    vconcat: [
      ...variants.map(variant => panel(`${variantName(variant)}: latency, ms`, LATENCIES.map(({ name, quantity }) => ({
        name, ...seriesOf(variant, quantity)
      })))),
      ...SHARED.map(quantity => panel(quantity, variants.map(variant => ({ name: variantName(variant), ...seriesOf(variant, quantity) }))))
    ],
    spacing: 24,
    resolve: { scale: { color: 'independent', shape: 'independent' } }
  }

  function seriesOf (variant: Variant, quantity: QuantityName): Omit<Series, 'name'> {
    return {
      points: rows.filter(row => isSame(row.variant, variant)).map(row => ({ nodes: row.nodes, value: QUANTITIES[quantity](row) })),
      law: growth.find(law => law.quantity === quantity && isSame(law.variant, variant))
    }
  }
}

interface Series {
  name: string
  points: Array<{ nodes: number, value: number }>
  law?: GrowthLaw
}

function panel (title: string, series: Series[]): object {
  const names = series.map(({ name }) => name)
  const marks: Mark[] = series.flatMap(({ name, points }) => points.map(point => ({ series: name, ...point })))
  const laws: Law[] = series.flatMap(({ name, law }) => law == null ? [] : endsOf(law).map(end => ({ series: name, law: name, ...end })))
  const x = { field: 'nodes', type: 'quantitative', scale: { type: 'log', nice: false, padding: 10 }, axis: { title: 'nodes', format: '~s', values: [...new Set(marks.map(({ nodes }) => nodes))], labelOverlap: true } }
  const y = { field: 'value', type: 'quantitative', scale: { zero: true }, axis: { title: null, format: ',~f', tickCount: 6 } }
  // names of variants are long
  const legend = { labelLimit: 0, columns: names.length === LATENCIES.length ? LATENCIES.length : 2 }
  const color = { field: 'series', type: 'nominal', scale: { domain: names, range: names.map((_, i) => COLOURS[i % COLOURS.length]) }, legend }

  return {
    title,
    width: WIDTH,
    height: HEIGHT,
    layer: [
      { data: { values: laws }, mark: { type: 'line', strokeWidth: 1.5, strokeDash: [5, 4] }, encoding: { x, y, color } },
      {
        data: { values: marks },
        mark: { type: 'point', filled: true, size: 60, opacity: 1 },
        encoding: { x, y, color, shape: { field: 'series', type: 'nominal', scale: shapeScale(names), legend } }
      }
    ]
  }
}

function endsOf ({ nodes, base, perDecade }: GrowthLaw): Array<{ nodes: number, value: number }> {
  return [Math.min(...nodes), Math.max(...nodes)].map(nodes => ({ nodes, value: base + perDecade * Math.log10(nodes) }))
}

function isSame (a: Variant, b: Variant): boolean {
  return variantName(a) === variantName(b)
}
