import { graftSubscriber, removeFromMesh } from './mesh.ts'
import type { TopicStr } from './events.ts'
import type { PeerState } from './peer.ts'
import type { Turn } from './state.ts'
import type { RPC } from '../wire/rpc.ts'

/** A peer announced which topics it subscribes to (pubsub/README.md "The RPC"). */
export function handleSubscriptions (turn: Turn, peer: PeerState, announced: RPC.SubOpts[]): void {
  if (announced.length === 0) {
    return
  }

  const { actions } = turn
  const changes: Array<{ topic: TopicStr, subscribe: boolean }> = []

  for (const [topic, subscribe] of lastOfEachTopic(turn, peer, announced)) {
    const changed = subscribe ? subscribePeer(turn, peer, topic) : unsubscribePeer(turn, peer, topic)

    if (changed) {
      changes.push({ topic, subscribe })
    }
  }

  if (changes.length > 0) {
    actions.push({ type: 'reportSubscriptions', peer: peer.id, subscriptions: changes })
  }
}

/** Within a frame the last word counts, so that a frame that goes back and forth costs no more than its outcome. */
function lastOfEachTopic ({ state, actions }: Turn, peer: PeerState, announced: RPC.SubOpts[]): Map<TopicStr, boolean> {
  const outcome = new Map<TopicStr, boolean>()

  for (const { topic, subscribe } of announced) {
    if (topic == null || topic === '' || topic.length > state.params.maxTopicLength) {
      actions.drop(peer.id, 'invalid-topic')
    } else {
      outcome.set(topic, subscribe === true)
    }
  }

  return outcome
}

function subscribePeer (turn: Turn, peer: PeerState, topic: TopicStr): boolean {
  const { state, actions } = turn

  if (peer.topics.has(topic)) {
    return false
  }
  if (peer.topics.size >= state.params.maxSubscriptionsPerPeer) {
    actions.drop(peer.id, 'too-many-subscriptions')
    return false
  }

  state.subscribers.add(topic, peer)
  graftSubscriber(turn, topic, peer.id)

  return true
}

/** A peer that never announced the topic may still be in the mesh, by a GRAFT. */
function unsubscribePeer (turn: Turn, peer: PeerState, topic: TopicStr): boolean {
  const wasSubscribed = peer.topics.has(topic)

  turn.state.subscribers.delete(topic, peer)
  turn.state.fanout.get(topic)?.delete(peer.id)
  removeFromMesh(turn, topic, peer.id)

  return wasSubscribed
}
