import { fairness } from './fairness.ts'
import { megabytes } from './transfer.ts'
import type { Figure } from '../figures.ts'

/** As `fairness`, by the number of streams: 256 are as many as a peer may have open by our default. */
export const parallelStreams: Figure = {
  ...fairness,
  describe: ({ sweptBytes }) =>
    `${megabytes(sweptBytes)} from server to client in equal shares on the streams of one connection, all at once, by the number of streams; what the slowest had when the first ended`,
  sweep: {
    label: 'streams at once',
    scale: 'log',
    values: [1, 4, 16, 64, 256],
    quickValues: [1, 16, 256],
    apply: (workload, sharedStreams) => ({ ...workload, sharedStreams, bytes: workload.sweptBytes })
  },
  // how it compares is told; the goal is that of `fairness`
  metrics: fairness.metrics.map(({ goals, ...metric }) => ({ ...metric, isHeadline: metric.isHeadline || metric.name === 'MB/s' }))
}
