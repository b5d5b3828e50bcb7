import { InvalidParametersError } from '@libp2p/interface'
import { base64 } from 'multiformats/bases/base64'
import { checkMeshParams, checkParams } from './params.ts'
import { protocolIds } from './protocols.ts'
import { createPeerScoreParams, createPeerScoreThresholds, validatePeerScoreParams, validatePeerScoreThresholds } from './score.ts'
import { StrictNoSign, StrictSign } from './signature-policy.ts'
import { SubscriptionFilter } from './subscription-filter.ts'
import { defaultDecodeRpcLimits } from './wire/decode.ts'
import type { BlacklistOptions } from './blacklist.ts'
import type { GossipsubOpts, TopicOpts } from './index.ts'
import type { MetricsRegister, TopicStrToLabel } from './metrics.ts'
import type { GossipsubParams, MeshParams } from './params.ts'
import type { PeerScoreParams } from './router/score/params.ts'
import type { PeerScoreSnapshot } from './router/score/peer-scores.ts'
import type { PeerScoreThresholds } from './router/score/thresholds.ts'
import type { ScoreInspectorOptions } from './score-inspector.ts'
import type { SignaturePolicy } from './signature-policy.ts'
import type { TraceEvent } from './tracer.ts'
import type { AddrInfo, DataTransform, FastMsgIdFn, MsgIdFn, MsgIdToStrFn, TopicStr } from './types.ts'
import type { DecodeRPCLimits } from './wire/decode.ts'

/** Options with their defaults filled in. */
export interface ResolvedOptions {
  params: GossipsubParams
  /** Topics with mesh parameters of their own. */
  meshParams: ReadonlyMap<TopicStr, MeshParams>
  /** Topics with a size limit of their own, in bytes of encoded messages. */
  maxMessageBytes: ReadonlyMap<TopicStr, number>
  scoreParams: PeerScoreParams
  scoreThresholds: PeerScoreThresholds
  doPX: boolean
  directPeers: AddrInfo[]
  asyncValidation: boolean
  globalSignaturePolicy: SignaturePolicy
  emitSelf: boolean
  floodPublish: boolean
  allowPublishToZeroTopicPeers: boolean
  ignoreDuplicatePublishError: boolean
  msgIdFn?: MsgIdFn
  fastMsgIdFn?: FastMsgIdFn
  dataTransform?: DataTransform
  msgIdToStrFn: MsgIdToStrFn
  protocols: string[]
  maxInboundStreams?: number
  maxOutboundStreams?: number
  runOnLimitedConnection: boolean
  maxInboundDataLength: number
  maxOutboundBufferSize: number
  decodeRpcLimits: DecodeRPCLimits
  allowedTopics?: ReadonlySet<string>
  subscriptionFilter?: SubscriptionFilter
  blacklist?: BlacklistOptions
  scoreInspector?: ScoreInspectorOptions<PeerScoreSnapshot>
  metricsRegister?: MetricsRegister
  metricsTopicStrToLabel: TopicStrToLabel
  tracer?(event: TraceEvent): void | Promise<void>
  tagMeshPeers: boolean
  debugName: string
}

/** The drop-in's, and that of it-length-prefixed. */
export const DEFAULT_MAX_INBOUND_DATA_LENGTH_BYTES = 4 * 1_024 * 1_024

/** Four frames of the greatest length, to each peer. */
export const DEFAULT_MAX_OUTBOUND_BUFFER_BYTES = 16 * 1_024 * 1_024

/**
 * @throws {InvalidParametersError} naming the option and the rule it breaks
 */
