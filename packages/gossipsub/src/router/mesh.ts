import { scoreOf } from './scoring.ts'
import { meshParamsOf } from './state.ts'
import type { PeerIdStr, TopicStr } from './events.ts'
import type { RouterState, Turn } from './state.ts'

/** JOIN (gossipsub-v1.0.md "Topic Membership"): fanout peers first, then random subscribers, up to D. */
export function join (turn: Turn, topic: TopicStr): void {
  const { state, actions } = turn

  if (state.subscriptions.has(topic)) {
    return
  }

  state.subscriptions.add(topic)
  state.mesh.set(topic, new Set())

  for (const peer of state.peers.keys()) {
    actions.announce(peer, topic, true)
  }

  const { D } = meshParamsOf(state, topic)

  for (const peer of state.fanout.get(topic) ?? []) {
    if (meshSize(turn, topic) < D && isCandidate(turn, topic, peer)) {
      graft(turn, topic, peer)
    }
  }

  state.fanout.delete(topic)
  state.lastPublished.delete(topic)
  graftRandom(turn, topic, D - meshSize(turn, topic))
}

/** LEAVE (gossipsub-v1.0.md "Topic Membership"). The backoff binds ourselves when we join again soon. */
export function leave (turn: Turn, topic: TopicStr): void {
  const { state, actions } = turn

  if (!state.subscriptions.delete(topic)) {
    return
  }

  for (const peer of state.peers.keys()) {
    actions.announce(peer, topic, false)
  }
  for (const peer of state.mesh.get(topic) ?? []) {
    removeFromMesh(turn, topic, peer)
    // version 1.0 cannot be told of the shorter backoff, so such a peer counts the longer one
    const isToldBackoff = state.peers.get(peer)?.features.px === true
    sendPrune(turn, topic, peer, { backoffMs: isToldBackoff ? state.params.unsubscribeBackoff : state.params.pruneBackoff, withPeers: state.doPX })
  }

  state.mesh.delete(topic)
}

/** A peer announced a topic of ours: when the mesh is short, it does not have to wait for the heartbeat. */
export function graftSubscriber (turn: Turn, topic: TopicStr, peer: PeerIdStr): void {
  const isShort = meshSize(turn, topic) < meshParamsOf(turn.state, topic).Dlo

  if (turn.state.mesh.has(topic) && isShort && isCandidate(turn, topic, peer)) {
    graft(turn, topic, peer)
  }
}

/** GRAFT up to `count` random subscribers that are candidates, and wanted. */
export function graftRandom (turn: Turn, topic: TopicStr, count: number, isWanted: (peer: PeerIdStr) => boolean = () => true): void {
  const { subscribers, random } = turn.state

  for (const peer of subscribers.sample(topic, count, random, peer => isWanted(peer) && isCandidate(turn, topic, peer))) {
    graft(turn, topic, peer)
  }
}

/** Take a peer into a mesh that it is not in, by its GRAFT or by ours. */
export function addToMesh ({ state, now, actions }: Turn, topic: TopicStr, peer: PeerIdStr, isByPeer: boolean): void {
  state.mesh.get(topic)?.add(peer)
  state.scores.onGraft(peer, topic, now)
  actions.push({ type: 'reportGraft', peer, topic, isOutbound: isOutbound(state, peer), isByPeer })
}

/** Harmless when the peer is not in the mesh. */
export function removeFromMesh ({ state, now, actions }: Turn, topic: TopicStr, peer: PeerIdStr): void {
  if (state.mesh.get(topic)?.delete(peer) === true) {
    state.scores.onPrune(peer, topic, now)
    actions.push({ type: 'reportPrune', peer, topic, isOutbound: isOutbound(state, peer) })
  }
}

export interface PruneOptions {
  backoffMs: number
  /** Name other peers of the topic. */
  withPeers: boolean
}

/** Tell a peer that it is out of the mesh, and hold both sides to the backoff (gossipsub-v1.1.md "Prune Backoff and Peer Exchange"). */
export function sendPrune (turn: Turn, topic: TopicStr, peer: PeerIdStr, { backoffMs, withPeers }: PruneOptions): void {
  const { state, now, actions } = turn

  state.backoff.start(topic, peer, backoffMs, now)

  if (state.peers.get(peer)?.features.px === true) {
    actions.prune(peer, { topic, backoffMs, peers: withPeers ? exchangedPeers(turn, topic, peer) : [] })
  } else {
    actions.prune(peer, { topic, peers: [] })
  }
}

export function isOutbound (state: RouterState, peer: PeerIdStr): boolean {
  return state.peers.get(peer)?.isOutbound ?? false
}

function graft (turn: Turn, topic: TopicStr, peer: PeerIdStr): void {
  addToMesh(turn, topic, peer, false)
  turn.actions.graft(peer, topic)
}

/**
 * Whether we may graft the peer: it subscribes, speaks meshsub, is not in the mesh, is no direct peer, its backoff is over and its
 * score not negative.
 */
function isCandidate (turn: Turn, topic: TopicStr, peer: PeerIdStr): boolean {
  const { state, now } = turn

  return state.subscribers.isMeshCapable(topic, peer) &&
    state.mesh.get(topic)?.has(peer) !== true &&
    !state.direct.has(peer) &&
    state.backoff.isOver(topic, peer, now) &&
    scoreOf(turn, peer) >= 0
}

/** Random subscribers of good standing. */
function exchangedPeers (turn: Turn, topic: TopicStr, except: PeerIdStr): PeerIdStr[] {
  const { subscribers, random, params } = turn.state

  return subscribers.sample(topic, params.prunePeers, random, peer => peer !== except && scoreOf(turn, peer) >= 0)
}

function meshSize ({ state }: Turn, topic: TopicStr): number {
  return state.mesh.get(topic)?.size ?? 0
}
