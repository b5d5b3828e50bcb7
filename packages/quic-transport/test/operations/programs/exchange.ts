/**
 * Two nodes that talk over one connection, then end.
 */

import { createLibp2p } from 'libp2p'
import { quic } from '../../../src/index.ts'

const options: Record<string, unknown> = JSON.parse(process.argv[2])

const listener = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/udp/0/quic-v1'] },
  connectionMonitor: { enabled: false },
  transports: [quic(options)]
})
const dialer = await createLibp2p({
  connectionGater: { denyDialMultiaddr: () => false },
  connectionMonitor: { enabled: false },
  transports: [quic(options)]
})
await listener.handle('/shout/1.0.0', async (stream) => { await stream.close() })
const stream = await dialer.dialProtocol(listener.getMultiaddrs(), '/shout/1.0.0')
await stream.close()
await Promise.all([dialer.stop(), listener.stop()])
process.send?.({ done: true })
