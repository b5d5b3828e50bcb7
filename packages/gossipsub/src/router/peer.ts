import { graftSubscriber, removeFromMesh } from './mesh.ts'
import { Unwanted } from './unwanted.ts'
import type { PeerFeatures, PeerIdStr, PeerOrigin, TopicStr } from './events.ts'
import type { Turn } from './state.ts'

/** What we know of one peer, while it is connected. */
export class PeerState {
  readonly id: PeerIdStr
  features: PeerFeatures
  isOutbound = false
  /** False while there is no stream to it, nor will be soon. */
  isWritable = true
  /** The topics that it announced. At most `maxSubscriptionsPerPeer`. */
  readonly topics = new Set<TopicStr>()
  /** The messages that it does not want. */
  readonly unwanted = new Unwanted()
  /** Frames with IHAVE that it sent since the last heartbeat. */
  ihaveCount = 0
  /** Ids that it offered in IHAVE since the last heartbeat. */
  idsOffered = 0
  /** Ids that we asked it for since the last heartbeat. */
  idsAsked = 0
  /** Ids that it asked us for since the last heartbeat. */
  idsLookedUp = 0
  /** Its score when it was last computed for its frames, and when that was. */
  recentScore = 0
  scoredAt = -Infinity

  constructor (id: PeerIdStr, features: PeerFeatures) {
    this.id = id
    this.features = features
  }

  startHeartbeat (idontwantTtl: number): void {
    this.ihaveCount = 0
    this.idsOffered = 0
    this.idsAsked = 0
    this.idsLookedUp = 0
    this.unwanted.shift(idontwantTtl)
  }
}

/**
 * Greet a peer with our subscriptions (gossipsub-v1.0.md "Ambient Peer Discovery"). One that is known had its stream
 * re-opened: it keeps its topics and, when it still may have them, its places in our meshes.
 */
export function connectPeer (turn: Turn, id: PeerIdStr, features: PeerFeatures, origin: PeerOrigin): void {
  const { state, now, actions } = turn
  const peer = state.peers.get(id) ?? new PeerState(id, features)
  const isBack = !peer.isWritable

  if (!state.peers.has(id)) {
    state.peers.set(id, peer)
    state.scores.addPeer(id, origin.ips, now)

    if (state.scoresRefreshedAt === -Infinity) {
      // there was nothing to decay before
      state.scoresRefreshedAt = now
    }
  }

  changeFeatures(turn, peer, features)
  movePeer(turn, id, origin)

  for (const topic of state.subscriptions) {
    actions.announce(id, topic, true)
  }

  for (const [topic, members] of state.mesh) {
    // a GRAFT may have gone down with the old stream; one too many is harmless
    if (members.has(id)) {
      actions.graft(id, topic)
    } else if (isBack) {
      graftSubscriber(turn, topic, id)
    }
  }
}

/** It has other connections than before. */
export function movePeer ({ state }: Turn, id: PeerIdStr, { isOutbound, ips }: PeerOrigin): void {
  const peer = state.peers.get(id)

  if (peer != null) {
    peer.isOutbound = isOutbound
    state.scores.setAddresses(id, ips)
  }
}

export function disconnectPeer (turn: Turn, id: PeerIdStr): void {
  const { state, now } = turn
  const peer = state.peers.get(id)

  if (peer == null) {
    return
  }

  for (const topic of peer.topics) {
    state.subscribers.delete(topic, peer)
  }

  // first: whether its score is kept depends on what it had while it was in our meshes
  state.scores.removePeer(id, now)
  removeFromOverlays(turn, id)
  state.peers.delete(id)
  state.choosy.delete(id)
}

/** Leave all meshes and fanouts; subscriptions stay. */
export function removeFromOverlays (turn: Turn, id: PeerIdStr): void {
  for (const topic of turn.state.mesh.keys()) {
    removeFromMesh(turn, topic, id)
  }
  for (const members of turn.state.fanout.values()) {
    members.delete(id)
  }
}

/** It keeps its topics and its score, and is in nobody's way. */
export function loseWritability (turn: Turn, id: PeerIdStr): void {
  const peer = turn.state.peers.get(id)

  if (peer != null) {
    change(turn, peer, () => { peer.isWritable = false })
    removeFromOverlays(turn, id)
  }
}

function changeFeatures (turn: Turn, peer: PeerState, features: PeerFeatures): void {
  change(turn, peer, () => {
    peer.features = features
    peer.isWritable = true
  })

  if (!features.mesh) {
    removeFromOverlays(turn, peer.id)
  }
}

/** What it may be chosen for by its topics follows from what it can do. */
function change ({ state: { subscribers } }: Turn, peer: PeerState, apply: () => void): void {
  const topics = [...peer.topics]

  topics.forEach(topic => { subscribers.delete(topic, peer) })
  apply()
  topics.forEach(topic => { subscribers.add(topic, peer) })
}
