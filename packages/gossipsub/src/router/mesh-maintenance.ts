/** What a heartbeat does to one mesh: gossipsub-v1.0.md "Mesh Maintenance", with the additions of gossipsub-v1.1.md. */
import { graftRandom, isOutbound, removeFromMesh, sendPrune } from './mesh.ts'
import { scoreOf } from './scoring.ts'
import { meshParamsOf } from './state.ts'
import type { PeerIdStr, TopicStr } from './events.ts'
import type { Turn } from './state.ts'

/** Costs the size of the mesh and of what is drawn, not the number of subscribers. */
export function maintainMesh (turn: Turn, topic: TopicStr): void {
  const members = turn.state.mesh.get(topic) ?? new Set()
  const scores = new Map<PeerIdStr, number>()

  for (const peer of members) {
    scores.set(peer, scoreOf(turn, peer))
  }

  dropBadPeers(turn, topic, scores)
  fillUp(turn, topic, members.size)
  cutDown(turn, topic, [...members], scores)
  keepOutboundQuota(turn, topic, members)
  graftOpportunistically(turn, topic, members)
}

/** Peers of negative score go, and are told of no others (gossipsub-v1.1.md "Peer Scoring"). */
function dropBadPeers (turn: Turn, topic: TopicStr, scores: ReadonlyMap<PeerIdStr, number>): void {
  for (const [peer, score] of scores) {
    if (score < 0) {
      removeFromMesh(turn, topic, peer)
      sendPrune(turn, topic, peer, { backoffMs: turn.state.params.pruneBackoff, withPeers: false })
    }
  }
}

function fillUp (turn: Turn, topic: TopicStr, size: number): void {
  const { D, Dlo } = meshParamsOf(turn.state, topic)

  if (size < Dlo) {
    graftRandom(turn, topic, D - size)
  }
}

/** Too many: the Dscore best stay, then random ones, among them Dout outbound ones (gossipsub-v1.1.md "Overlay Parameters"). */
function cutDown (turn: Turn, topic: TopicStr, members: PeerIdStr[], scores: ReadonlyMap<PeerIdStr, number>): void {
  const { state } = turn
  const { D, Dhi, Dscore, Dout } = meshParamsOf(state, topic)

  if (members.length <= Dhi) {
    return
  }

  // shuffled first, so that equal scores leave it to chance
  const ranked = state.random.sample(members, members.length).sort((a, b) => (scores.get(b) ?? 0) - (scores.get(a) ?? 0))
  const rest = state.random.shuffle(ranked.splice(Dscore))
  const kept = ranked.concat(rest.splice(0, D - Dscore))

  // outbound peers of the rest take the places of the last inbound ones
  let missing = Dout - kept.filter(peer => isOutbound(state, peer)).length
  const spare = rest.filter(peer => isOutbound(state, peer))

  for (let i = kept.length - 1; i >= 0 && missing > 0 && spare.length > 0; i--) {
    if (!isOutbound(state, kept[i])) {
      kept.splice(i, 1, ...spare.splice(0, 1))
      missing--
    }
  }

  const isKept = new Set(kept)

  for (const peer of members.filter(peer => !isKept.has(peer))) {
    removeFromMesh(turn, topic, peer)
    sendPrune(turn, topic, peer, { backoffMs: state.params.pruneBackoff, withPeers: state.doPX })
  }
}

/** gossipsub-v1.1.md "Outbound Mesh Quotas". */
function keepOutboundQuota (turn: Turn, topic: TopicStr, members: ReadonlySet<PeerIdStr>): void {
  const { state } = turn
  const { Dlo, Dout } = meshParamsOf(state, topic)

  if (members.size < Dlo) {
    return
  }

  let missing = Dout

  for (const peer of members) {
    missing -= isOutbound(state, peer) ? 1 : 0
  }

  if (missing > 0) {
    graftRandom(turn, topic, missing, peer => isOutbound(state, peer))
  }
}

/** A mesh of low median score looks for better peers (gossipsub-v1.1.md "Opportunistic Grafting"). */
function graftOpportunistically (turn: Turn, topic: TopicStr, members: ReadonlySet<PeerIdStr>): void {
  const { state } = turn
  const { opportunisticGraftTicks, opportunisticGraftPeers } = state.params

  if (state.ticks % opportunisticGraftTicks !== 0 || members.size <= 1) {
    return
  }

  const scores = [...members].map(peer => scoreOf(turn, peer)).sort((a, b) => a - b)
  const median = scores[Math.floor(scores.length / 2)]

  if (median < state.thresholds.opportunisticGraftThreshold) {
    graftRandom(turn, topic, opportunisticGraftPeers, peer => scoreOf(turn, peer) > median)
  }
}
