import { isIPv6 } from 'node:net'
import { identify } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { createLibp2p } from 'libp2p'
import type { Implementation } from './implementation.ts'
import type { Identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import type { Ping } from '@libp2p/ping'

/** Pings of a peer may be this far apart on one stream; the row `keep-alive` is silent for 35 s. */
const PING_TIMEOUT_MS = 120_000

export type Node = Libp2p<{ identify: Identify, ping: Ping }>

/**
 * A node over one transport.
 *
 * @param ip - to listen on; without it the node only dials
 */
export async function startNode ({ transport }: Implementation, ip?: string): Promise<Node> {
  return createLibp2p({
    addresses: { listen: ip == null ? [] : [`/${isIPv6(ip) ? 'ip6' : 'ip4'}/${ip}/udp/0/quic-v1`] },
    transports: [transport],
    services: { identify: identify(), ping: ping({ timeout: PING_TIMEOUT_MS }) },
    // its pings would keep alive a connection that QUIC does not
    connectionMonitor: { enabled: false }
  })
}

/**
 * Where others can reach the node, with its peer id: not loopback, unless it listens on that.
 *
 * @param ip - that it listens on
 * @throws {Error} when there is no such address
 */
export function addressForOthers (node: Node, ip: string): string {
  const addresses = node.getMultiaddrs().map((address) => address.toString())
  const address = isLoopback(ip) ? addresses.at(0) : addresses.find((address) => !isLoopback(address.split('/')[2]))

  if (address == null) {
    throw new Error(`Others can reach none of the addresses: ${addresses.join(', ')}`)
  }

  return address.includes('/p2p/') ? address : `${address}/p2p/${node.peerId.toString()}`
}

function isLoopback (ip: string): boolean {
  return ip === '::1' || ip.startsWith('127.')
}
