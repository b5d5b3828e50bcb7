import { PerfFanout } from '../protocols/perf-fanout.ts'
import { PERF_PROTOCOL } from '../protocols/perf.ts'
import { COST_METRICS } from './cost.ts'
import { cpuPerMessage, MESSAGE_BYTES } from './message.ts'
import type { Figure } from '../figures.ts'

/** The clock stops when all servers have read everything, which they say by their FINs. */
export const fanout: Figure = {
  describe: ({ fanoutMessages, fanoutConnections }) =>
    `${fanoutMessages} times a message of ${MESSAGE_BYTES} bytes on each of ${fanoutConnections} connections of one process`,
  expectedBytes: ({ fanoutMessages, fanoutConnections }) => ({
    atServer: fanoutMessages * fanoutConnections * MESSAGE_BYTES,
    atClient: 0
  }),
  servers: ({ fanoutConnections }) => fanoutConnections,
  metrics: [
    {
      name: 'messages/s',
      isHigherBetter: true,
      isHeadline: true,
      goals: [{ atLeast: 6, of: 'chainsafe-quic' }],
      read: ({ receivedBytes, wallSeconds }) => receivedBytes.atServer / MESSAGE_BYTES / wallSeconds
    },
    ...COST_METRICS,
    ...cpuPerMessage
  ],
  prepare: async (client, servers, { fanoutMessages }) => {
    const streams = await Promise.all(servers.map(async (server) => client.dialProtocol(server, PERF_PROTOCOL)))

    return async () => ({
      receivedBytes: await new PerfFanout(streams).send(MESSAGE_BYTES, fanoutMessages)
    })
  }
}
