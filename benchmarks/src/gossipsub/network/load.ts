import { MESSAGE_BYTES, TOPIC } from '../frames.ts'
import { ID_BYTES, MESH } from '../pubsub-options.ts'
import type { NodeVerbs } from './node-process.ts'

/** The default of all contestants. */
const HEARTBEAT_MS = 1_000

/** As libp2p's suites call them. */
export type TransportName = 'quic-v1' | 'tcp'

/** Of interop's program `gossip-load`: of `@quicmesh/interop` its `peers/README.md` has the contract. */
export interface LoadVerbs extends Omit<NodeVerbs, 'start'> {
  start: { argument: LoadInit, result: string[] }
}

/** What its nodes are configured with: as ours are. */
export interface LoadInit {
  transport: TransportName
  count: number
  topic: string
  messageBytes: number
  idBytes: number
  mesh: typeof MESH
  heartbeatMs: number
  floodPublish: boolean
}

export function loadInit (transport: TransportName, count: number): LoadInit {
  return {
    transport,
    count,
    topic: TOPIC,
    messageBytes: MESSAGE_BYTES,
    idBytes: ID_BYTES,
    mesh: MESH,
    heartbeatMs: HEARTBEAT_MS,
    // the default of ours and of its rival
    floodPublish: true
  }
}
