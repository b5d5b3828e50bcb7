import { createLibp2p } from 'libp2p'
import { contestantEntry } from '../contestants.ts'
import type { ContestantName } from '../contestants.ts'
import type { Libp2p } from '@libp2p/interface'

/**
 * libp2p refuses a sixth connection per second from one host; short rounds dial faster. The same for every contestant.
 */
const INBOUND_CONNECTIONS_PER_SECOND = 10_000

/** More than any figure has; libp2p's limits are 300, and 10 that the server has not upgraded yet when the client is through. */
const MAX_CONNECTIONS = 1_000

export type Role = 'server' | 'client'

/**
 * Starts a contestant's node.
 *
 * @throws {Error} when the contestant is not a libp2p stack
 */
export async function startNode (name: ContestantName, role: Role): Promise<Libp2p> {
  const entry = contestantEntry(name)

  if (entry == null || !('load' in entry)) {
    throw new Error(`${name} is not a libp2p stack`)
  }

  const contestant = await entry.load()

  return createLibp2p({
    ...contestant.options(),
    addresses: { listen: role === 'server' ? [contestant.listen] : [] },
    connectionManager: {
      inboundConnectionThreshold: INBOUND_CONNECTIONS_PER_SECOND,
      maxConnections: MAX_CONNECTIONS,
      maxIncomingPendingConnections: MAX_CONNECTIONS
    }
  })
}
