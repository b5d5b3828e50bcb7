import { PERF_PROTOCOL, requestPerf } from '../protocols/perf.ts'
import { megabytes, TRANSFER_METRICS } from './transfer.ts'
import type { Figure } from '../figures.ts'
import type { Sweep } from '../sweep.ts'
import type { Workload } from '../workload.ts'

/** Uploads as `upload`, over a path that grows longer: of a long one, slow start is a part. */
export const rtt = overPath(
  ({ pathBytes }) => `${megabytes(pathBytes)} from client to server on one stream of a new connection, slow start among it, by the round trip of the path between them; nothing is lost`,
  {
    label: 'round trip, ms',
    scale: 'linear',
    values: [0, 10, 50, 100],
    quickValues: [0, 50],
    apply: (workload, roundTripMs) => ({ ...workload, roundTripMs, lossPercent: 0 })
  }
)

/** The same over a path that loses more; processors are never what limits. */
export const loss: Figure = {
  ...overPath(
    ({ lossyBytes, roundTripMs }) =>
      `${megabytes(lossyBytes)} from client to server on one stream of a new connection, ${roundTripMs} ms round trip, by the share of datagrams that are lost each way`,
    {
      label: 'datagrams lost each way, %',
      scale: 'linear',
      values: [0, 0.1, 1, 5],
      quickValues: [0, 1],
      apply: (workload, lossPercent) => ({ ...workload, lossPercent, pathBytes: workload.lossyBytes })
    }
  ),
  needsNoWarmUp: true
}

function overPath (describe: Figure['describe'], sweep: Sweep<Workload>): Figure {
  return {
    describe,
    expectedBytes: ({ pathBytes }) => ({ atServer: pathBytes, atClient: 0 }),
    path: ({ roundTripMs, lossPercent }) => ({ delayMs: roundTripMs / 2, lossPercent }),
    sweep,
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
