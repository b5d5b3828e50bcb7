import type { PeerIdStr, TopicStr } from './names.ts'
import type { PeerStats } from './peer-stats.ts'
import type { TopicComponents, TopicStats } from './topic-stats.ts'

/** The counters of one topic, as `dumpPeerScoreStats()` of `@libp2p/gossipsub` gives them. */
export interface TopicStatsDump {
  inMesh: boolean
  /** When the peer was grafted last, in the clock of the router, ms. Only valid in the mesh. */
  graftTime: number
  /** As of the last refresh, ms. */
  meshTime: number
  firstMessageDeliveries: number
  meshMessageDeliveries: number
  meshMessageDeliveriesActive: boolean
  meshFailurePenalty: number
  invalidMessageDeliveries: number
}

/** What is counted for one peer: data only, so it can be cloned to another thread. */
export interface PeerStatsDump {
  connected: boolean
  /** When the stats of a peer that left are forgotten, in the clock of the router, ms; 0 while it is connected. */
  expire: number
  topics: Record<TopicStr, TopicStatsDump>
  knownIPs: Set<string>
  behaviourPenalty: number
  /** Ours alone. */
  slowPeerPenalty: number
}

export type PeerScoreStatsDump = Record<PeerIdStr, PeerStatsDump>

/** How the score of a topic comes about. The first four are those of go's TopicScoreSnapshot. */
export interface TopicScoreSnapshot {
  /** ms; 0 outside of the mesh. */
  timeInMesh: number
  firstMessageDeliveries: number
  meshMessageDeliveries: number
  invalidMessageDeliveries: number
  meshFailurePenalty: number
  /** P1 to P4, each times its weight, before `topicWeight`. */
  weighted: TopicComponents
  /** What the topic adds to the score. */
  score: number
}

/** How a score comes about. The first five are those of go's PeerScoreSnapshot. */
export interface PeerScoreSnapshot {
  score: number
  topics: Record<TopicStr, TopicScoreSnapshot>
  appSpecificScore: number
  IPColocationFactor: number
  behaviourPenalty: number
  slowPeerPenalty: number
  connected: boolean
  /** What each component adds to the score: they add up to it. */
  weighted: PeerComponents
}

/** What each component adds to a score. */
export interface PeerComponents {
  /** P1 to P4 of all topics, at most `topicScoreCap`. */
  topics: number
  p5: number
  p6: number
  p7: number
  slowPeer: number
}

export function dumpPeerStats (stats: PeerStats): PeerStatsDump {
  const { connected, expire, addresses, behaviourPenalty, slowPeerPenalty, topics } = stats

  return {
    connected,
    expire,
    topics: mapTopics(topics, dumpTopicStats),
    knownIPs: new Set(addresses.ips),
    behaviourPenalty,
    slowPeerPenalty
  }
}

/** Of all topics by name. A topic may have any name, `__proto__` too. */
export function mapTopics <T> (topics: Map<TopicStr, TopicStats>, map: (stats: TopicStats) => T): Record<TopicStr, T> {
  return Object.fromEntries([...topics].map(([name, stats]) => [name, map(stats)]))
}

export function snapshotTopicStats (stats: TopicStats): TopicScoreSnapshot {
  const { inMesh, meshTime, firstMessageDeliveries, meshMessageDeliveries, invalidMessageDeliveries, meshFailurePenalty } = stats

  return {
    timeInMesh: inMesh ? meshTime : 0,
    firstMessageDeliveries,
    meshMessageDeliveries,
    invalidMessageDeliveries,
    meshFailurePenalty,
    weighted: stats.components(),
    score: stats.score()
  }
}

function dumpTopicStats (stats: TopicStats): TopicStatsDump {
  const {
    inMesh, graftTime, meshTime, firstMessageDeliveries, meshMessageDeliveries, meshMessageDeliveriesActive,
    meshFailurePenalty, invalidMessageDeliveries
  } = stats

  return {
    inMesh,
    graftTime,
    meshTime,
    firstMessageDeliveries,
    meshMessageDeliveries,
    meshMessageDeliveriesActive,
    meshFailurePenalty,
    invalidMessageDeliveries
  }
}
