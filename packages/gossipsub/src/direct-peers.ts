import type { PeerIdStr } from './router/events.ts'

export interface DirectPeersInit {
  /** Members from the beginning: nobody is told of them. */
  peers?: Iterable<PeerIdStr>
  /** A peer became a member. */
  onAdd(peer: PeerIdStr): void
  /** A member is no longer one. */
  onDelete(peer: PeerIdStr): void
}

/**
 * The direct peers (gossipsub-v1.1.md "Explicit Peering Agreements"), as a set that applications change at any time: each change is
 * told when it is made. It is a `Set` in every other respect, and has no bound: its members are the application's choice.
 */
export class DirectPeers extends Set<PeerIdStr> {
  readonly #onAdd: (peer: PeerIdStr) => void
  readonly #onDelete: (peer: PeerIdStr) => void

  constructor ({ peers = [], onAdd, onDelete }: DirectPeersInit) {
    // a Set that is given its members calls `add` before there are fields
    super()
    this.#onAdd = onAdd
    this.#onDelete = onDelete

    for (const peer of peers) {
      super.add(peer)
    }
  }

  add (peer: PeerIdStr): this {
    if (!this.has(peer)) {
      super.add(peer)
      this.#onAdd(peer)
    }

    return this
  }

  delete (peer: PeerIdStr): boolean {
    const wasMember = super.delete(peer)

    if (wasMember) {
      this.#onDelete(peer)
    }

    return wasMember
  }

  clear (): void {
    const members = [...this]
    super.clear()
    members.forEach(peer => { this.#onDelete(peer) })
  }
}
