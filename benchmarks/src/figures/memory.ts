import type { Measurement, Metric } from '../figures.ts'

const KIB = 1024

/** For what ends a little after a handshake: session tickets, MTU probes, deferred frees. */
export const SETTLE_MS = 500

/** At each value of a sweep: half of it, for there are many. */
export const SWEEP_SETTLE_MS = 250

/** Growth of both processes together, and of each, for one of what `values` has so many of. */
export function memoryMetrics (what: string, count: string): [Metric, Metric, Metric] {
  const kib = (name: string, read: (measurement: Measurement) => number): Metric => ({
    name,
    isHigherBetter: false,
    isHeadline: false,
    read: (measurement) => read(measurement) / KIB / measurement.values[count]
  })

  return [
    { ...kib(`KiB/${what}`, ({ values }) => values.clientRssBytes + values.serverRssBytes), isHeadline: true },
    kib('client KiB', ({ values }) => values.clientRssBytes),
    kib('server KiB', ({ values }) => values.serverRssBytes)
  ]
}
