/**
 * A libp2p node on the loopback until it is killed. It says where it listens, or that it has a connection to where it was told
 * to dial.
 */

import { privateKeyFromProtobuf } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { quic } from '../../../src/index.ts'

export interface NodeArgument {
  /** Protobuf in hex. */
  privateKey: string
  /** 0: of the system's choice. */
  port: number
  options: Record<string, unknown>
  /** A node that serves `PROTOCOL`. */
  dial?: string
}

/** Answers nothing, and closes its side when the other side is closed. */
const PROTOCOL = '/answer/1.0.0'

const { privateKey, port, options, dial }: NodeArgument = JSON.parse(process.argv[2])

const node = await createLibp2p({
  privateKey: privateKeyFromProtobuf(Buffer.from(privateKey, 'hex')),
  addresses: { listen: [`/ip4/127.0.0.1/udp/${port}/quic-v1`] },
  connectionGater: { denyDialMultiaddr: () => false },
  connectionMonitor: { enabled: false },
  transports: [quic(options)]
})
await node.handle(PROTOCOL, async (stream) => { await stream.close() })

if (dial != null) {
  await node.dialProtocol(multiaddr(dial), PROTOCOL)
}

process.send?.({ addresses: node.getMultiaddrs().map(String) })
