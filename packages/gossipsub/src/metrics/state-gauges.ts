/**
 * The gauges of state, and the counters that are kept elsewhere: read at each scrape.
 */
import { RejectReason, ValidateError } from '../types.ts'
import { ScoreThreshold } from './labels.ts'
import type { TopicLabel, TopicStrToLabel } from './register.ts'
import type { CacheName, MetricsConstants, MetricsSource } from './source.ts'
import type { MetricsTable } from './table.ts'
import type { DroppedReason } from '../drop-counters.ts'
import type { PeerIdStr } from '../router/events.ts'
import type { PeerScoreSnapshot } from '../router/score/peer-scores.ts'

/** Scores of topics that have no label, together. */
const UNLABELLED = 'unknown'

/** What each reason of the label `error` is made of. */
const invalidReasons: Array<[error: RejectReason | ValidateError, reasons: DroppedReason[]]> = [
  [ValidateError.InvalidSignature, ['missing-signature', 'validation-forged']],
  [ValidateError.InvalidSeqno, ['invalid-seqno']],
  [ValidateError.InvalidPeerId, ['invalid-from', 'own-message']],
  [ValidateError.SignaturePresent, ['signature-present', 'key-present']],
  [ValidateError.SeqnoPresent, ['seqno-present']],
  [ValidateError.FromPresent, ['from-present']],
  [ValidateError.TransformFailed, ['transform-failed']],
  [RejectReason.Error, ['missing-topic', 'no-message-id', 'message-too-large']],
  [RejectReason.Blacklisted, ['blacklisted-author']]
]

/** Not what the application reports: that has metrics of its own. */
const verdicts: typeof invalidReasons = [
  [RejectReason.Ignore, ['validation-ignored', 'validation-timeout']],
  [RejectReason.Reject, ['validation-rejected']]
]

/** Names that the label `cache` has there for what is not kept here. */
const absentCaches = ['publishedMessageIds', 'gossipTracer.requests', 'acceptFromWhitelist', 'gossip', 'control', 'peerhave', 'iasked']

const topicComponents = ['p1', 'p2', 'p3', 'p3b', 'p4'] as const

type Weights = Record<typeof topicComponents[number], number>

export class StateGauges {
  readonly #table: MetricsTable
  readonly #constants: MetricsConstants
  readonly #labels: TopicStrToLabel
  /** Topics and protocols that once were told: they go to 0, not stay. */
  readonly #toldTopics = new Set<string>()
  readonly #toldProtocols = new Set<string>()

  constructor (table: MetricsTable, constants: MetricsConstants, labels: TopicStrToLabel) {
    this.#table = table
    this.#constants = constants
    this.#labels = labels
  }

  update (source: MetricsSource, sizes: Partial<Record<CacheName, number>>): void {
    this.#updateTraffic(source)
    this.#updateSizes(source, sizes)
    this.#updateTopics(source)
    this.#updateProtocols(source)
    this.#updateBackoffs(source)
    this.#updateScores(source)
  }

  #updateTraffic ({ drops, writes }: MetricsSource): void {
    const sum = (...reasons: DroppedReason[]): number => reasons.reduce((total, reason) => total + (drops[reason] ?? 0), 0)

    this.#table.rpcSentBytes.set(writes.bytes)
    this.#table.rpcSentCount.set(writes.frames)
    this.#table.rpcSentMessage.set(writes.messages)
    this.#table.rpcSentSubscription.set(writes.subscriptions)
    this.#table.rpcSentControl.set(writes.control)
    this.#table.rpcSentIHave.set(writes.ihave)
    this.#table.rpcSentIWant.set(writes.iwant)
    this.#table.rpcSentGraft.set(writes.graft)
    this.#table.rpcSentPrune.set(writes.prune)
    this.#table.rpcSentIDontWant.set(writes.idontwant)
    this.#table.peerReadStreamError.set(sum('bad-frame'))
    this.#table.rpcDataError.set(sum('malformed-rpc', 'rpc-over-limit'))
    this.#table.rpcRecvNotAccepted.set(sum('graylisted-peer', 'unknown-peer', 'blacklisted-peer'))

    const reasons = this.#constants.asyncValidation ? invalidReasons : [...invalidReasons, ...verdicts]

