import { PERF_PROTOCOL, requestPerf } from '../protocols/perf.ts'
import { megabytes, TRANSFER_METRICS } from './transfer.ts'
import type { Figure } from '../figures.ts'
import type { Sweep } from '../sweep.ts'
import type { Workload } from '../workload.ts'

/** The shares of `pathBytes` that take about as long as all of them without loss. */
const SHARES = new Map([[0, 1], [0.1, 0.3], [1, 0.15], [5, 0.05]])

/** Uploads as `upload`, over a path that grows longer. */
export const rtt = overPath(
  ({ pathBytes }) => `${megabytes(pathBytes)} from client to server on one stream, by the round trip of the path between them; nothing is lost`,
  {
    label: 'round trip, ms',
    scale: 'linear',
    values: [0, 10, 50, 100],
    quickValues: [0, 50],
    apply: (workload, roundTripMs) => ({ ...workload, roundTripMs, lossPercent: 0 })
  }
)

/** The same over a path that loses more. */
export const loss = overPath(
  ({ pathBytes, roundTripMs }) =>
    `up to ${megabytes(pathBytes)} from client to server on one stream, ${roundTripMs} ms round trip, by the share of datagrams that are lost each way`,
  {
    label: 'datagrams lost each way, %',
    scale: 'linear',
    values: [...SHARES.keys()],
    quickValues: [0, 1],
    apply: (workload, lossPercent) => ({
      ...workload,
      lossPercent,
      pathBytes: Math.ceil(workload.pathBytes * (SHARES.get(lossPercent) ?? 1))
    })
  }
)

function overPath (describe: Figure['describe'], sweep: Sweep<Workload>): Figure {
  return {
    describe,
    expectedBytes: ({ pathBytes }) => ({ atServer: pathBytes, atClient: 0 }),
    path: ({ roundTripMs, lossPercent }) => ({ delayMs: roundTripMs / 2, lossPercent }),
    sweep,
    needsNoWarmUp: true,
    // how it compares is told; there is no goal
    metrics: TRANSFER_METRICS.map(({ goals, ...metric }) => metric),
    prepare: async (client, [server], { pathBytes }) => {
      const stream = await client.dialProtocol(server, PERF_PROTOCOL)

      return async () => ({
        receivedBytes: await requestPerf(stream, { uploadBytes: pathBytes, downloadBytes: 0 })
      })
    }
  }
}
