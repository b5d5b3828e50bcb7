/**
 * @packageDocumentation
 *
 * Publish and subscribe over js-libp2p, by the gossipsub protocol: messages on a topic reach all its subscribers over a sparse mesh of
 * peers, and what a link lost is recovered by gossip about what was seen.
 *
 * @example Two nodes
 *
 * ```TypeScript
 * import { noise } from '@chainsafe/libp2p-noise'
 * import { yamux } from '@chainsafe/libp2p-yamux'
 * import { identify } from '@libp2p/identify'
 * import { tcp } from '@libp2p/tcp'
 * import { gossipsub } from '@quicmesh/gossipsub'
 * import { createLibp2p } from 'libp2p'
 *
 * const createNode = async () => createLibp2p({
 *   addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
 *   transports: [tcp()],
 *   connectionEncrypters: [noise()],
 *   streamMuxers: [yamux()],
 *   services: { identify: identify(), pubsub: gossipsub() }
 * })
 *
 * const [alice, bob] = await Promise.all([createNode(), createNode()])
 *
 * bob.services.pubsub.subscribe('news')
 * bob.services.pubsub.addEventListener('message', (evt) => {
 *   console.log(evt.detail.topic, new TextDecoder().decode(evt.detail.data))
 * })
 *
 * // Alice may publish as soon as she knows that somebody is subscribed
 * const subscribed = new Promise(resolve => {
 *   alice.services.pubsub.addEventListener('subscription-change', resolve, { once: true })
 * })
 *
 * await alice.dial(bob.getMultiaddrs())
 * await subscribed
 * await alice.services.pubsub.publish('news', new TextEncoder().encode('hello'))
 *
 * await new Promise(resolve => setTimeout(resolve, 500))
 * await Promise.all([alice.stop(), bob.stop()])
 * ```
 *
 * The service may also be made for a node that runs already: `const pubsub = gossipsub(options)(components)`, then
 * `await pubsub.start()` and in the end `await pubsub.stop()`. Peers that are connected by then are found.
 */
import { GossipSub as GossipSubService } from './gossipsub.ts'
import type { Blacklist, BlacklistOptions } from './blacklist.ts'
import type { DropCounters } from './drop-counters.ts'
import type { MetricsRegister, TopicStrToLabel } from './metrics.ts'
import type { WriteCounters } from './net/write-counters.ts'
import type { GossipsubParams, MeshParams } from './params.ts'
import type { PeerScoreParams, TopicScoreParams } from './router/score/params.ts'
import type { PeerScoreSnapshot, PeerScoreStatsDump } from './router/score/peer-scores.ts'
import type { PeerScoreThresholds } from './router/score/thresholds.ts'
import type { ScoreInspectorOptions } from './score-inspector.ts'
import type { SignaturePolicy } from './signature-policy.ts'
import type { SubscriptionFilterOptions } from './subscription-filter.ts'
import type { TopicValidatorFn, TopicValidatorResult } from './topic-validator.ts'
import type { TraceEvent } from './tracer.ts'
import type { AddrInfo, DataTransform, FastMsgIdFn, MsgIdFn, MsgIdStr, MsgIdToStrFn, PeerIdStr, PublishOpts, TopicStr } from './types.ts'
import type { DecodeRPCLimits } from './wire/decode.ts'
import type { ComponentLogger, MessageStreamDirection, PeerId, PeerStore, PrivateKey, PublicKey, TypedEventTarget } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'

export { PublishError } from './errors.ts'
export { multicodec } from './protocols.ts'
export { StrictNoSign, StrictSign } from './signature-policy.ts'
export { ndjsonTracer, TraceType } from './tracer.ts'
export { TopicValidatorResult } from './topic-validator.ts'
export type { Blacklist, BlacklistOptions } from './blacklist.ts'
export type { DropCounters, DroppedReason } from './drop-counters.ts'
export type { PublishErrorCode } from './errors.ts'
export type { WriteCounters } from './net/write-counters.ts'
export type { GossipsubParams, MeshParams } from './params.ts'
export type { PeerScoreSnapshot, PeerScoreStatsDump } from './router/score/peer-scores.ts'
export type { ScoreInspectorOptions } from './score-inspector.ts'
export type { SignaturePolicy } from './signature-policy.ts'
export type { SubscriptionFilterOptions } from './subscription-filter.ts'
export type { NdjsonTracer, NdjsonTracerOptions, TraceEvent } from './tracer.ts'
export type { TopicValidatorFn } from './topic-validator.ts'
export type { DecodeRPCLimits } from './wire/decode.ts'

/**
 * All options may be absent or `undefined`; unknown ones are ignored. The parameters of the protocol are those of `GossipsubParams`, where
 * each has its default, its unit and what it does.
 */
