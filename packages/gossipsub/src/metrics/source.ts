import type { DropCounters } from '../drop-counters.ts'
import type { WriteCounters } from '../net/write-counters.ts'
import type { MeshParams } from '../params.ts'
import type { PeerIdStr, TopicStr } from '../router/events.ts'
import type { PeerScoreSnapshot } from '../router/score/peer-scores.ts'
import type { PeerScoreThresholds } from '../router/score/thresholds.ts'

/** The data structures whose sizes are told, by the names that the label `cache` has. */
export type CacheName =
  | 'seenCache' | 'fastMsgIdCache' | 'mcache' | 'score' | 'gossipTracer.promises' | 'streamsOutbound' | 'streamsInbound' | 'backoff' | 'idontwants'
  /** Messages that wait for a verdict. */
  | 'validation'

/** What metrics read, when they are scraped or when an event is observed. */
export interface MetricsSource {
  readonly peers: { readonly size: number, keys(): IterableIterator<PeerIdStr> }
  readonly mesh: ReadonlyMap<TopicStr, ReadonlySet<PeerIdStr>>
  readonly fanout: ReadonlyMap<TopicStr, ReadonlySet<PeerIdStr>>
  readonly topics: ReadonlyMap<TopicStr, ReadonlySet<PeerIdStr>>
  readonly subscriptions: ReadonlySet<TopicStr>
  readonly direct: ReadonlySet<PeerIdStr>
  readonly scores: { score(peer: PeerIdStr): number, snapshot(peer: PeerIdStr): PeerScoreSnapshot | undefined }
  readonly drops: DropCounters
  readonly writes: Readonly<WriteCounters>
  /** What is absent counts as empty. */
  sizes(): Partial<Record<CacheName, number>>
  /** What is left of the backoffs of connected peers, ms each. */
  backoffsMs(): Iterable<number>
  /** Whether a message came by; by its id. */
  isSeen(id: Uint8Array): boolean
  /** The protocol that a peer speaks. */
  protocolOf(peer: PeerIdStr): string | undefined
  meshParams(topic: TopicStr): MeshParams
}

/** What does not change while the service exists. */
export interface MetricsConstants {
  /** The application is asked about messages, and reports. */
  asyncValidation: boolean
  protocols: readonly string[]
  thresholds: PeerScoreThresholds
  heartbeatIntervalMs: number
  opportunisticGraftTicks: number
}
