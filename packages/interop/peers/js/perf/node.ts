import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { loadImplementation } from '../transport/implementation.ts'
import type { TransportName } from './arguments.ts'
import type { Libp2p } from '@libp2p/interface'

/** libp2p refuses a sixth connection per second from one host; clients that run one after the other come faster. */
const INBOUND_CONNECTIONS_PER_SECOND = 10_000

/**
 * A node with what these transports need and no services beside.
 *
 * @param listen - multiaddrs
 */
export async function startNode (transports: TransportName[], listen: string[] = []): Promise<Libp2p> {
  const isTcp = transports.includes('tcp')
  const isQuic = transports.includes('quic-v1')

  return createLibp2p({
    addresses: { listen },
    transports: [
      ...(isTcp ? [tcp()] : []),
      ...(isQuic ? [await quicTransport()] : [])
    ],
    // QUIC brings its own of both
    connectionEncrypters: isTcp ? [noise()] : [],
    streamMuxers: isTcp ? [yamux()] : [],
    connectionManager: { inboundConnectionThreshold: INBOUND_CONNECTIONS_PER_SECOND },
    // its pings would be traffic beside what is measured
    connectionMonitor: { enabled: false }
  })
}

async function quicTransport (): Promise<Awaited<ReturnType<typeof loadImplementation>>['transport']> {
  const { IMPLEMENTATION, QLOG_DIR, KEYLOG_FILE } = process.env
  const { transport } = await loadImplementation({
    implementation: IMPLEMENTATION ?? 'quicmesh',
    qlogDirectory: QLOG_DIR,
    keyLogFile: KEYLOG_FILE
  })

  return transport
}
