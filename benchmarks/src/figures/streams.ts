import { ECHO_BYTES, ECHO_PROTOCOL, echoOnce } from '../protocols/echo.ts'
import { COST_METRICS } from './cost.ts'
import type { Figure } from '../figures.ts'

/** Each worker opens a stream, sends, waits for the echo, ends it, waits for the server's FIN, and opens the next. */
export const streams: Figure = {
  describe: ({ streams, concurrentStreams }) =>
    `${streams} times open, protocol negotiation, echo of ${ECHO_BYTES} bytes and close, ${concurrentStreams} at once on one connection`,
  expectedBytes: ({ streams }) => ({ atServer: streams * ECHO_BYTES, atClient: streams * ECHO_BYTES }),
  metrics: [
    {
      name: 'streams/s',
      isHigherBetter: true,
      isHeadline: true,
      goals: [{ atLeast: 4, of: 'chainsafe-quic' }, { atLeast: 1, of: 'tcp-tls-yamux' }],
      read: ({ receivedBytes, wallSeconds }) => receivedBytes.atServer / ECHO_BYTES / wallSeconds
    },
    ...COST_METRICS
  ],
  prepare: async (client, [server], { streams, concurrentStreams }) => {
    const connection = await client.dial(server)

    return async () => {
      let left = streams
      let receivedBytes = 0

      const work = async (): Promise<void> => {
        while (left-- > 0) {
          const stream = await connection.newStream(ECHO_PROTOCOL, { maxOutboundStreams: concurrentStreams * 2 })
          const echoedBytes = await echoOnce(stream)
          receivedBytes += echoedBytes
        }
      }

      await Promise.all(Array.from({ length: concurrentStreams }, work))

      return { receivedBytes }
    }
  }
}
