import { PERF_PROTOCOL, requestPerf } from '../protocols/perf.ts'
import { COST_METRICS } from './cost.ts'
import { cpuPerMessage, MESSAGE_BYTES } from './message.ts'
import type { Figure } from '../figures.ts'

/** The clock stops when the server has read everything, which it says by its FIN. */
export const messages: Figure = {
  describe: ({ messages }) => `${messages} sends of ${MESSAGE_BYTES} bytes on one stream`,
  expectedBytes: ({ messages }) => ({ atServer: messages * MESSAGE_BYTES, atClient: 0 }),
  metrics: [
    {
      name: 'messages/s',
      isHigherBetter: true,
      isHeadline: true,
      goals: [{ atLeast: 8, of: 'chainsafe-quic' }, { atLeast: 1, of: 'tcp-tls-yamux' }],
      read: ({ receivedBytes, wallSeconds }) => receivedBytes.atServer / MESSAGE_BYTES / wallSeconds
    },
    ...COST_METRICS,
    ...cpuPerMessage
  ],
  prepare: async (client, [server], { messages }) => {
    const stream = await client.dialProtocol(server, PERF_PROTOCOL)

    return async () => ({
      receivedBytes: await requestPerf(stream, { uploadBytes: messages * MESSAGE_BYTES, downloadBytes: 0, sendSize: MESSAGE_BYTES })
    })
  }
}
