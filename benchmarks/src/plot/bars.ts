import { formatNumber, formatRatio, withThousands } from '../report/numbers.ts'
import { colourScale, LIGHT } from './theme.ts'
import type { Plot } from './render.ts'
import type { ContestantSummary, MetricSummary } from '../report/summary.ts'

const WIDTH = 380
const ROW_HEIGHT = 26
const BAR_HEIGHT = 16

const QUARTILES_WIDTH = 4

/** What goes into a row of the plot's data. */
interface Row {
  contestant: string
  median: number
  lowerQuartile: number
  upperQuartile: number
  min: number
  max: number
  label: string
}

/**
 * A panel for each metric with a bar for each contestant: to the median, with a thick line between the quartiles and a thin one from
 * the least to the most. Beside it the median, and the ratio to `baseline` with its interval.
 */
export function bars (metrics: MetricSummary[], baseline: string | undefined): Plot {
  return {
    vconcat: metrics.filter(({ contestants }) => contestants.length > 0).map((metric) => panel(metric, baseline)),
    spacing: 16
  }
}

function panel (metric: MetricSummary, baseline: string | undefined): object {
  const contestants = metric.contestants.map(({ contestant }) => contestant)
  const y = { field: 'contestant', type: 'nominal', sort: null, axis: { title: null, ticks: false, domain: false, labelColor: LIGHT.text, labelFontSize: 12, labelPadding: 6 } }

  return {
    title: `${metric.name} (${metric.isHigherBetter ? 'more' : 'less'} is better)`,
    data: { values: metric.contestants.map((summary) => toRow(summary, baseline)) },
    width: WIDTH,
    height: { step: ROW_HEIGHT },
    layer: [
      {
        mark: { type: 'bar', height: BAR_HEIGHT },
        encoding: {
          x: { field: 'median', type: 'quantitative', axis: { title: null, tickCount: 5 }, scale: { zero: true, nice: true } },
          y,
          color: { field: 'contestant', type: 'nominal', scale: colourScale(contestants), legend: null }
        }
      },
      whisker(y, 'min', 'max', 1),
      whisker(y, 'lowerQuartile', 'upperQuartile', QUARTILES_WIDTH),
      {
        mark: { type: 'text', align: 'left', baseline: 'middle' },
        encoding: { x: { value: WIDTH + 10 }, y, text: { field: 'label', type: 'nominal' } }
      }
    ]
  }
}

function whisker (y: object, from: string, to: string, width: number): object {
  return {
    mark: { type: 'rule', strokeWidth: width, color: LIGHT.text },
    encoding: { x: { field: from, type: 'quantitative' }, x2: { field: to }, y }
  }
}

function toRow ({ contestant, value, ratios }: ContestantSummary, baseline: string | undefined): Row {
  const ratio = baseline == null || contestant === baseline ? undefined : ratios[baseline]

  return {
    contestant,
    ...value,
    label: withThousands(ratio == null ? formatNumber(value.median) : `${formatNumber(value.median)}, ${formatRatio(ratio)} x ${baseline}`)
  }
}
