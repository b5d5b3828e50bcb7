import { scoreOf } from './scoring.ts'
import { meshParamsOf } from './state.ts'
import type { PeerIdStr, TopicStr } from './events.ts'
import type { Turn } from './state.ts'

/** The peers for a publish to a topic that we did not join, remembered for the next one. */
export function fanoutFor (turn: Turn, topic: TopicStr): ReadonlySet<PeerIdStr> {
  const { state, now } = turn
  let members = state.fanout.get(topic)

  if (members == null) {
    members = new Set()
    state.fanout.set(topic, members)
  }

  state.lastPublished.set(topic, now)
  fill(turn, topic, members)

  return members
}

/** gossipsub-v1.0.md "Fanout Maintenance". */
export function maintainFanout (turn: Turn): void {
  const { state, now } = turn

  for (const [topic, members] of state.fanout) {
    const idleMs = now - (state.lastPublished.get(topic) ?? -Infinity)

    if (idleMs > state.params.fanoutTTL) {
      state.fanout.delete(topic)
      state.lastPublished.delete(topic)
    } else {
      dropBadPeers(turn, members)
      fill(turn, topic, members)
    }
  }
}

/** gossipsub-v1.1.md "Score Thresholds", publishThreshold. */
function dropBadPeers (turn: Turn, members: Set<PeerIdStr>): void {
  for (const peer of members) {
    if (scoreOf(turn, peer) < turn.state.thresholds.publishThreshold) {
      members.delete(peer)
    }
  }
}

function fill (turn: Turn, topic: TopicStr, members: Set<PeerIdStr>): void {
  const { subscribers, random, direct, thresholds } = turn.state
  const missing = meshParamsOf(turn.state, topic).D - members.size
  const isEligible = (peer: PeerIdStr): boolean =>
    !members.has(peer) && !direct.has(peer) && scoreOf(turn, peer) >= thresholds.publishThreshold

  for (const peer of subscribers.sample(topic, missing, random, isEligible)) {
    members.add(peer)
  }
}
