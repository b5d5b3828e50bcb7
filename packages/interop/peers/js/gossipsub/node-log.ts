/** What the checks read: lines of JSON on standard output. Everything for people goes to standard error. */
export class NodeLog {
  readonly #write: (line: string) => void
  readonly #now: () => Date

  constructor (write: (line: string) => void, now: () => Date = () => new Date()) {
    this.#write = write
    this.#now = now
  }

  peerId (id: string, nodeId: number): void {
    this.#line('PeerID', { id, node_id: nodeId })
  }

  /** For each arrival, copies too. `from` is who sent it to us, if that is known. */
  received (id: string, topic: string, from?: string): void {
    this.#line('Received Message', { service: 'gossipsub', from, topic, id })
  }

  /** Not of libp2p's contract: what was negotiated, for the meshes of mixed versions. */
  peerProtocol (peer: string, protocol: string): void {
    this.#line('Peer Protocol', { service: 'gossipsub', id: peer, protocol })
  }

  #line (msg: string, fields: Record<string, string | number | undefined>): void {
    this.#write(`${JSON.stringify({ time: this.#now().toISOString(), level: 'INFO', msg, ...fields })}\n`)
  }
}
