import { quantile } from '../statistics.ts'
import { colourScale } from './theme.ts'
import type { Plot } from './render.ts'
import type { MeasurementRecord } from '../report/record.ts'

const WIDTH = 480
const HEIGHT = 260

/** Places of a curve: closer together towards the slowest, where it bends. */
const PERCENTS = [0, 1, 2, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 92, 94, 95, 96, 97, 98, 98.5, 99, 99.5, 100]

/** What goes into a row of the plot's data. */
interface Row {
  contestant: string
  value: number
  percent: number
}

/**
 * Nothing when no measurement has samples. A panel for each kind of them: for each contestant, what percentage of the samples of all rounds
 * together was at most so much.
 */
export function distributions (measurements: MeasurementRecord[], contestants: string[]): Plot | undefined {
  const kinds = [...new Set(measurements.flatMap(({ samples = {} }) => Object.keys(samples)))]

  return kinds.length === 0
    ? undefined
    : { vconcat: kinds.map((kind) => panel(kind, measurements, contestants)), spacing: 24, resolve: { scale: { color: 'independent' } } }
}

function panel (kind: string, measurements: MeasurementRecord[], contestants: string[]): object {
  const rows = contestants.flatMap((contestant) => rowsOf(contestant, samplesOf(measurements, contestant, kind)))
  const shown = contestants.filter((contestant) => rows.some((row) => row.contestant === contestant))

  return {
    title: `${kind}: percentage of samples that are at most so much`,
    data: { values: rows },
    width: WIDTH,
    height: HEIGHT,
    mark: { type: 'line', strokeWidth: 2, interpolate: 'monotone' },
    encoding: {
      x: { field: 'value', type: 'quantitative', scale: rows.every(({ value }) => value > 0) ? { type: 'log', nice: false } : { type: 'linear', zero: true }, axis: { title: kind, format: '~s', tickCount: 6 } },
      y: { field: 'percent', type: 'quantitative', axis: { title: '%', tickCount: 5 } },
      color: { field: 'contestant', type: 'nominal', scale: colourScale(shown) },
      // a line goes from the least to the most, not from left to right by chance of equal values
      order: { field: 'percent', type: 'quantitative' }
    }
  }
}

function samplesOf (measurements: MeasurementRecord[], contestant: string, kind: string): number[] {
  return measurements.filter((measurement) => measurement.contestant === contestant).flatMap(({ samples }) => samples?.[kind] ?? [])
}

function rowsOf (contestant: string, samples: number[]): Row[] {
  return samples.length === 0 ? [] : PERCENTS.map((percent) => ({ contestant, percent, value: quantile(samples, percent / 100) }))
}
