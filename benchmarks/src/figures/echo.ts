import { ECHO_BYTES, ECHO_PROTOCOL, EchoClient } from '../protocols/echo.ts'
import { percentile } from '../statistics.ts'
import { cost, COST_METRICS, cpuSeconds } from './cost.ts'
import type { Figure, Metric } from '../figures.ts'

const US_PER_MS = 1_000
const US_PER_SECOND = 1e6

/** Round trips one after the other on one open stream, each timed by itself. */
export const echo: Figure = {
  describe: ({ echoes }) => `${echoes} round trips of ${ECHO_BYTES} bytes, one after the other on one open stream`,
  expectedBytes: ({ echoes }) => ({ atServer: echoes * ECHO_BYTES, atClient: echoes * ECHO_BYTES }),
  metrics: [
    latency('p50 us', 'p50Us'),
    latency('p99 us', 'p99Us'),
    ...COST_METRICS,
    cost('CPU us/round trip', (measurement) => cpuSeconds(measurement) * US_PER_SECOND / measurement.values.roundTrips)
  ],
  prepare: async (client, [server], { echoes }) => {
    const echoClient = new EchoClient(await client.dialProtocol(server, ECHO_PROTOCOL))
    // carries the protocol negotiation, so it is not counted
    await echoClient.roundTrip()

    return async () => {
      const tripsUs = await timeRoundTrips(echoClient, echoes)

      return {
        receivedBytes: tripsUs.length * ECHO_BYTES,
        values: {
          roundTrips: tripsUs.length,
          p50Us: percentile(tripsUs, 50),
          p99Us: percentile(tripsUs, 99)
        },
        samples: { 'round trip, us': tripsUs }
      }
    }
  }
}

/** One after the other, each in microseconds. */
export async function timeRoundTrips (echoClient: EchoClient, count: number): Promise<number[]> {
  const tripsUs: number[] = []

  for (let i = 0; i < count; i++) {
    const started = performance.now()
    await echoClient.roundTrip()
    tripsUs.push((performance.now() - started) * US_PER_MS)
  }

  return tripsUs
}

function latency (name: string, value: string): Metric {
  return {
    name,
    goals: [{ atMost: 1, of: 'tcp-noise-yamux' }],
    isHigherBetter: false,
    isHeadline: true,
    read: (measurement) => measurement.values[value]
  }
}
