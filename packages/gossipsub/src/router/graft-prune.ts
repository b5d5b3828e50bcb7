import { addToMesh, removeFromMesh } from './mesh.ts'
import type { TopicStr } from './events.ts'
import type { PeerState } from './peer.ts'
import type { Turn } from './state.ts'
import type { RPC } from '../wire/rpc.ts'

/** A peer took us into its meshes (gossipsub-v1.0.md "Message Processing", GRAFT). It need not have announced the topics. */
export function handleGrafts (turn: Turn, peer: PeerState, grafts: RPC.ControlGraft[]): void {
  for (const topic of distinctTopics(grafts)) {
    handleGraft(turn, peer, topic)
  }
}

/** A peer dropped us from its meshes (gossipsub-v1.0.md "Message Processing", PRUNE). Unknown topics are passed over. */
export function handlePrunes (turn: Turn, peer: PeerState, prunes: RPC.ControlPrune[]): void {
  const { state, now } = turn

  for (const { topicID: topic, backoff } of prunes) {
    if (topic != null && state.mesh.has(topic)) {
      removeFromMesh(turn, topic, peer.id)
      state.backoff.start(topic, peer.id, backoffMs(turn, peer, topic, backoff), now)
    }
  }
}

function handleGraft (turn: Turn, peer: PeerState, topic: TopicStr): void {
  const { state, now, actions } = turn
  const members = state.mesh.get(topic)

  if (members == null) {
    // no PRUNE: an answer would let anybody make us write (gossipsub-v1.1.md "Spam Protection Measures")
    actions.drop(peer.id, 'graft-unknown-topic')
  } else if (!peer.features.mesh) {
    actions.drop(peer.id, 'graft-floodsub')
  } else if (state.backoff.isActive(topic, peer.id, now)) {
    actions.drop(peer.id, 'graft-in-backoff')
    state.backoff.start(topic, peer.id, state.params.pruneBackoff, now)
    actions.prune(peer.id, topic)
  } else if (!members.has(peer.id)) {
    // it is in the mesh already when both grafted each other at the same time
    addToMesh(turn, topic, peer.id)
  }
}

function distinctTopics (grafts: RPC.ControlGraft[]): Set<TopicStr> {
  const topics = new Set<TopicStr>()

  for (const { topicID: topic } of grafts) {
    if (topic != null) {
      topics.add(topic)
    }
  }

  return topics
}

/**
 * What the PRUNE says, in seconds. Version 1.0 says nothing: then it is a LEAVE, with its shorter backoff, when the peer
 * unsubscribed as well (it announces that first).
 */
function backoffMs ({ state }: Turn, peer: PeerState, topic: TopicStr, backoffSeconds?: number): number {
  if (backoffSeconds != null && backoffSeconds > 0) {
    return backoffSeconds * 1_000
  }

  return peer.topics.has(topic) ? state.params.pruneBackoff : state.params.unsubscribeBackoff
}
