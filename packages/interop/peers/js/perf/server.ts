import { toMultiaddr } from './arguments.ts'
import { startNode } from './node.ts'
import { PERF_PROTOCOL, servePerf } from './protocol.ts'
import type { ServerArguments } from './arguments.ts'
import type { Libp2p } from '@libp2p/interface'

/** Requests of one connection at a time. */
const MAX_STREAMS = 256

/** Listens on every transport, at the same port, and serves whoever comes. A request that fails harms its stream alone. */
export async function startServer ({ address, transports }: ServerArguments): Promise<Libp2p> {
  const node = await startNode(transports, transports.map((transport) => toMultiaddr(address, transport)))

  await node.handle(PERF_PROTOCOL, async (stream) => {
    await servePerf(stream, (uploadBytes, downloadBytes) => {
      console.error(`${uploadBytes} bytes came, ${downloadBytes} are to go`)
    }).catch((err) => {
      console.error(`${PERF_PROTOCOL} - ${err}`)
      stream.abort(err)
    })
  }, { maxInboundStreams: MAX_STREAMS })

  return node
}
