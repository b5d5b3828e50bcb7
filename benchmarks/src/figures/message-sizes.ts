import { PERF_PROTOCOL, requestPerf } from '../protocols/perf.ts'
import { cost, COST_METRICS, cpuSeconds } from './cost.ts'
import { megabytes, megabytesPerSecond } from './transfer.ts'
import type { Figure } from '../figures.ts'

const US_PER_SECOND = 1e6

/** As `messages`, by the size of a send: from what the writer pays for each send to what it pays for each byte. */
export const messageSizes: Figure = {
  describe: ({ sweptMessages, sweptBytes }) =>
    `up to ${sweptMessages} sends and ${megabytes(sweptBytes)} from client to server on one stream, by the size of a send`,
  expectedBytes: ({ sweptMessages, messageBytes }) => ({ atServer: sweptMessages * messageBytes, atClient: 0 }),
  sweep: {
    label: 'message size, bytes',
    scale: 'log',
    values: [64, 1_024, 16_384, 262_144, 1_048_576],
    quickValues: [64, 16_384, 1_048_576],
    apply: (workload, messageBytes) => ({
      ...workload,
      messageBytes,
      sweptMessages: Math.min(workload.sweptMessages, Math.ceil(workload.sweptBytes / messageBytes))
    })
  },
  metrics: [
    {
      name: 'messages/s',
      isHigherBetter: true,
      isHeadline: true,
      read: ({ values, wallSeconds }) => values.messages / wallSeconds
    },
    megabytesPerSecond,
    {
      ...cost('CPU us/message', (measurement) => cpuSeconds(measurement) * US_PER_SECOND / measurement.values.messages),
      isHeadline: true
    },
    ...COST_METRICS
  ],
  prepare: async (client, [server], { sweptMessages, messageBytes }) => {
    const stream = await client.dialProtocol(server, PERF_PROTOCOL)

    return async () => ({
      receivedBytes: await requestPerf(stream, { uploadBytes: sweptMessages * messageBytes, downloadBytes: 0, sendSize: messageBytes }),
      values: { messages: sweptMessages }
    })
  }
}
