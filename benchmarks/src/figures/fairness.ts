import { PERF_PROTOCOL, requestPerf } from '../protocols/perf.ts'
import { megabytes, TRANSFER_METRICS } from './transfer.ts'
import type { Figure } from '../figures.ts'

/** Compares what each stream has received when the first of them ends: afterwards the others have more room. */
export const fairness: Figure = {
  describe: ({ bytes, sharedStreams }) =>
    `${megabytes(bytes)} from server to client on ${sharedStreams} streams of one connection at once; what the slowest had when the first ended`,
  expectedBytes: ({ bytes, sharedStreams }) => ({ atServer: 0, atClient: Math.floor(bytes / sharedStreams) * sharedStreams }),
  metrics: [
    {
      name: 'slowest/mean',
      isHigherBetter: true,
      isHeadline: true,
      isRatio: true,
      goals: [{ atLeast: 0.8 }],
      read: ({ values }) => values.slowestOverMean
    },
    ...TRANSFER_METRICS.map(({ goals, ...metric }) => ({ ...metric, isHeadline: false }))
  ],
  prepare: async (client, [server], { bytes, sharedStreams }) => {
    const connection = await client.dial(server)
    const streams = await Promise.all(Array.from({ length: sharedStreams }, async () => connection.newStream(PERF_PROTOCOL, { maxOutboundStreams: sharedStreams })))

    return async () => {
      const shares = streams.map(() => 0)
      let atFirstEnd: number[] | undefined

      const received = await Promise.all(streams.map(async (stream, i) => {
        const receivedBytes = await requestPerf(stream, {
          uploadBytes: 0,
          downloadBytes: Math.floor(bytes / sharedStreams),
          onData: (piece) => { shares[i] += piece }
        })
        atFirstEnd ??= [...shares]

        return receivedBytes
      }))

      return { receivedBytes: sum(received), values: { slowestOverMean: slowestOverMean(atFirstEnd ?? shares) } }
    }
  }
}

function slowestOverMean (shares: number[]): number {
  return Math.min(...shares) / (sum(shares) / shares.length)
}

function sum (values: number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
