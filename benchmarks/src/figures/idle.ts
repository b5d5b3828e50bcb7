import { setTimeout } from 'node:timers/promises'
import { rssBytes } from '../processes/memory.ts'
import { memoryMetrics, SETTLE_MS } from './memory.ts'
import type { Figure } from '../figures.ts'

const [perConnection, ...ofEachSide] = memoryMetrics('connection', 'connections')

/** Dials in parallel would be dropped by what they need at once; memory is of what stays. */
const BATCH = 16

/** Growth of both processes from before to after the connections; the nodes and the code of both exist before. */
export const idle: Figure = {
  describe: ({ idleConnections, warmConnections }) =>
    `memory of ${idleConnections} connections to as many nodes, in new processes, after ${warmConnections} that are not counted`,
  expectedBytes: () => ({ atServer: 0, atClient: 0 }),
  servers: ({ idleConnections, warmConnections }) => idleConnections + warmConnections,
  needsFreshProcesses: true,
  needsNoWarmUp: true,
  metrics: [
    { ...perConnection, goals: [{ atMost: 100 }] },
    ...ofEachSide
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
