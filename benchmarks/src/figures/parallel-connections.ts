import { PERF_PROTOCOL, requestPerf } from '../protocols/perf.ts'
import { dialTimes } from './dial-times.ts'
import { megabytes, TRANSFER_METRICS } from './transfer.ts'
import type { Figure } from '../figures.ts'

/** Uploads on all connections at once, a stream on each: what it costs to serve many peers instead of one. */
export const parallelConnections: Figure = {
  describe: ({ sweptBytes }) =>
    `${megabytes(sweptBytes)} from client to server in equal shares on a stream of each connection, all at once, by the number of connections between the two nodes`,
  expectedBytes: ({ sweptBytes, sharedConnections }) => ({ atServer: shareOf(sweptBytes, sharedConnections) * sharedConnections, atClient: 0 }),
  sweep: {
    label: 'connections at once',
    scale: 'log',
    values: [1, 10, 50, 200],
    quickValues: [1, 50],
    apply: (workload, sharedConnections) => ({ ...workload, sharedConnections })
  },
  // how it compares is told; there is no goal
  metrics: TRANSFER_METRICS.map(({ goals, ...metric }) => ({ ...metric, isHeadline: metric.isHeadline || metric.name === 'CPU s/GB' })),
  prepare: async (client, [server], { sweptBytes, sharedConnections }) => {
    const connections = await dialTimes(client, server, sharedConnections)
    const streams = await Promise.all(connections.map(async (connection) => connection.newStream(PERF_PROTOCOL)))

    return async () => {
      const received = await Promise.all(streams.map(async (stream) =>
        requestPerf(stream, { uploadBytes: shareOf(sweptBytes, sharedConnections), downloadBytes: 0 })))

      return { receivedBytes: received.reduce((sum, bytes) => sum + bytes, 0) }
    }
  }
}

function shareOf (bytes: number, connections: number): number {
  return Math.floor(bytes / connections)
}