    for (const [error, dropped] of reasons) {
      this.#table.msgReceivedInvalid.set({ error }, sum(...dropped))
    }
  }

  #updateSizes (source: MetricsSource, sizes: Partial<Record<CacheName, number>>): void {
    const { peers, mesh, fanout, topics, subscriptions, direct } = source
    const { validation = 0, ...caches } = sizes
    const all: Record<string, number> = {
      ...caches,
      peers: peers.size,
      // a mark for each peer
      outbound: peers.size,
      mesh: mesh.size,
      fanout: fanout.size,
      topics: topics.size,
      subscriptions: subscriptions.size,
      direct: direct.size
    }

    absentCaches.forEach(cache => { all[cache] = 0 })

    for (const [cache, size] of Object.entries(all)) {
      this.#table.cacheSize.set({ cache }, size)
    }

    this.#table.mcacheSize.set(sizes.mcache ?? 0)
    this.#table.mcacheNotValidatedCount.set(validation)
  }

  #updateTopics ({ topics, mesh }: MetricsSource): void {
    for (const topicStr of this.#toldTopics) {
      if (!topics.has(topicStr)) {
        this.#table.topicPeersCount.set({ topicStr }, 0)
        this.#toldTopics.delete(topicStr)
      }
    }
    for (const [topicStr, peers] of topics) {
      this.#table.topicPeersCount.set({ topicStr }, peers.size)
      this.#toldTopics.add(topicStr)
    }
    for (const [topicStr, peers] of mesh) {
      this.#table.meshPeerCounts.set({ topicStr }, peers.size)
    }
  }

  #updateProtocols (source: MetricsSource): void {
    const counts = new Map<string, number>([...this.#toldProtocols].map(protocol => [protocol, 0]))

    for (const peer of source.peers.keys()) {
      const protocol = source.protocolOf(peer)

      if (protocol != null) {
        counts.set(protocol, (counts.get(protocol) ?? 0) + 1)
      }
    }
    for (const [protocol, count] of counts) {
      this.#toldProtocols.add(protocol)
      this.#table.peersPerProtocol.set({ protocol }, count)
    }
  }

  #updateBackoffs (source: MetricsSource): void {
    this.#table.connectedPeersBackoffSec.reset()

    for (const backoffMs of source.backoffsMs()) {
      this.#table.connectedPeersBackoffSec.observe(Math.max(0, backoffMs) / 1_000)
    }
  }

  #updateScores (source: MetricsSource): void {
    const snapshots = new Map<PeerIdStr, PeerScoreSnapshot>()
    this.#table.behaviourPenalty.reset()

    for (const peer of source.peers.keys()) {
      const snapshot = source.scores.snapshot(peer)

      if (snapshot != null) {
        snapshots.set(peer, snapshot)
        this.#table.behaviourPenalty.observe(snapshot.behaviourPenalty)
      }
    }

    const all = [...snapshots.values()]
    this.#table.score.set(all.map(({ score }) => score))
    this.#updateThresholds(all)
    this.#updateWeights(all)
    this.#updateMeshScores(source, snapshots)
  }

  #updateThresholds (snapshots: PeerScoreSnapshot[]): void {
    const { graylistThreshold, publishThreshold, gossipThreshold } = this.#constants.thresholds
    const thresholds: Array<[ScoreThreshold, number]> = [
      [ScoreThreshold.graylist, graylistThreshold],
      [ScoreThreshold.publish, publishThreshold],
      [ScoreThreshold.gossip, gossipThreshold],
      [ScoreThreshold.mesh, 0]
    ]

    for (const [threshold, least] of thresholds) {
      this.#table.peersByScoreThreshold.set({ threshold }, snapshots.filter(({ score }) => score >= least).length)
    }
  }

  /** One value of each peer; for P1 to P4 one of each peer and label. */
  #updateWeights (snapshots: PeerScoreSnapshot[]): void {
    const byTopic = new Map<TopicLabel, Weights[]>()

    for (const snapshot of snapshots) {
      for (const [topic, weights] of this.#weightsByLabel(snapshot)) {
        const all = byTopic.get(topic) ?? []

        all.push(weights)
        byTopic.set(topic, all)
      }
    }
    for (const [topic, weights] of byTopic) {
      topicComponents.forEach(p => { this.#table.scoreWeights.set({ topic, p }, weights.map(weight => weight[p])) })
    }
    for (const p of ['p5', 'p6', 'p7'] as const) {
      this.#table.scoreWeights.set({ p }, snapshots.map(({ weighted }) => weighted[p]))
    }
  }

  /** Of one peer; topics of one label are added up. */
  #weightsByLabel ({ topics }: PeerScoreSnapshot): Map<TopicLabel, Weights> {
    const sums = new Map<TopicLabel, Weights>()

    for (const [topicStr, { weighted }] of Object.entries(topics)) {
      const topic = this.#labels.get(topicStr) ?? UNLABELLED
      const sum = sums.get(topic) ?? { p1: 0, p2: 0, p3: 0, p3b: 0, p4: 0 }

      topicComponents.forEach(p => { sum[p] += weighted[p] })
      sums.set(topic, sum)
    }

    return sums
  }

  #updateMeshScores ({ mesh }: MetricsSource, snapshots: ReadonlyMap<PeerIdStr, PeerScoreSnapshot>): void {
    const byLabel = new Map<TopicLabel, Set<PeerIdStr>>()

    for (const [topicStr, peers] of mesh) {
      const topic = this.#labels.get(topicStr) ?? UNLABELLED
      byLabel.set(topic, new Set([...byLabel.get(topic) ?? [], ...peers]))
    }
    for (const [topic, peers] of byLabel) {
      this.#table.scorePerMesh.set({ topic }, [...peers].map(peer => snapshots.get(peer)?.score ?? 0))
    }
  }
}
