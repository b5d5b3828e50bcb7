import { setTimeout } from 'node:timers/promises'
import { rssBytes } from '../processes/memory.ts'
import { dialTimes } from './dial-times.ts'
import { memoryMetrics, SWEEP_SETTLE_MS } from './memory.ts'
import type { Figure } from '../figures.ts'

/** As `idle`, by the number of connections, which are all between the same two nodes. */
export const connectionMemory: Figure = {
  describe: ({ warmConnections }) =>
    `memory of connections between two nodes, in new processes, after ${warmConnections} that are not counted, by the number of connections`,
  expectedBytes: () => ({ atServer: 0, atClient: 0 }),
  needsFreshProcesses: true,
  needsNoWarmUp: true,
  everyNthRound: 2,
  sweep: {
    label: 'connections',
    scale: 'log',
    values: [64, 256],
    apply: (workload, idleConnections) => ({ ...workload, idleConnections })
  },
  metrics: memoryMetrics('connection', 'connections'),
  prepare: async (client, [server], { idleConnections, warmConnections }) => {
    await dialTimes(client, server, warmConnections)
    await setTimeout(SWEEP_SETTLE_MS)

    return async () => {
      const before = await rssBytes()
      await dialTimes(client, server, idleConnections)
      await setTimeout(SWEEP_SETTLE_MS)

      return {
        receivedBytes: 0,
        values: { connections: idleConnections, clientRssBytes: await rssBytes() - before }
      }
    }
  }
}
