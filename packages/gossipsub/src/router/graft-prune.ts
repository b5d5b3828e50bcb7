import { addToMesh, isOutbound, removeFromMesh, sendPrune } from './mesh.ts'
import { punishBehaviour, scoreOf } from './scoring.ts'
import { meshParamsOf } from './state.ts'
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

  for (const { topicID: topic, backoff, peers } of prunes) {
    if (topic != null && state.mesh.has(topic)) {
      removeFromMesh(turn, topic, peer.id)
      state.backoff.start(topic, peer.id, backoffMs(turn, peer, topic, backoff), now)
      exchangePeers(turn, peer, peers)
    }
  }
}

function handleGraft (turn: Turn, peer: PeerState, topic: TopicStr): void {
  const { state, now, actions } = turn
  const members = state.mesh.get(topic)

  if (members == null) {
    // no PRUNE: an answer would let anybody make us write (gossipsub-v1.1.md "Spam Protection Measures")
    actions.drop(peer.id, 'graft-unknown-topic')
  } else if (members.has(peer.id)) {
    // when both grafted each other at the same time
  } else if (!peer.features.mesh) {
    actions.drop(peer.id, 'graft-floodsub')
  } else if (!peer.isWritable) {
    actions.drop(peer.id, 'graft-unwritable')
  } else if (state.direct.has(peer.id)) {
    refuseGraft(turn, peer, topic, 'graft-direct')
  } else if (state.backoff.isActive(topic, peer.id, now)) {
    punishGraftInBackoff(turn, peer, topic)
    refuseGraft(turn, peer, topic, 'graft-in-backoff')
  } else if (scoreOf(turn, peer.id) < 0) {
    refuseGraft(turn, peer, topic, 'graft-low-score')
  } else if (members.size >= meshParamsOf(state, topic).Dhi && !isOutbound(state, peer.id)) {
    refuseGraft(turn, peer, topic, 'graft-full-mesh')
  } else {
    addToMesh(turn, topic, peer.id, true)
  }
}

type GraftRefusal = 'graft-direct' | 'graft-in-backoff' | 'graft-low-score' | 'graft-full-mesh'

/** With a PRUNE, and so a backoff. Only a peer that did nothing wrong is told of others. */
function refuseGraft (turn: Turn, peer: PeerState, topic: TopicStr, reason: GraftRefusal): void {
  const { doPX, params } = turn.state

  turn.actions.drop(peer.id, reason)
  sendPrune(turn, topic, peer.id, { backoffMs: params.pruneBackoff, withPeers: doPX && reason === 'graft-full-mesh' })
}

/** Twice when it is a flood (gossipsub-v1.1.md "Spam Protection Measures", GRAFT Spam). */
function punishGraftInBackoff (turn: Turn, peer: PeerState, topic: TopicStr): void {
  const { state, now, actions } = turn
  const { graftFloodThreshold, pruneBackoff } = state.params
  const prunedAt = state.backoff.expiry(topic, peer.id) - pruneBackoff
  const count = now < prunedAt + graftFloodThreshold ? 2 : 1

  punishBehaviour(turn, peer.id, count)
  actions.penalty(peer.id, 'graft-in-backoff', count)
}

/** gossipsub-v1.1.md "Peer Exchange": only at the word of a peer of high score. */
function exchangePeers ({ state, actions }: Turn, peer: PeerState, peers: RPC.PeerInfo[]): void {
  if (peers.length === 0) {
    return
  }

  if (state.scores.score(peer.id) < state.thresholds.acceptPXThreshold) {
    actions.drop(peer.id, 'low-score-px')
  } else if (state.params.prunePeers > 0) {
    actions.push({ type: 'connectPeers', source: peer.id, peers: state.random.sample(peers, state.params.prunePeers) })
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
