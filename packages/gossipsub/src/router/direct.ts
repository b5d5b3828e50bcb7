/** Direct peers (gossipsub-v1.1.md "Explicit Peering Agreements"): never in a mesh, get every message of their topics, are never shut out. */
import { sendPrune } from './mesh.ts'
import { removeFromOverlays } from './peer.ts'
import type { PeerIdStr, TopicStr } from './events.ts'
import type { RouterState, Turn } from './state.ts'

export function addDirectPeer (turn: Turn, peer: PeerIdStr): void {
  const { state } = turn

  state.direct.add(peer)

  for (const [topic, members] of state.mesh) {
    if (members.has(peer)) {
      sendPrune(turn, topic, peer, { backoffMs: state.params.pruneBackoff, withPeers: false })
    }
  }

  removeFromOverlays(turn, peer)
}

/** Those that want the messages of a topic. */
export function directSubscribers ({ direct, subscribers }: RouterState, topic: TopicStr): PeerIdStr[] {
  const all = subscribers.topics.get(topic)

  return direct.size === 0 || all == null ? [] : [...direct].filter(peer => all.has(peer))
}

/** From now on it is a peer like any other. */
export function removeDirectPeer ({ state }: Turn, peer: PeerIdStr): void {
  state.direct.delete(peer)
}
