import { COST_METRICS } from './cost.ts'
import type { Figure } from '../figures.ts'

const MS_PER_SECOND = 1_000

/** To a node each, since libp2p dials a peer once; closing them between the bursts is not timed, but its CPU counts. */
export const burst: Figure = {
  describe: ({ burstDials, bursts }) => `${burstDials} dials with upgrade at once, to as many nodes, ${bursts} times`,
  expectedBytes: () => ({ atServer: 0, atClient: 0 }),
  servers: ({ burstDials }) => burstDials,
  metrics: [
    {
      name: 'dials/s',
      isHigherBetter: true,
      isHeadline: true,
      goals: [{ atLeast: 3, of: 'chainsafe-quic' }],
      read: ({ values }) => values.dials / values.burstSeconds
    },
    ...COST_METRICS
  ],
  prepare: async (client, servers, { bursts }) => async () => {
    let burstMs = 0

    for (let i = 0; i < bursts; i++) {
      const started = performance.now()
      const connections = await Promise.all(servers.map(async (server) => client.dial(server)))
      burstMs += performance.now() - started
      await Promise.all(connections.map(async (connection) => connection.close()))
    }

    return { receivedBytes: 0, values: { dials: bursts * servers.length, burstSeconds: burstMs / MS_PER_SECOND } }
  }
}
