import { PERF_PROTOCOL, requestPerf } from '../protocols/perf.ts'
import { SEND_BYTES } from '../protocols/send.ts'
import { megabytes, TRANSFER_METRICS } from './transfer.ts'
import type { Figure } from '../figures.ts'

/** The clock stops when the server has read everything, which it says by its FIN. */
export const upload: Figure = {
  describe: ({ bytes }) => `${megabytes(bytes)} from client to server on one stream, in sends of ${SEND_BYTES / 1024} KiB`,
  expectedBytes: ({ bytes }) => ({ atServer: bytes, atClient: 0 }),
  metrics: TRANSFER_METRICS,
  prepare: async (client, [server], { bytes }) => {
    const stream = await client.dialProtocol(server, PERF_PROTOCOL)

    return async () => ({
      receivedBytes: await requestPerf(stream, { uploadBytes: bytes, downloadBytes: 0 })
    })
  }
}
