import { markdownTable } from '../report/table.ts'
import { ratios, spread } from './statistics.ts'
import type { Figure, Series } from './speed.ts'

/** Medians, by pair and figure. */
export function speedFigures (series: Series[]): Record<string, number> {
  return Object.fromEntries(series.map(({ client, server, figure, values }) => [
    `${client} x ${server}, ${figure.name}, ${figure.unit}`, round(spread(values).median)
  ]))
}

/** A table a figure: each pair's median and spread, and its ratio to the pairs that server and client make with their like. */
export function speedTables (series: Series[], transport: string, rounds: number): string {
  const figures = [...new Set(series.map(({ figure }) => figure))]
  const introduction = `perf over ${transport}: medians of ${rounds} rounds, [least to most]; "x client's own" is the median of the ratios, round by ` +
    'round, to the pair of which both sides are the client\'s implementation. All pairs were measured in turn, on one machine.'

  // ours is a QUIC transport
  const remark = transport === 'tcp' ? ' Over tcp quicmesh is js-libp2p with its own TCP, noise and yamux.' : ''

  return [introduction + remark, ...figures.map((figure) => tableOf(figure, series.filter((one) => one.figure === figure)))].join('\n\n')
}

function tableOf (figure: Figure, series: Series[]): string {
  const own = (peer: string): Series | undefined => series.find(({ client, server }) => client === peer && server === peer)
  const rows = series.map((one) => {
    const { median, min, max } = spread(one.values)

    return [
      `${one.client} x ${one.server}`,
      `${round(median)} [${round(min)} to ${round(max)}]`,
      ratioTo(one, own(one.client)),
      ratioTo(one, own(one.server))
    ]
  })

  return markdownTable(['client x server', `${figure.name}, ${figure.unit}`, 'x client\'s own', 'x server\'s own'], rows)
}

function ratioTo (one: Series, other?: Series): string {
  return other == null ? '' : spread(ratios(one.values, other.values)).median.toFixed(2)
}

function round (value: number): number {
  return Number(value.toPrecision(3))
}
