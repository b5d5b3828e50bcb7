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
      fill(turn, topic, members)
    }
  }
}

function fill ({ state }: Turn, topic: TopicStr, members: Set<PeerIdStr>): void {
  const { subscribers, random, params } = state

  for (const peer of subscribers.sample(topic, params.D - members.size, random, peer => !members.has(peer))) {
    members.add(peer)
  }
}
