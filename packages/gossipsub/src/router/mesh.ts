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

  for (const peer of state.fanout.get(topic) ?? []) {
    if (meshSize(turn, topic) < state.params.D && isCandidate(turn, topic, peer)) {
      graft(turn, topic, peer)
    }
  }

  state.fanout.delete(topic)
  state.lastPublished.delete(topic)
  graftUpTo(turn, topic, state.params.D)
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
    prune(turn, topic, peer, state.params.unsubscribeBackoff)
  }

  state.mesh.delete(topic)
}

/** gossipsub-v1.0.md "Mesh Maintenance". Costs the size of the mesh and of what is drawn, not the number of subscribers. */
export function maintainMesh (turn: Turn, topic: TopicStr): void {
  const { D, Dlo, Dhi, pruneBackoff } = turn.state.params
  const members = turn.state.mesh.get(topic) ?? new Set()

  if (members.size < Dlo) {
    graftUpTo(turn, topic, D)
  }

  if (members.size > Dhi) {
    for (const peer of turn.state.random.sample([...members], members.size - D)) {
      prune(turn, topic, peer, pruneBackoff)
    }
  }
}

/** A peer announced a topic of ours: when the mesh is short, it does not have to wait for the heartbeat. */
export function graftSubscriber (turn: Turn, topic: TopicStr, peer: PeerIdStr): void {
  const isShort = meshSize(turn, topic) < turn.state.params.Dlo

  if (turn.state.mesh.has(topic) && isShort && isCandidate(turn, topic, peer)) {
    graft(turn, topic, peer)
  }
}

/** Take a peer into a mesh that it is not in, whoever asked for it. */
export function addToMesh ({ state, actions }: Turn, topic: TopicStr, peer: PeerIdStr): void {
  state.mesh.get(topic)?.add(peer)
  actions.push({ type: 'reportGraft', peer, topic, isOutbound: isOutbound(state, peer) })
}

/** Harmless when the peer is not in the mesh. */
export function removeFromMesh ({ state, actions }: Turn, topic: TopicStr, peer: PeerIdStr): void {
  if (state.mesh.get(topic)?.delete(peer) === true) {
    actions.push({ type: 'reportPrune', peer, topic, isOutbound: isOutbound(state, peer) })
  }
}

function graftUpTo (turn: Turn, topic: TopicStr, degree: number): void {
  const { subscribers, random } = turn.state
  const missing = degree - meshSize(turn, topic)

  for (const peer of subscribers.sample(topic, missing, random, peer => isCandidate(turn, topic, peer))) {
    graft(turn, topic, peer)
  }
}

function graft (turn: Turn, topic: TopicStr, peer: PeerIdStr): void {
  addToMesh(turn, topic, peer)
  turn.actions.graft(peer, topic)
}

function prune (turn: Turn, topic: TopicStr, peer: PeerIdStr, backoffMs: number): void {
  removeFromMesh(turn, topic, peer)
  turn.state.backoff.start(topic, peer, backoffMs, turn.now)
  turn.actions.prune(peer, topic)
}

/** Whether we may graft the peer: it subscribes, speaks meshsub, is not in the mesh, and its backoff is over. */
function isCandidate ({ state, now }: Turn, topic: TopicStr, peer: PeerIdStr): boolean {
  return state.subscribers.isMeshCapable(topic, peer) &&
    state.mesh.get(topic)?.has(peer) !== true &&
    state.backoff.isOver(topic, peer, now)
}

function meshSize ({ state }: Turn, topic: TopicStr): number {
  return state.mesh.get(topic)?.size ?? 0
}

function isOutbound (state: RouterState, peer: PeerIdStr): boolean {
  return state.peers.get(peer)?.isOutbound ?? false
}
