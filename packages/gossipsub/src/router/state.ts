import { Backoff } from './backoff.ts'
import { MessageCache } from './message-cache.ts'
import { PendingValidations } from './pending-validations.ts'
import { SeenCache } from './seen-cache.ts'
import { Subscribers } from './subscribers.ts'
import type { Actions } from './actions.ts'
import type { PeerIdStr, TopicStr } from './events.ts'
import type { PeerState } from './peer.ts'
import type { Random } from './random.ts'
import type { GossipsubParams } from '../params.ts'

/** Everything that the router knows (gossipsub-v1.0.md "Router State"). */
export interface RouterState {
  readonly params: GossipsubParams
  readonly self: PeerIdStr
  readonly random: Random
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
  readonly backoff: Backoff
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

export function createState (params: GossipsubParams, self: PeerIdStr, random: Random): RouterState {
  return {
    params,
    self,
    random,
    peers: new Map(),
    subscriptions: new Set(),
    subscribers: new Subscribers(),
    mesh: new Map(),
    fanout: new Map(),
    lastPublished: new Map(),
    backoff: new Backoff({
      slackMs: params.heartbeatInterval,
      maxEntries: params.maxBackoffs
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
      maxTransmissions: params.gossipRetransmission
    })
  }
}

/** Whether a message came by before, be its verdict out or not. */
export function isSeen (state: RouterState, id: Uint8Array): boolean {
  return state.seen.has(id) || state.pending.has(id)
}