export function resolveOptions (options: Partial<GossipsubOpts>): ResolvedOptions {
  const policy = options.globalSignaturePolicy ?? StrictSign

  if (policy !== StrictSign && policy !== StrictNoSign) {
    throw new InvalidParametersError(`Gossipsub option globalSignaturePolicy is ${String(policy)}: it must be StrictSign or StrictNoSign`)
  }

  if (options.metricsRegister != null && options.metricsTopicStrToLabel == null) {
    // the words of `@libp2p/gossipsub`
    throw new InvalidParametersError('Must set metricsTopicStrToLabel with metrics')
  }

  const params = checkParams({
    ...options,
    unsubscribeBackoff: options.unsubscribeBackoff ?? options.unsubcribeBackoff,
    maxSubscriptionsPerPeer: options.maxSubscriptionsPerPeer ?? subscriptionsWithin(options.maxTopicBytesPerPeer)
  })
  const scoreParams = createPeerScoreParams(options.scoreParams)
  const scoreThresholds = createPeerScoreThresholds(options.scoreThresholds)
  validatePeerScoreParams(scoreParams)
  validatePeerScoreThresholds(scoreThresholds)

  return {
    params,
    meshParams: perTopic(options.topics, topic => checkMeshParams(topic, params)),
    maxMessageBytes: perTopic(options.topics, ({ maxMessageSize }) => maxMessageSize == null ? undefined : bytes('maxMessageSize', maxMessageSize)),
    scoreParams,
    scoreThresholds,
    doPX: options.doPX ?? false,
    directPeers: [...options.directPeers ?? []],
    asyncValidation: options.asyncValidation ?? false,
    globalSignaturePolicy: policy,
    emitSelf: options.emitSelf ?? false,
    floodPublish: options.floodPublish ?? true,
    allowPublishToZeroTopicPeers: options.allowPublishToZeroTopicPeers ?? false,
    ignoreDuplicatePublishError: options.ignoreDuplicatePublishError ?? false,
    msgIdFn: options.msgIdFn,
    fastMsgIdFn: options.fastMsgIdFn,
    dataTransform: options.dataTransform,
    msgIdToStrFn: options.msgIdToStrFn ?? (id => base64.baseEncode(id)),
    protocols: protocolIds(options.protocols, options.fallbackToFloodsub ?? true),
    maxInboundStreams: options.maxInboundStreams,
    maxOutboundStreams: options.maxOutboundStreams,
    runOnLimitedConnection: options.runOnLimitedConnection ?? false,
    maxInboundDataLength: bytes('maxInboundDataLength', options.maxInboundDataLength ?? DEFAULT_MAX_INBOUND_DATA_LENGTH_BYTES),
    maxOutboundBufferSize: bytes('maxOutboundBufferSize', options.maxOutboundBufferSize ?? DEFAULT_MAX_OUTBOUND_BUFFER_BYTES),
    decodeRpcLimits: { ...defaultDecodeRpcLimits, ...options.decodeRpcLimits },
    allowedTopics: options.allowedTopics == null ? undefined : new Set(options.allowedTopics),
    subscriptionFilter: options.subscriptionFilter == null ? undefined : new SubscriptionFilter(options.subscriptionFilter),
    blacklist: options.blacklist,
    scoreInspector: options.scoreInspector,
    metricsRegister: options.metricsRegister ?? undefined,
    metricsTopicStrToLabel: options.metricsTopicStrToLabel ?? new Map(),
    tracer: options.tracer,
    tagMeshPeers: options.tagMeshPeers ?? true,
    debugName: options.debugName ?? 'libp2p:gossipsub'
  }
}

/** A kilobyte for each topic, which is about what one costs. */
function subscriptionsWithin (budgetBytes: number | undefined): number | undefined {
  return budgetBytes == null ? undefined : Math.max(1, Math.floor(budgetBytes / 1_024))
}

function perTopic<T> (topics: Record<TopicStr, TopicOpts> = {}, resolve: (topic: TopicOpts) => T | undefined): Map<TopicStr, T> {
  const resolved = new Map<TopicStr, T>()

  for (const [topic, options] of Object.entries(topics)) {
    const value = resolve(options)

    if (value != null) {
      resolved.set(topic, value)
    }
  }

  return resolved
}

function bytes (name: string, value: number): number {
  if (!(value >= 1)) {
    throw new InvalidParametersError(`Gossipsub option ${name} is ${String(value)}: it must be a size in bytes, at least 1`)
  }

  return value
}
