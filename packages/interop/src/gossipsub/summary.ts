import type { Delivery } from './deliveries.ts'

/** What a run measured, over the messages that count. */
export interface Summary {
  /** Of all deliveries but the first of each message, ms. */
  p50Ms: number
  p90Ms: number
  p99Ms: number
  /** The mean over the messages of their last delivery, ms. */
  lastMs: number
  /** Copies of a message for each node that it had to reach. */
  duplicates: number
}

/**
 * @param all - in the order of their publishing
 * @param skip - so many of the first messages are not counted
 * @throws {RangeError} when nothing was delivered
 */
export function summarize (all: readonly Delivery[], skip: number): Summary {
  const counted = all.slice(skip)
  const latencies = counted.flatMap(({ latenciesMs }) => [...latenciesMs.values()].sort((a, b) => a - b).slice(1)).sort((a, b) => a - b)

  return {
    p50Ms: percentile(latencies, 50),
    p90Ms: percentile(latencies, 90),
    p99Ms: percentile(latencies, 99),
    lastMs: mean(counted.map(({ latenciesMs }) => Math.max(...latenciesMs.values()))),
    duplicates: mean(counted.map(({ copies, receivers }) => copies / receivers.size))
  }
}

/**
 * The table that libp2p's analysis makes: a line for each counted message.
 */
export function analysis (all: readonly Delivery[], skip: number): string {
  const lines = all.slice(skip).map(({ id, latenciesMs, copies, receivers }) => {
    const latencies = [...latenciesMs.values()].sort((a, b) => a - b)
    const seconds = (ms: number): string => `${ms / 1_000}s`

    return [
      id,
      seconds(latencies[latencies.length - 1] ?? 0),
      seconds(latencies[Math.floor(latencies.length / 2)] ?? 0),
      copies / (receivers.size + 1),
      Math.min(1, latencies.length / receivers.size)
    ].join(', ')
  })

  return ['Message ID, Time to Disseminate, p50 to Disseminate, Avg Duplicate Count, Reached percent', ...lines, ''].join('\n')
}

/** By nearest rank, of values in ascending order. */
function percentile (ascending: readonly number[], percent: number): number {
  if (ascending.length === 0) {
    throw new RangeError('Nothing was delivered to more than one node')
  }

  return ascending[Math.ceil(percent / 100 * ascending.length) - 1]
}

function mean (values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
