import { bars } from '../plot/bars.ts'
import { curves } from '../plot/curve.ts'
import { distributions } from '../plot/distribution.ts'
import { renderSvg } from '../plot/render.ts'
import { toldOf } from './summary.ts'
import type { BenchRecord } from './record.ts'
import type { FigureSummary } from './summary.ts'
import type { Plot } from '../plot/render.ts'

/** What can be drawn of a figure. */
export interface Drawing {
  /** Of its file, which no other drawing has. */
  fileName: string
  title: string
  plot: Plot
}

/** Bars, or curves of a sweep, and a distribution where there are samples. Nothing of what nobody measured. */
export function drawingsOf (record: BenchRecord, summary: FigureSummary): Drawing[] {
  const { figure, sweep, points } = summary
  const name = `${record.suite}-${figure}`
  const title = `${record.title}, ${figure}`
  const headlines = points.flatMap(({ metrics }) => metrics).filter(({ isHeadline, contestants }) => isHeadline && contestants.length > 0)

  if (headlines.length === 0) {
    return []
  }

  const main = sweep == null
    ? { fileName: `${name}.svg`, title, plot: bars(headlines, record.baselines[0]) }
    : { fileName: `${name}.svg`, title: `${title}, by ${sweep.label}`, plot: curves({ sweep, points }) }

  // samples of one place in a sweep are not comparable with those of another
  const measurements = sweep == null ? record.measurements.filter((measurement) => measurement.figure === figure) : []
  const distribution = distributions(measurements, toldOf(record, figure))

  return [
    main,
    ...(distribution == null ? [] : [{ fileName: `${name}-distribution.svg`, title: `${title}, distribution`, plot: distribution }])
  ]
}

export async function drawSvg ({ plot, title }: Drawing): Promise<string> {
  return renderSvg(plot, title)
}
