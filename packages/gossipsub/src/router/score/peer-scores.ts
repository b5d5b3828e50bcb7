/**
 * The score of each peer (gossipsub-v1.1.md "Peer Scoring"): a ledger that the router writes to and asks. It knows neither
 * messages nor time: the router says what a message turned out to be, and what time it is.
 */
import { decayed } from './decay.ts'
import { IpColocation } from './ip-colocation.ts'
import { createPeerScoreParams, defaultSlowPeerParams } from './params.ts'
import { PeerStats } from './peer-stats.ts'
import { RetainedScores } from './retained-scores.ts'
import { dumpPeerStats, mapTopics, snapshotTopicStats } from './snapshot.ts'
import { weighted } from './topic-stats.ts'
import type { PeerIdStr, TopicStr } from './names.ts'
import type { PeerScoreParams, TopicScoreParams } from './params.ts'
import type { PeerComponents, PeerScoreSnapshot, PeerScoreStatsDump } from './snapshot.ts'
import type { ScoredTopic, TopicStats } from './topic-stats.ts'

export type { PeerScoreSnapshot, PeerScoreStatsDump, PeerStatsDump, TopicScoreSnapshot, TopicStatsDump } from './snapshot.ts'

export interface PeerScoresInit {
  /** Already checked (`validatePeerScoreParams`). Copied: later changes go through `setTopicParams`. */
  params: PeerScoreParams
  /** Most scores that are kept of peers that left. */
  maxRetained: number
}

export class PeerScores {
  private readonly params: Required<PeerScoreParams>
  private readonly topics: Map<TopicStr, ScoredTopic>
  private readonly connected = new Map<PeerIdStr, PeerStats>()
  private readonly retained: RetainedScores
  private readonly colocation: IpColocation
  private windowMs: number

  constructor ({ params, maxRetained }: PeerScoresInit) {
    this.params = { skipAtomicValidation: false, ...defaultSlowPeerParams, ...createPeerScoreParams(params) }
    this.topics = new Map(Object.entries(this.params.topics).map(([topic, topicParams]) => [topic, { params: topicParams }]))
    this.windowMs = this.largestWindowMs()
    this.colocation = new IpColocation({
      threshold: this.params.IPColocationFactorThreshold,
      whitelist: this.params.IPColocationFactorWhitelist
    })
    this.retained = new RetainedScores(maxRetained, stats => { this.colocation.leave(stats.addresses) })
  }

  /** Peers that are connected or whose score is retained. */
  get size (): number {
    return this.connected.size + this.retained.size
  }

  /** The largest `meshMessageDeliveriesWindow`: for how long a validated message must be remembered for P3, ms. */
  get deliveriesWindowMs (): number {
    return this.windowMs
  }

  /** A peer connected. A score that is retained is taken up again; it did not decay. */
  addPeer (peer: PeerIdStr, ips: readonly string[], now: number): void {
    let stats = this.connected.get(peer)

    if (stats == null) {
      stats = this.retained.take(peer, now) ?? new PeerStats(peer)
      stats.connected = true
      stats.expire = 0
      this.connected.set(peer, stats)
    }

    stats.addresses = this.colocation.move(stats.addresses, ips)
  }

  /** The addresses of a connected peer are now these. */
  setAddresses (peer: PeerIdStr, ips: readonly string[]): void {
    const stats = this.connected.get(peer)

    if (stats != null) {
      stats.addresses = this.colocation.move(stats.addresses, ips)
    }
  }

  /** The addresses of a peer that count, or would if they were not in the whitelist. */
  addresses (peer: PeerIdStr): readonly string[] {
    return this.statsOf(peer)?.addresses.ips ?? []
  }

