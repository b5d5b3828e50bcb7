/** What the parent and a node's process say to each other. */

/** Down, to a node. */
export type Command =
  /** Create the libp2p node and join the topic. Answered by `listening`. */
  | { type: 'start', topic: string, maxPeers: number }
  /** Stay connected to these peers; each is given by its multiaddrs. */
  | { type: 'dial', peers: string[][] }
  /** Publish one line. Answered by `publishFailed` or not at all. */
  | { type: 'publish', seq: number, line: Uint8Array }
  /** Stop the node and exit. */
  | { type: 'stop' }

/** Up, from a node. */
export type Report =
  | { type: 'listening', peerId: string, addresses: string[] }
  /** Sent when something in it has changed, a few times a second at most. */
  | { type: 'status' } & NodeStatus
  /** Messages that arrived since the last report, in three columns. */
  | { type: 'delivered', seqs: number[], digests: number[], latenciesMs: number[] }
  | { type: 'publishFailed', seq: number, reason: string }
  /** The node cannot go on; it exits. */
  | { type: 'failed', reason: string }

export interface NodeStatus {
  /** Connected peers that speak gossipsub. */
  peers: number
  /** Peers in the mesh of the topic. */
  meshDegree: number
  /** Copies of messages that had been seen before. */
  duplicates: number
  /** Messages on the topic that none of the nodes can have sent. */
  malformed: number
  /** Why the last dial failed, if it did. */
  dialError?: string
}
