import { PERF_PROTOCOL, requestPerf } from '../protocols/perf.ts'
import { megabytes, TRANSFER_METRICS } from './transfer.ts'
import type { Figure } from '../figures.ts'
import type { Workload } from '../workload.ts'

const DELAY_MS = 25

/** Uploads as `upload`, over a path with a round trip of 50 ms that loses so many datagrams each way. */
export const loss0 = overPath(0, ({ loss0Bytes }) => loss0Bytes)
export const loss1 = overPath(1, ({ loss1Bytes }) => loss1Bytes)
export const loss5 = overPath(5, ({ loss5Bytes }) => loss5Bytes)

function overPath (lossPercent: number, bytesOf: (workload: Workload) => number): Figure {
  return {
    describe: (workload) =>
      `${megabytes(bytesOf(workload))} from client to server on one stream, ${DELAY_MS * 2} ms round trip, ${lossPercent} % of datagrams lost each way`,
    expectedBytes: (workload) => ({ atServer: bytesOf(workload), atClient: 0 }),
    path: { delayMs: DELAY_MS, lossPercent },
    needsNoWarmUp: true,
    // how it compares is told; there is no goal
    metrics: TRANSFER_METRICS.map(({ goals, ...metric }) => metric),
    prepare: async (client, [server], workload) => {
      const stream = await client.dialProtocol(server, PERF_PROTOCOL)

      return async () => ({
        receivedBytes: await requestPerf(stream, { uploadBytes: bytesOf(workload), downloadBytes: 0 })
      })
    }
  }
}
