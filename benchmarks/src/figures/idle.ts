import { setTimeout } from 'node:timers/promises'
import { rssBytes } from '../processes/memory.ts'
import type { Figure, Measurement, Metric } from '../figures.ts'

const KIB = 1024

/** Dials in parallel would be dropped by what they need at once; memory is of what stays. */
const BATCH = 16

/** For what ends a little after a handshake: session tickets, MTU probes, deferred frees. */
const SETTLE_MS = 500

/** Growth of both processes from before to after the connections; the nodes and the code of both exist before. */
export const idle: Figure = {
  describe: ({ idleConnections, warmConnections }) =>
    `memory of ${idleConnections} connections to as many nodes, in new processes, after ${warmConnections} that are not counted`,
  expectedBytes: () => ({ atServer: 0, atClient: 0 }),
  servers: ({ idleConnections, warmConnections }) => idleConnections + warmConnections,
  needsFreshProcesses: true,
  needsNoWarmUp: true,
  metrics: [
    {
      ...kib('KiB/connection', ({ values }) => values.clientRssBytes + values.serverRssBytes),
      isHeadline: true,
      goals: [{ atMost: 100 }]
    },
    kib('client KiB', ({ values }) => values.clientRssBytes),
    kib('server KiB', ({ values }) => values.serverRssBytes)
  ],
  prepare: async (client, servers, { warmConnections }) => {
    const dialAll = async (addresses: typeof servers[number][]): Promise<void> => {
      for (let i = 0; i < addresses.length; i += BATCH) {
        await Promise.all(addresses.slice(i, i + BATCH).map(async (server) => client.dial(server)))
      }
    }

    await dialAll(servers.slice(0, warmConnections))
    await setTimeout(SETTLE_MS)

    return async () => {
      const before = await rssBytes()
      await dialAll(servers.slice(warmConnections))
      await setTimeout(SETTLE_MS)

      return {
        receivedBytes: 0,
        values: { connections: servers.length - warmConnections, clientRssBytes: await rssBytes() - before }
      }
    }
  }
}

function kib (name: string, read: (measurement: Measurement) => number): Metric {
  return {
    name,
    isHigherBetter: false,
    isHeadline: false,
    read: (measurement) => read(measurement) / KIB / measurement.values.connections
  }
}
