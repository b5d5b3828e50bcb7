import type { PeerIdStr, TopicStr } from './events.ts'
import type { PeerState } from './peer.ts'
import type { TopicScoreParams } from './score/params.ts'
import type { Turn } from './state.ts'

/** For how long a score serves to judge frames: a flood must not make us compute it for each. */
const FRESH_MS = 100

/** Most decays made up for at once: after such a gap little is left of any counter. */
const MAX_MISSED_DECAYS = 100

/** The score as it is now, for decisions that a peer's control message or a heartbeat asks for. */
export function scoreOf ({ state }: Turn, peer: PeerIdStr): number {
  return state.scores.score(peer)
}

/** Whether nothing but subscriptions is taken from the peer (gossipsub-v1.1.md "Score Thresholds", graylist). */
export function isGraylisted (turn: Turn, peer: PeerState): boolean {
  const { state, now } = turn

  if (now - peer.scoredAt >= FRESH_MS) {
    peer.recentScore = scoreOf(turn, peer.id)
    peer.scoredAt = now
  }

  return peer.recentScore < state.thresholds.graylistThreshold && !state.direct.has(peer.id)
}

/** A message of the peer broke the rules of its topic (gossipsub-v1.1.md "Score Function", P4). */
export function punishInvalid ({ state }: Turn, peer: PeerIdStr, topic: TopicStr): void {
  state.scores.onInvalidMessage(peer, topic)
  expireRecentScore(state.peers.get(peer))
}

/** gossipsub-v1.1.md "Score Function", P7. */
export function punishBehaviour ({ state }: Turn, peer: PeerIdStr, count: number): void {
  state.scores.addPenalty(peer, count)
  expireRecentScore(state.peers.get(peer))
}

/** It does not read what we send. */
export function punishSlowness ({ state }: Turn, peer: PeerIdStr, count: number): void {
  state.scores.addSlowPenalty(peer, count)
}

/** The application changed its mind on how a topic is scored. */
export function scoreTopic ({ state }: Turn, topic: TopicStr, params: TopicScoreParams): void {
  state.scores.setTopicParams(topic, params)
  state.deliveries.windowMs = state.scores.deliveriesWindowMs
}

/** Counters decay in steps of `decayInterval`, however far apart heartbeats are. */
export function refreshScores ({ state, now }: Turn): void {
  const { decayInterval } = state.scoreParams

  if (state.scoresRefreshedAt === -Infinity || !(decayInterval > 0)) {
    return
  }

  const due = Math.floor((now - state.scoresRefreshedAt) / decayInterval)

  for (let i = 0; i < Math.min(due, MAX_MISSED_DECAYS); i++) {
    state.scores.refresh(now)
  }

  state.scoresRefreshedAt += due * decayInterval
}

function expireRecentScore (peer: PeerState | undefined): void {
  if (peer != null) {
    peer.scoredAt = -Infinity
  }
}
