import type { Measurement, Metric } from '../figures.ts'

/** CPU of both sides beside wall time: what runs on more threads is faster, not cheaper. */
export const COST_METRICS: Metric[] = [
  cost('wall s', (measurement) => measurement.wallSeconds),
  cost('client CPU s', (measurement) => measurement.clientCpuSeconds),
  cost('server CPU s', (measurement) => measurement.serverCpuSeconds)
]

export function cpuSeconds (measurement: Measurement): number {
  return measurement.clientCpuSeconds + measurement.serverCpuSeconds
}

export function cost (name: string, read: (measurement: Measurement) => number): Metric {
  return { name, isHigherBetter: false, isHeadline: false, read }
}