export interface GossipsubOpts extends GossipsubParams {
  /**
   * Whether messages are signed and must be.
   *
   * @default 'StrictSign'
   */
  globalSignaturePolicy: SignaturePolicy

  /**
   * Deliver to ourselves what we publish on a topic that we are subscribed to.
   *
   * @default false
   */
  emitSelf: boolean

  /**
   * Send what we publish to all subscribers that we know, not only to the mesh: faster and safer, for more upload. Does not
   * concern what others publish.
   *
   * @default true
   */
  floodPublish: boolean

  /**
   * Let `publish` resolve when nobody that we know is subscribed to the topic. Then nobody will get the message.
   *
   * @default false
   */
  allowPublishToZeroTopicPeers: boolean

  /**
   * Let `publish` resolve, with no recipients, when the message was seen before.
   *
   * @default false
   */
  ignoreDuplicatePublishError: boolean

  /**
   * Name other peers of the topic, with their signed records, to a peer that we prune. Meant for bootstrappers and other nodes that know
   * many good peers. gossipsub-v1.1.md "Peer Exchange".
   *
   * @default false
   */
  doPX: boolean

  /**
   * Peers that we stay connected to and always forward to, whatever their score; they are never in a mesh. They should have us as
   * a direct peer as well. gossipsub-v1.1.md "Explicit Peering Agreements".
   *
   * @default []
   */
  directPeers: AddrInfo[]

  /**
   * Messages are shown to the application (`gossipsub:message`, `message`) as soon as their signature is verified, and are forwarded only when
   * it says so by `reportMessageValidationResult`. One that is not reported on within `validationTimeout` counts as ignored.
   *
   * @default false
   */
  asyncValidation: boolean

  /** How peers are scored; what is absent has its default. Validated as the Go implementation does. */
  scoreParams: Partial<PeerScoreParams>

  /** From which score on a peer is heard, told, published to; what is absent has its default. */
  scoreThresholds: Partial<PeerScoreThresholds>

  /** Parameters that a topic has of its own. */
  topics: Record<TopicStr, TopicOpts>

  /**
   * Called on data as they come from the wire and before they go out, compression for instance. Signatures are made and verified over
   * the transformed data. When `inboundTransform` throws, the message counts as rejected.
   */
  dataTransform?: DataTransform

  /**
   * A cheap id of a message by which copies are told before anything else is done with them; never sent. Messages with the same must be
   * the same.
   */
  fastMsgIdFn: FastMsgIdFn

  /** A budget for the topics that one peer announces, 1 KiB for each, in bytes: another way to give `maxSubscriptionsPerPeer`. */
  maxTopicBytesPerPeer?: number

  /** Accepted and without effect: no message of a topic that is not joined is ever relayed. */
  canRelayMessage?: boolean

  /** Accepted and without effect: the messages of one peer are handled in order, as many as are there. */
  messageProcessingConcurrency?: number

  /** Accepted and without effect: nobody can make one, in `@libp2p/gossipsub` either. */
  messageCache: unknown

  /** Accepted and without effect: a message is always encoded once, and never waits for control messages. */
  batchPublish: boolean

  /** Accepted and without effect: frames of one peer are always handled in order. */
  awaitRpcHandler: boolean

  /** Accepted and without effect, like `awaitRpcHandler`. */
  awaitRpcMessageHandler: boolean

  /**
   * The id of a message; all peers of a topic must agree on it. If it throws for a message that came in, the message is dropped.
   *
   * @default author and sequence number under StrictSign, SHA-256 of the data under StrictNoSign
   */
  msgIdFn: MsgIdFn

  /**
   * The text of a message id, as events tell it.
   *
   * @default base64 without padding
   */
  msgIdToStrFn: MsgIdToStrFn

  /**
   * Speak floodsub with peers that speak nothing better. They get every message of the topics they subscribe to.
   *
   * @default true
   */
  fallbackToFloodsub: boolean

  /**
   * Protocol ids to speak instead of `/meshsub/1.2.0`, `/meshsub/1.1.0` and `/meshsub/1.0.0`, the preferred first. Ids that are unknown here mean gossipsub v1.0.
   */
  protocols?: string[]

  /** Inbound streams per connection and protocol; libp2p's default when absent. One peer needs one, or two while it replaces one. */
  maxInboundStreams?: number

  /** Outbound streams per connection and protocol; libp2p's default when absent. */
  maxOutboundStreams?: number

  /**
   * Run over connections with limits on time or bytes, such as those of a relay.
   *
   * @default false
   */
  runOnLimitedConnection?: boolean

  /**
   * Longest frame, and so about the largest message, in bytes. A longer one from a peer resets that stream; `publish` refuses to send one.
   *
   * @default 4194304
   */
  maxInboundDataLength?: number

