import { Backoff } from './backoff.ts'
import { Deliveries } from './deliveries.ts'
import { IWantPromises } from './iwant-promises.ts'
import { MessageCache } from './message-cache.ts'
import { createIdHash } from './message-id.ts'
import { PendingValidations } from './pending-validations.ts'
import { PeerScores } from './score/peer-scores.ts'
import { SeenCache, UNSEEN } from './seen-cache.ts'
import { Subscribers } from './subscribers.ts'
import type { Actions } from './actions.ts'
import type { PeerIdStr, TopicStr } from './events.ts'
import type { IdHash, IdKey } from './message-id.ts'
import type { PeerState } from './peer.ts'
import type { Random } from './random.ts'
import type { GossipsubParams, MeshParams } from '../params.ts'
import type { PeerScoreParams } from './score/params.ts'
import type { PeerScoreThresholds } from './score/thresholds.ts'

export interface RouterInit {
  /** As `checkParams` returns them: the router trusts them. */
  params: GossipsubParams
  /** Topics with mesh parameters of their own. */
  meshParams?: ReadonlyMap<TopicStr, MeshParams>
  scoreParams: PeerScoreParams
  thresholds: PeerScoreThresholds
  /** Whether to name other peers in a PRUNE (gossipsub-v1.1.md "Peer Exchange"). */
  doPX?: boolean
  self: PeerIdStr
  random: Random
}

/** Everything that the router knows (gossipsub-v1.0.md "Router State"). */
export interface RouterState {
  readonly params: GossipsubParams
  readonly meshParams: ReadonlyMap<TopicStr, MeshParams>
  readonly scoreParams: PeerScoreParams
  readonly thresholds: PeerScoreThresholds
  readonly doPX: boolean
  readonly self: PeerIdStr
  readonly random: Random
  /** Makes the keys of message ids in all tables below. */
  readonly hash: IdHash
  /** Heartbeats so far. */
  ticks: number
  readonly peers: Map<PeerIdStr, PeerState>
  /** The topics that we joined. */
  readonly subscriptions: Set<TopicStr>
  /** The topics that our peers announced. */
  readonly subscribers: Subscribers
  /** One key for each topic that we joined. */
  readonly mesh: Map<TopicStr, Set<PeerIdStr>>
  /** One key for each topic that we published to of late and did not join. */
  readonly fanout: Map<TopicStr, Set<PeerIdStr>>
  /** When we last published, by topic of `fanout`. */
  readonly lastPublished: Map<TopicStr, number>
  /** The peers that do not want some message. */
  readonly choosy: Set<PeerIdStr>
  /** The direct peers that the application wants, connected or not. */
  readonly direct: Set<PeerIdStr>
  readonly scores: PeerScores
  /** When counters decayed last. */
  scoresRefreshedAt: number
  readonly backoff: Backoff
  readonly promises: IWantPromises
  readonly deliveries: Deliveries
  readonly pending: PendingValidations
  readonly seen: SeenCache
  readonly messages: MessageCache
}

/** One call of `handle`: what is known, what time it is, and the actions so far. */
export interface Turn {
  readonly state: RouterState
  readonly now: number
  readonly actions: Actions
}

export function createState (init: RouterInit): RouterState {
  const { params, meshParams = new Map(), scoreParams, thresholds, doPX = false, self, random } = init
  const hash = createIdHash(random)
  const scores = new PeerScores({
    params: scoreParams,
    maxRetained: params.maxRetainedScores
  })

  return {
    params,
    meshParams,
    scoreParams,
    thresholds,
    doPX,
    self,
    random,
    hash,
    ticks: 0,
    peers: new Map(),
    subscriptions: new Set(),
    subscribers: new Subscribers(),
    mesh: new Map(),
    fanout: new Map(),
    lastPublished: new Map(),
    choosy: new Set(),
    direct: new Set(),
    scores,
    scoresRefreshedAt: -Infinity,
    backoff: new Backoff({
      slackMs: params.heartbeatInterval,
      maxEntries: params.maxBackoffs
    }),
    promises: new IWantPromises({
      followupMs: params.gossipsubIWantFollowupMs,
      maxPromises: params.maxPromises
    }),
    deliveries: new Deliveries({
      windowMs: scores.deliveriesWindowMs,
      maxMessages: params.maxPendingValidations
    }),
    pending: new PendingValidations({
      timeoutMs: params.validationTimeout,
      maxMessages: params.maxPendingValidations,
      maxBytes: params.maxPendingValidationBytes
    }),
    seen: new SeenCache({
      ttlMs: params.seenTTL,
      maxIds: params.maxSeenMessages
    }),
    messages: new MessageCache({
      length: params.mcacheLength,
      gossipLength: params.mcacheGossip,
      maxMessages: params.maxCachedMessages,
      maxBytes: params.maxCachedBytes,
      maxTransmissions: params.gossipRetransmission,
      hash
    })
  }
}

/** Whether a message came by before, be its verdict out or not. */
export function isSeen (state: RouterState, key: IdKey): boolean {
  return state.seen.status(key) !== UNSEEN || state.pending.has(key)
}

/** Those of the topic, or those of all topics. */
export function meshParamsOf ({ meshParams, params }: RouterState, topic: TopicStr): MeshParams {
  return meshParams.get(topic) ?? params
}
