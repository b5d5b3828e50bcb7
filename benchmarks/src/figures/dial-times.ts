import type { Connection, Libp2p } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/**
 * So many connections to one node, one dial after the other: libp2p takes a dial to a peer for one that is on its way.
 */
export async function dialTimes (client: Libp2p, server: Multiaddr, count: number): Promise<Connection[]> {
  const connections: Connection[] = []

  for (let i = 0; i < count; i++) {
    connections.push(await client.dial(server, { force: true }))
  }

  return connections
}