  /**
   * Most bytes of messages that wait for one peer. What is beyond is dropped and counted: gossip first, then messages of others, then our
   * own. The connection stays.
   *
   * @default 16777216
   */
  maxOutboundBufferSize?: number

  /** Most elements of each kind in one RPC; an RPC with more is dropped. What is absent has its default. */
  decodeRpcLimits?: Partial<DecodeRPCLimits>

  /** When given, messages and subscriptions of other topics are dropped as they come in. */
  allowedTopics?: string[] | Set<string>

  /** Which topics may be joined and which subscriptions of peers are remembered. What is given must all be passed. */
  subscriptionFilter?: SubscriptionFilterOptions

  /** Peers that we want nothing of from the beginning, and bounds of `blacklist`. */
  blacklist?: BlacklistOptions

  /**
   * Where metrics are registered: about 110 of them, by the names of `@libp2p/gossipsub`. Needs `metricsTopicStrToLabel`.
   */
  metricsRegister?: MetricsRegister | null

  /** What topics are called in the labels of metrics. One that is not in it is its own label for counters, and `unknown` for scores. */
  metricsTopicStrToLabel?: TopicStrToLabel

  /**
   * Is told what the router does, as the trace events of go-libp2p-pubsub. `ndjsonTracer` writes them as lines of JSON. What it throws is
   * logged and has no other effect.
   */
  tracer?(event: TraceEvent): void | Promise<void>

  /** Is shown the scores of all peers at a fixed rate, and how they come about. */
  scoreInspector?: ScoreInspectorOptions<PeerScoreSnapshot>

  /**
   * Tag mesh peers in the peer store, so that the connection manager spares them.
   *
   * @default true
   */
  tagMeshPeers: boolean

  /**
   * The component name of log lines.
   *
   * @default 'libp2p:gossipsub'
   */
  debugName?: string

  /** A misspelling of `unsubscribeBackoff` that is in use. */
  unsubcribeBackoff?: number
}

/** What a topic may have of its own. */
export interface TopicOpts extends Partial<MeshParams> {
  /** Largest message of the topic, encoded, in bytes. A larger one counts against its sender; `publish` refuses to send it. */
  maxMessageSize?: number
}

export interface GossipSubComponents {
  privateKey: PrivateKey
  peerId: PeerId
  peerStore: PeerStore
  registrar: Registrar
  connectionManager: ConnectionManager
  logger: ComponentLogger
}

export interface SignedMessage {
  type: 'signed'
  /** The author. */
  from: PeerId
  topic: string
  data: Uint8Array
  sequenceNumber: bigint
  signature: Uint8Array
  key: PublicKey
}

export interface UnsignedMessage {
  type: 'unsigned'
  topic: string
  data: Uint8Array
}

export type Message = SignedMessage | UnsignedMessage

export interface PublishResult {
  /** To whom the message was sent; with `emitSelf` we are one of them. */
  recipients: PeerId[]
}

export interface Subscription {
  topic: string
  subscribe: boolean
}

export interface SubscriptionChangeData {
  peerId: PeerId
  subscriptions: Subscription[]
}

export interface GossipsubMessage {
  /** Who sent it to us: not always the author. The same object for as long as the peer is connected. */
  propagationSource: PeerId
  msgId: MsgIdStr
  msg: Message
}

export interface DuplicateMessage {
  propagationSource: PeerId
  msgId: MsgIdStr
  topic: string
}

export interface SlowPeer {
  peerId: PeerId
  /** Messages for it that were dropped since the last report. */
  dropped: number
}

export interface MeshPeer {
  peerId: string
  topic: string
  /** Who began it: `outbound` we, `inbound` the peer. */
  direction: MessageStreamDirection
}

export interface GossipSubEvents {
  /** A message of a topic that we are subscribed to, once. */
  message: CustomEvent<Message>
  /** The same, with its id and who sent it. */
  'gossipsub:message': CustomEvent<GossipsubMessage>
  /** A message came once more. */
  'gossipsub:duplicate': CustomEvent<DuplicateMessage>
  /** A peer does not read as fast as we write: messages for it were dropped. At most once a second for each peer. */
  'gossipsub:slow-peer': CustomEvent<SlowPeer>
  /** A peer subscribed or unsubscribed. */
  'subscription-change': CustomEvent<SubscriptionChangeData>
  /** A heartbeat is over. */
  'gossipsub:heartbeat': CustomEvent
  /** A peer joined one of our meshes. */
  'gossipsub:graft': CustomEvent<MeshPeer>
  /** A peer left one of our meshes. */
  'gossipsub:prune': CustomEvent<MeshPeer>
}