  /**
   * A peer left. A positive score is forgotten, lest it be collected in advance; any other is retained with the penalties
   * of leaving the meshes.
   */
  removePeer (peer: PeerIdStr, now: number): void {
    const stats = this.connected.get(peer)

    if (stats == null) {
      return
    }

    const isRetained = this.scoreOf(stats) <= 0 && this.params.retainScore > 0
    this.connected.delete(peer)

    if (!isRetained) {
      this.colocation.leave(stats.addresses)

      return
    }

    stats.onDisconnect()
    stats.expire = now + this.params.retainScore
    this.retained.add(stats, this.scoreOf(stats))
  }

  /** The peer is in our mesh from now on. */
  onGraft (peer: PeerIdStr, topic: TopicStr, now: number): void {
    this.change(peer, topic)?.onGraft(now)
  }

  /** The peer is no longer in our mesh, whoever ended it. What counts is the state of the last refresh, not the time. */
  onPrune (peer: PeerIdStr, topic: TopicStr, _now?: number): void {
    this.change(peer, topic)?.onPrune()
  }

  /** A message that turned out to be valid was first delivered by the peer: P2, and P3 in the mesh. */
  onFirstDelivery (peer: PeerIdStr, topic: TopicStr): void {
    this.change(peer, topic)?.onFirstDelivery()
  }

  /**
   * The peer delivered a valid message as well: P3 in the mesh, inside the window. To be called once per peer and message;
   * `sinceValidatedMs` is 0 for what came before the message was found valid.
   */
  onDuplicateDelivery (peer: PeerIdStr, topic: TopicStr, sinceValidatedMs: number): void {
    this.change(peer, topic)?.onDuplicateDelivery(sinceValidatedMs)
  }

  /** The peer delivered a message that is not valid: P4. */
  onInvalidMessage (peer: PeerIdStr, topic: TopicStr): void {
    this.change(peer, topic)?.onInvalidMessage()
  }

  /** The peer broke rules of the protocol: P7. */
  addPenalty (peer: PeerIdStr, count: number): void {
    const stats = this.statsOf(peer)

    if (stats != null) {
      stats.behaviourPenalty += count
    }
  }

  /** The peer was too slow to take frames. Linear above its threshold, as in the Rust implementation. */
  addSlowPenalty (peer: PeerIdStr, count: number): void {
    const stats = this.statsOf(peer)

    if (stats != null) {
      stats.slowPeerPenalty += count
    }
  }

  /** Decay the counters of the connected peers and forget what is retained for too long. To be called each `decayInterval`. */
  refresh (now: number): void {
    const { decayToZero, behaviourPenaltyDecay, slowPeerPenaltyDecay } = this.params

    this.retained.expire(now)

    for (const stats of this.connected.values()) {
      stats.refreshTopics(decayToZero, now)
      stats.behaviourPenalty = decayed(stats.behaviourPenalty, behaviourPenaltyDecay, decayToZero)
      stats.slowPeerPenalty = decayed(stats.slowPeerPenalty, slowPeerPenaltyDecay, decayToZero)
    }
  }

  /** The score of a peer, connected or retained; 0 of any other. */
  score (peer: PeerIdStr): number {
    const stats = this.statsOf(peer)

    return stats == null ? 0 : this.scoreOf(stats)
  }

  /**
   * Score a topic with these parameters from now on; already checked (`validateTopicScoreParams`). Counters above the new
   * caps are cut. In a topic that was not scored a peer starts at its next GRAFT or message.
   */
  setTopicParams (topic: TopicStr, params: TopicScoreParams): void {
    const scored = this.topics.get(topic)

    if (scored == null) {
      this.topics.set(topic, { params: { ...params } })
    } else {
      scored.params = { ...params }
      for (const stats of this.all()) {
        if (stats.topics.has(topic)) {
          stats.change(topic, scored).recap()
        }
      }
    }

    this.windowMs = this.largestWindowMs()
  }

  /** The parameters of a topic, if it is scored. */
  topicParams (topic: TopicStr): Readonly<TopicScoreParams> | undefined {
    return this.topics.get(topic)?.params
  }

