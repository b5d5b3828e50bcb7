import { PERF_PROTOCOL, requestPerf } from '../protocols/perf.ts'
import { SEND_BYTES } from '../protocols/send.ts'
import { megabytes, TRANSFER_METRICS } from './transfer.ts'
import type { Figure } from '../figures.ts'

/** The clock runs from the request to the server's FIN. */
export const download: Figure = {
  describe: ({ bytes }) => `${megabytes(bytes)} from server to client on one stream, in sends of ${SEND_BYTES / 1024} KiB`,
  expectedBytes: ({ bytes }) => ({ atServer: 0, atClient: bytes }),
  metrics: TRANSFER_METRICS,
  prepare: async (client, [server], { bytes }) => {
    const stream = await client.dialProtocol(server, PERF_PROTOCOL)

    return async () => ({
      receivedBytes: await requestPerf(stream, { uploadBytes: 0, downloadBytes: bytes })
    })
  }
}