/**
 * What a listener throws is logged and has no other effect.
 */
export interface GossipSub extends TypedEventTarget<GossipSubEvents> {
  readonly globalSignaturePolicy: SignaturePolicy

  /** The protocol ids that we speak, the preferred first. */
  readonly protocols: string[]

  /** At most one validator for each topic. It is asked after the signature was verified. */
  readonly topicValidators: Map<string, TopicValidatorFn>

  /** The peers that speak one of our protocols. A live view, not to be changed. */
  readonly peers: Map<PeerIdStr, PeerId>

  /** Our mesh peers by topic; its keys are the topics that we are subscribed to. A live view, not to be changed. */
  readonly mesh: Map<TopicStr, Set<PeerIdStr>>

  /** Direct peers, by id: adding one connects to it and forwards to it, at once; deleting one ends that. */
  readonly direct: Set<PeerIdStr>

  /** Peers that we want nothing of: what they send is dropped, and what they wrote, whoever sends it. Changed at any time. */
  readonly blacklist: Blacklist

  /** What peers are worth, right now. */
  readonly score: { score(peerId: PeerIdStr): number }

  /** The peers that get what we publish, by topic that we are not subscribed to. A live view, not to be changed. */
  readonly fanout: Map<TopicStr, Set<PeerIdStr>>

  /** The subscribers that we know, by topic. A live view, not to be changed. */
  readonly topics: Map<TopicStr, Set<PeerIdStr>>

  /** What was dropped since the service was made, by reason: bad input, and messages for peers that do not keep up. A live view. */
  readonly dropCounters: DropCounters

  /** What was written to streams since the service was made: how many frames left in how many writes, and what they said. A live view. */
  readonly writeCounters: Readonly<WriteCounters>

  /** Begins to speak with peers, those included that are connected. Subscriptions of an earlier life are forgotten. */
  start(): Promise<void>

  /** Closes all streams, but no connection, and ends all timers. */
  stop(): Promise<void>

  isStarted(): boolean

  /** The peers that speak one of our protocols. */
  getPeers(): PeerId[]

  /** The topics that we are subscribed to. */
  getTopics(): TopicStr[]

  /** The peers that are subscribed to a topic. */
  getSubscribers(topic: TopicStr): PeerId[]

  getMeshPeers(topic: TopicStr): PeerIdStr[]

  /** The score of a peer, 0 for one that is unknown. */
  getScore(peerId: PeerIdStr): number

  /** What scores are made of, by peer: a copy, which may be sent to another thread. */
  dumpPeerScoreStats(): PeerScoreStatsDump

  /**
   * Change how peers are scored in a topic, from now on.
   *
   * @throws {InvalidParametersError} naming the parameter, its value and the rule it breaks
   */
  setTopicScoreParams(topic: TopicStr, params: TopicScoreParams): void

  /**
   * Under `asyncValidation`, what the application thinks of a message. Once for each message; a late or unknown id is harmless. The
   * source is not used: all who sent the message are known.
   */
  reportMessageValidationResult(msgId: MsgIdStr, propagationSource: PeerIdStr, acceptance: TopicValidatorResult): void

  /**
   * @throws {NotStartedError} before `start` and after `stop`
   * @throws {InvalidParametersError} if the topic is empty, or not one that `subscriptionFilter` lets through
   */
  subscribe(topic: TopicStr): void

  /**
   * @throws {NotStartedError} before `start` and after `stop`
   */
  unsubscribe(topic: TopicStr): void

  /**
   * Resolves when the message has been queued for its recipients.
   *
   * @throws {PublishError} with the text and code
   * `PublishError.NoPeersSubscribedToTopic` when nobody that we know is subscribed to the topic,
   * `PublishError.Duplicate` when the message was seen before,
   * `PublishError.Uninitialized` before `start` and after `stop`,
   * `PublishError.MessageTooLarge` when it exceeds `maxInboundDataLength`
   */
  publish(topic: TopicStr, data?: Uint8Array, opts?: PublishOpts): Promise<PublishResult>

  /**
   * Publish many messages together, so that the first copy of each leaves before the second copy of any: the whole batch is in the
   * network as soon as our upload allows. One result for each message, in order.
   *
   * @throws {PublishError} as `publish`, for the first message that cannot be sent; then none is
   */
  publishBatch(messages: Array<{ topic: TopicStr, data: Uint8Array }>, opts?: PublishOpts): Promise<PublishResult[]>
}

/**
 * @throws {InvalidParametersError} naming the option, its value and the rule it breaks, when the returned function is called
 */
export function gossipsub (init: Partial<GossipsubOpts> = {}): (components: GossipSubComponents) => GossipSub {
  return (components) => new GossipSubService(components, init)
}
