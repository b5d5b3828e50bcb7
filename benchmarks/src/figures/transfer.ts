import { cost, COST_METRICS, cpuSeconds } from './cost.ts'
import type { Measurement, Metric } from '../figures.ts'

/** 10^6, as everywhere in this package. */
export const MB = 1e6
const GB = 1e9

export const megabytesPerSecond: Metric = {
  name: 'MB/s',
  isHigherBetter: true,
  isHeadline: true,
  read: (measurement) => payloadBytes(measurement) / MB / measurement.wallSeconds
}

export const TRANSFER_METRICS: Metric[] = [
  {
    ...megabytesPerSecond,
    goals: [{ atLeast: 0.8, of: 'raw-quinn' }, { atLeast: 6, of: 'chainsafe-quic' }]
  },
  ...COST_METRICS,
  {
    ...cost('CPU s/GB', (measurement) => cpuSeconds(measurement) / (payloadBytes(measurement) / GB)),
    goals: [{ atMost: 1.3, of: 'raw-quinn' }]
  }
]

export function megabytes (bytes: number): string {
  return `${bytes / MB} MB`
}

function payloadBytes ({ receivedBytes }: Measurement): number {
  return receivedBytes.atServer + receivedBytes.atClient
}
