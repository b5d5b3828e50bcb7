/**
 * The values that labels take, and a few records by them. They are those of `@libp2p/gossipsub`: dashboards select by them.
 */
import type { TopicLabel } from './register.ts'

export enum MessageSource {
  forward = 'forward',
  publish = 'publish'
}

/** Why a peer came into a mesh. */
export enum InclusionReason {
  /** It was in the fanout of a topic that we joined. */
  Fanout = 'fanout',
  /** It was drawn when we joined. */
  Random = 'random',
  /** It sent a GRAFT, or its subscription. */
  Subscribed = 'subscribed',
  /** The mesh had too few outbound peers. */
  Outbound = 'outbound',
  /** The mesh had too few peers. */
  NotEnough = 'not_enough',
  /** The median score of the mesh was low. */
  Opportunistic = 'opportunistic'
}

/** Why a peer left a mesh. */
export enum ChurnReason {
  /** Its last connection went. */
  Dc = 'disconnected',
  /** Its score became negative. */
  BadScore = 'bad_score',
  /** It sent a PRUNE. */
  Prune = 'prune',
  /** The mesh had too many peers. */
  Excess = 'excess'
}

/** What a peer lost score for. */
export enum ScorePenalty {
  GraftBackoff = 'graft_backoff',
  BrokenPromise = 'broken_promise',
  MessageDeficit = 'message_deficit',
  IPColocation = 'IP_colocation'
}

/** Why an IHAVE was not looked at. */
export enum IHaveIgnoreReason {
  LowScore = 'low_score',
  MaxIhave = 'max_ihave',
  MaxIasked = 'max_iasked'
}

/** Where a peer was spared a message that it does not want. */
export enum IDontWantSkipPath {
  forward = 'forward',
  iwant = 'iwant'
}

export enum ScoreThreshold {
  graylist = 'graylist',
  publish = 'publish',
  gossip = 'gossip',
  mesh = 'mesh'
}

/** How many peers are at or above each threshold. */
export type PeersByScoreThreshold = Record<ScoreThreshold, number>

/** How many peers of each kind a message of our own goes to. */
export type ToSendGroupCount = Record<'direct' | 'floodsub' | 'mesh' | 'fanout', number>

export type ToAddGroupCount = Record<'fanout' | 'random', number>

export type PromiseDeliveredStats =
  | { expired: false, requestedCount: number, maxDeliverMs: number }
  | { expired: true, maxDeliverMs: number }

export type TopicScoreWeights<T> = Record<'p1w' | 'p2w' | 'p3w' | 'p3bw' | 'p4w', T>

export interface ScoreWeights<T> {
  byTopic: Map<TopicLabel, TopicScoreWeights<T>>
  p5w: T
  p6w: T
  p7w: T
  score: T
}
