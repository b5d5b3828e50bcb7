import { cost, cpuSeconds } from './cost.ts'
import type { Measurement, Metric } from '../figures.ts'

/** What gossip sends most of the time. */
export const MESSAGE_BYTES = 200

const US_PER_SECOND = 1e6

export const cpuPerMessage: Metric[] = [
  cost('client CPU us/message', (measurement) => measurement.clientCpuSeconds * US_PER_SECOND / messagesReceived(measurement)),
  cost('CPU us/message', (measurement) => cpuSeconds(measurement) * US_PER_SECOND / messagesReceived(measurement))
]

function messagesReceived ({ receivedBytes }: Measurement): number {
  return receivedBytes.atServer / MESSAGE_BYTES
}