  /** All that is counted, of retained peers too. Data only: it can be cloned to another thread. */
  dump (): PeerScoreStatsDump {
    return Object.fromEntries([...this.all()].map(stats => [stats.peer, dumpPeerStats(stats)]))
  }

  /** How the score of a peer comes about; `undefined` when nothing is known of it. */
  snapshot (peer: PeerIdStr): PeerScoreSnapshot | undefined {
    const stats = this.statsOf(peer)

    if (stats == null) {
      return undefined
    }

    const { connected, behaviourPenalty, slowPeerPenalty } = stats
    const { appSpecificWeight } = this.params
    const appSpecificScore = this.appSpecificScore(peer)
    const components = this.components(stats, weighted(appSpecificWeight, appSpecificScore))

    return {
      score: sumOf(components),
      topics: mapTopics(stats.topics, snapshotTopicStats),
      appSpecificScore,
      IPColocationFactor: this.colocation.factor(stats.addresses),
      behaviourPenalty,
      slowPeerPenalty,
      connected,
      weighted: components
    }
  }

  /** The same for all peers of which something is known. */
  snapshots (): Map<PeerIdStr, PeerScoreSnapshot> {
    const snapshots = new Map<PeerIdStr, PeerScoreSnapshot>()

    for (const peer of this.peers()) {
      const snapshot = this.snapshot(peer)

      if (snapshot != null) {
        snapshots.set(peer, snapshot)
      }
    }

    return snapshots
  }

  /** The peers of which something is known, connected ones first. */
  * peers (): Generator<PeerIdStr> {
    for (const { peer } of this.all()) {
      yield peer
    }
  }

  private scoreOf (stats: PeerStats): number {
    const { appSpecificWeight } = this.params

    return sumOf(this.components(stats, appSpecificWeight === 0 ? 0 : appSpecificWeight * this.appSpecificScore(stats.peer)))
  }

  private components (stats: PeerStats, p5: number): PeerComponents {
    const { topicScoreCap, IPColocationFactorWeight } = this.params
    const { behaviourPenaltyThreshold, behaviourPenaltyWeight, slowPeerPenaltyThreshold, slowPeerPenaltyWeight } = this.params
    const topics = stats.topicSum()
    const misbehaviour = Math.max(0, stats.behaviourPenalty - behaviourPenaltyThreshold)
    const slowness = Math.max(0, stats.slowPeerPenalty - slowPeerPenaltyThreshold)

    return {
      topics: topicScoreCap > 0 ? Math.min(topicScoreCap, topics) : topics,
      p5,
      p6: weighted(IPColocationFactorWeight, this.colocation.factor(stats.addresses)),
      p7: weighted(behaviourPenaltyWeight, misbehaviour * misbehaviour),
      slowPeer: weighted(slowPeerPenaltyWeight, slowness)
    }
  }

  private appSpecificScore (peer: PeerIdStr): number {
    try {
      const score = this.params.appSpecificScore(peer)

      return Number.isFinite(score) ? score : 0
    } catch {
      return 0
    }
  }

  /** The stats to change when the topic is scored and something is known of the peer. */
  private change (peer: PeerIdStr, topic: TopicStr): TopicStats | undefined {
    const scored = this.topics.get(topic)

    return scored == null ? undefined : this.statsOf(peer)?.change(topic, scored)
  }

  private statsOf (peer: PeerIdStr): PeerStats | undefined {
    return this.connected.get(peer) ?? this.retained.get(peer)
  }

  private * all (): Generator<PeerStats> {
    yield * this.connected.values()
    yield * this.retained.values()
  }

  private largestWindowMs (): number {
    let windowMs = 0

    for (const { params } of this.topics.values()) {
      windowMs = Math.max(windowMs, params.meshMessageDeliveriesWindow)
    }

    return windowMs
  }
}

/** The order is that of the specification. */
function sumOf ({ topics, p5, p6, p7, slowPeer }: PeerComponents): number {
  return topics + p5 + p6 + p7 + slowPeer
}
