import { colourScale, LIGHT, shapeScale } from './theme.ts'
import type { Plot } from './render.ts'
import type { FigureSummary } from '../report/summary.ts'

const WIDTH = 480
const HEIGHT = 260

/** What goes into a row of the plot's data. */
interface Row {
  contestant: string
  x: number
  median: number
  lowerQuartile: number
  upperQuartile: number
}

/** A panel for each headline metric: medians over what grows, with lines between the quartiles. Logarithmic wherever all values are above 0. */
export function curves ({ sweep, points }: Required<Pick<FigureSummary, 'sweep' | 'points'>>): Plot {
  const headlines = points[0].metrics.filter(({ isHeadline }) => isHeadline)

  return {
    vconcat: headlines.map(({ name, isHigherBetter }) => {
      const rows = points.flatMap(({ x = NaN, metrics }) => rowsOf(x, metrics.find((metric) => metric.name === name)?.contestants ?? []))

      return panel(`${name} (${isHigherBetter ? 'more' : 'less'} is better)`, sweep, rows)
    }),
    spacing: 24,
    resolve: { scale: { color: 'independent', shape: 'independent' } }
  }
}

function panel (title: string, sweep: NonNullable<FigureSummary['sweep']>, rows: Row[]): object {
  const contestants = [...new Set(rows.map(({ contestant }) => contestant))]
  const hasLogY = rows.every(({ lowerQuartile }) => lowerQuartile > 0)
  const hasLogX = sweep.scale === 'log' && rows.every(({ x }) => x > 0)
  const x = { field: 'x', type: 'quantitative', scale: { type: hasLogX ? 'log' : 'linear', ...(hasLogX ? {} : { zero: false }), nice: false, padding: 10 }, axis: { title: sweep.label, values: sweep.values, format: ',', labelOverlap: true } }
  const y = { type: 'quantitative', scale: hasLogY ? { type: 'log' } : { type: 'linear', zero: true }, axis: { title: null, format: '~s', tickCount: 6 } }
  const color = { field: 'contestant', type: 'nominal', scale: colourScale(contestants) }

  return {
    title,
    data: { values: rows },
    width: WIDTH,
    height: HEIGHT,
    layer: [
      { mark: { type: 'rule', strokeWidth: 1, color: LIGHT.text }, encoding: { x, y: { ...y, field: 'lowerQuartile' }, y2: { field: 'upperQuartile' } } },
      { mark: { type: 'line', strokeWidth: 2 }, encoding: { x, y: { ...y, field: 'median' }, color } },
      {
        mark: { type: 'point', filled: true, size: 60, opacity: 1 },
        encoding: { x, y: { ...y, field: 'median' }, color, shape: { field: 'contestant', type: 'nominal', scale: shapeScale(contestants) } }
      }
    ]
  }
}

function rowsOf (x: number, contestants: FigureSummary['points'][number]['metrics'][number]['contestants']): Row[] {
  return contestants.map(({ contestant, value: { median, lowerQuartile, upperQuartile } }) => ({ contestant, x, median, lowerQuartile, upperQuartile }))
}
