/**
 * All metrics, by the property names that `@libp2p/gossipsub` has for them. Names, types, labels and buckets are its 17.1; two or three
 * of the names are misspelt there and so are they here.
 */
import type { IDontWantSkipPath, IHaveIgnoreReason, ScorePenalty, ScoreThreshold } from './labels.ts'
import type { AvgMinMax, Gauge, Histogram, MetricsRegister, TopicLabel, TopicStrToLabel } from './register.ts'
import type { RejectReason, TopicStr, ValidateError } from '../types.ts'

export interface MetricsOptions {
  /** For how long an asked peer may keep us waiting, s. */
  gossipPromiseExpireSec: number
  behaviourPenaltyThreshold: number
  /** The largest of the topics, s. */
  maxMeshMessageDeliveriesWindowSec: number
}

type Descriptions = Readonly<Record<string, readonly [name: string, help: string]>>

/** Gauges without labels. Those whose names end in `total` only grow. */
export const plainGauges = {
  heartbeatSkipped: ['gossipsub_heartbeat_skipped', 'Heartbeats that took longer than the heartbeat interval'],
  asyncValidationUnknownFirstSeen: ['gossipsub_async_validation_unknown_first_seen_count_total', 'Verdicts on messages of which it is not known when they came'],
  peerReadStreamError: ['gossipsub_peer_read_stream_err_count_total', 'Streams of peers that were reset for a bad frame'],
  rpcRecvBytes: ['gossipsub_rpc_recv_bytes_total', 'Bytes of received RPCs'],
  rpcRecvCount: ['gossipsub_rpc_recv_count_total', 'Received RPCs'],
  rpcRecvSubscription: ['gossipsub_rpc_recv_subscription_total', 'Subscriptions in received RPCs'],
  rpcRecvMessage: ['gossipsub_rpc_recv_message_total', 'Messages in received RPCs'],
  rpcRecvControl: ['gossipsub_rpc_recv_control_total', 'Received RPCs with control messages'],
  rpcRecvIHave: ['gossipsub_rpc_recv_ihave_total', 'IHAVEs in received RPCs'],
  rpcRecvIWant: ['gossipsub_rpc_recv_iwant_total', 'IWANTs in received RPCs'],
  rpcRecvGraft: ['gossipsub_rpc_recv_graft_total', 'GRAFTs in received RPCs'],
  rpcRecvPrune: ['gossipsub_rpc_recv_prune_total', 'PRUNEs in received RPCs'],
  rpcDataError: ['gossipsub_rpc_data_err_count_total', 'Received frames that are no RPC, or one beyond the limits'],
  rpcRecvError: ['gossipsub_rpc_recv_err_count_total', 'Received RPCs whose handling failed'],
  rpcRecvNotAccepted: ['gossipsub_rpc_rcv_not_accepted_total', 'Received RPCs that were dropped because of who sent them'],
  rpcSentBytes: ['gossipsub_rpc_sent_bytes_total', 'Bytes of sent RPCs'],
  rpcSentCount: ['gossipsub_rpc_sent_count_total', 'Sent RPCs'],
  rpcSentSubscription: ['gossipsub_rpc_sent_subscription_total', 'Subscriptions in sent RPCs'],
  rpcSentMessage: ['gossipsub_rpc_sent_message_total', 'Messages in sent RPCs'],
  rpcSentControl: ['gossipsub_rpc_sent_control_total', 'Sent RPCs with control messages'],
  rpcSentIHave: ['gossipsub_rpc_sent_ihave_total', 'IHAVEs in sent RPCs'],
  rpcSentIWant: ['gossipsub_rpc_sent_iwant_total', 'IWANTs in sent RPCs'],
  rpcSentGraft: ['gossipsub_rpc_sent_graft_total', 'GRAFTs in sent RPCs'],
  rpcSentPrune: ['gossipsub_rpc_sent_prune_total', 'PRUNEs in sent RPCs'],
  rpcSentIDontWant: ['gossipsub_rpc_sent_idontwant_total', 'IDONTWANTs in sent RPCs'],
  scoreFnCalls: ['gossipsub_score_fn_calls_total', 'Scores asked for'],
  scoreFnRuns: ['gossipsub_score_fn_runs_total', 'Scores computed'],
  iwantRcvDonthaveMsgids: ['gossipsub_iwant_rcv_dont_have_msgids_total', 'Ids in received IWANTs that were not answered'],
  idontwantRcvMsgids: ['gossipsub_idontwant_rcv_msgids_total', 'Ids in received IDONTWANTs'],
  idontwantRcvDonthaveMsgids: ['gossipsub_idontwant_rcv_dont_have_msgids_total', 'Ids in received IDONTWANTs of messages that did not come by here'],
  iwantPromiseStarted: ['gossipsub_iwant_promise_sent_total', 'Promises to deliver that peers made'],
  iwantPromiseResolved: ['gossipsub_iwant_promise_resolved_total', 'Promises whose message came'],
  iwantPromiseResolvedFromDuplicate: ['gossipsub_iwant_promise_resolved_from_duplicate_total', 'Promises whose message came as a duplicate'],
  iwantPromiseResolvedPeers: ['gossipsub_iwant_promise_resolved_peers', 'Peers that were released from a promise because the message came'],
  iwantPromiseBroken: ['gossipsub_iwant_promise_broken', 'Promises that were not kept in time'],
  iwantMessagePruned: ['gossipsub_iwant_message_pruned', 'Promises that were forgotten'],
  iwantPromiseUntracked: ['gossip_iwant_promise_untracked', 'Messages that came and nobody had promised'],
  mcacheSize: ['gossipsub_mcache_size', 'Messages in the message cache'],
  mcacheNotValidatedCount: ['gossipsub_mcache_not_validated_count', 'Messages that wait for a verdict'],
  fastMsgIdCacheCollision: ['gossipsub_fastmsgid_cache_collision_total', 'Fast message ids that two messages share']
} as const satisfies Descriptions

/** Counters by topic label. */
export const topicGauges = {
  meshPeerInclusionEventsFanout: ['gossipsub_mesh_peer_inclusion_events_fanout_total', 'Peers taken into a mesh from the fanout'],
  meshPeerInclusionEventsRandom: ['gossipsub_mesh_peer_inclusion_events_random_total', 'Peers drawn for a mesh on joining'],
  meshPeerInclusionEventsSubscribed: ['gossipsub_mesh_peer_inclusion_events_subscribed_total', 'Peers taken into a mesh for a GRAFT or a subscription'],
  meshPeerInclusionEventsOutbound: ['gossipsub_mesh_peer_inclusion_events_outbound_total', 'Peers taken into a mesh that had too few outbound ones'],
  meshPeerInclusionEventsNotEnough: ['gossipsub_mesh_peer_inclusion_events_not_enough_total', 'Peers taken into a mesh that had too few'],
  meshPeerInclusionEventsOpportunistic: ['gossipsub_mesh_peer_inclusion_events_opportunistic_total', 'Peers taken into a mesh to better its scores'],
  meshPeerInclusionEventsUnknown: ['gossipsub_mesh_peer_inclusion_events_unknown_total', 'Peers taken into a mesh for another reason'],
  meshPeerChurnEventsDisconnected: ['gossipsub_peer_churn_events_disconnected_total', 'Mesh peers lost because they disconnected'],
  meshPeerChurnEventsBadScore: ['gossipsub_peer_churn_events_bad_score_total', 'Mesh peers removed for their score'],
  meshPeerChurnEventsPrune: ['gossipsub_peer_churn_events_prune_total', 'Mesh peers lost by their PRUNE'],
  meshPeerChurnEventsExcess: ['gossipsub_peer_churn_events_excess_total', 'Mesh peers removed because there were too many'],
  meshPeerChurnEventsUnknown: ['gossipsub_peer_churn_events_unknown_total', 'Mesh peers lost for another reason'],
  acceptedMessagesTotal: ['gossipsub_accepted_messages_total', 'Messages that were accepted'],
  ignoredMessagesTotal: ['gossipsub_ignored_messages_total', 'Messages that were ignored'],
  rejectedMessagesTotal: ['gossipsub_rejected_messages_total', 'Messages that were rejected'],
  unknownValidationResultsTotal: ['gossipsub_unknown_validation_results_total', 'Verdicts that are none of the three'],
  msgPublishCount: ['gossipsub_msg_publish_count_total', 'Messages published'],
  msgPublishPeersByTopic: ['gossipsub_msg_publish_peers_total', 'Copies of published messages'],
  directPeersPublishedTotal: ['gossipsub_direct_peers_published_total', 'Copies of published messages for direct peers'],
  floodsubPeersPublishedTotal: ['gossipsub_floodsub_peers_published_total', 'Copies of published messages for floodsub peers and, by flood publishing, others outside the mesh'],
  meshPeersPublishedTotal: ['gossipsub_mesh_peers_published_total', 'Copies of published messages for mesh peers'],
  fanoutPeersPublishedTotal: ['gossipsub_fanout_peers_published_total', 'Copies of published messages for fanout peers'],
  msgPublishBytes: ['gossipsub_msg_publish_bytes_total', 'Bytes of data in all copies of published messages'],
  msgForwardCount: ['gossipsub_msg_forward_count_total', 'Messages forwarded'],
  msgForwardPeers: ['gossipsub_msg_forward_peers_total', 'Copies of forwarded messages'],
  msgReceivedPreValidation: ['gossipsub_msg_received_prevalidation_total', 'Messages received, whatever they are'],
  msgReceivedError: ['gossipsub_msg_received_error_total', 'Messages received whose handling failed'],
  prevalidationInvalidTotal: ['gossipsub_pre_validation_invalid_total', 'Messages received that break the signature policy'],
  prevalidationValidTotal: ['gossipsub_pre_validation_valid_total', 'Messages received that went to validation'],
  prevalidationDuplicateTotal: ['gossipsub_pre_validation_duplicate_total', 'Messages received that were seen before'],
  prevalidationUnknownTotal: ['gossipsub_pre_validation_unknown_status_total', 'Messages received that are none of these'],
  msgReceivedInvalidByTopic: ['gossipsub_msg_received_invalid_by_topic_total', 'Messages received that turned out invalid'],
  duplicateMsgLateDelivery: ['gossisub_duplicate_msg_late_delivery_total', 'Duplicates that came too late to count as delivered'],
  duplicateMsgIgnored: ['gossisub_ignored_published_duplicate_msgs_total', 'Messages that were published before, and the application wants no error'],
  ihaveRcvMsgids: ['gossipsub_ihave_rcv_msgids_total', 'Ids in received IHAVEs'],
  ihaveRcvNotSeenMsgids: ['gossipsub_ihave_rcv_not_seen_msgids_total', 'Ids in received IHAVEs that we asked for'],
  iwantRcvMsgids: ['gossipsub_iwant_rcv_msgids_total', 'Messages sent in answer to IWANTs']
} as const satisfies Descriptions

export type PlainGauge = keyof typeof plainGauges
export type TopicGauge = keyof typeof topicGauges

export type MetricsTable = Record<PlainGauge, Gauge> & Record<TopicGauge, Gauge<{ topic: TopicLabel }>> & ReturnType<typeof labelled> & ReturnType<typeof distributions>

export function createTable (register: MetricsRegister, options: MetricsOptions): MetricsTable {
  return {
    ...mapValues(plainGauges, ([name, help]): Gauge => register.gauge({ name, help })),
    ...mapValues(topicGauges, ([name, help]) => register.gauge<{ topic: TopicLabel }>({ name, help, labelNames: ['topic'] })),
    ...labelled(register),
    ...distributions(register, options)
  }
}

export type Metrics = MetricsTable & {
  topicStrToLabel: TopicStrToLabel
  toTopic(topic: TopicStr): TopicLabel
}

/** Register everything and be given it. Nothing of it changes by itself: a service does that with its `metricsRegister`. */
export function getMetrics (register: MetricsRegister, topicStrToLabel: TopicStrToLabel, options: MetricsOptions): Metrics {
  return {
    ...createTable(register, options),
    topicStrToLabel,
    toTopic: topic => topicStrToLabel.get(topic) ?? topic
  }
}

interface Labelled {
  protocolsEnabled: Gauge<{ protocol: string }>
  topicSubscriptionStatus: Gauge<{ topicStr: TopicStr }>
  topicPeersCount: Gauge<{ topicStr: TopicStr }>
  meshPeerCounts: Gauge<{ topicStr: TopicStr }>
  peersPerProtocol: Gauge<{ protocol: string }>
  asyncValidationMcacheHit: Gauge<{ hit: 'hit' | 'miss' }>
  msgReceivedInvalid: Gauge<{ error: RejectReason | ValidateError }>
  peersByScoreThreshold: Gauge<{ threshold: ScoreThreshold }>
  scoringPenalties: Gauge<{ penalty: ScorePenalty }>
  ihaveRcvIgnored: Gauge<{ reason: IHaveIgnoreReason }>
  idontwantSkippedSends: Gauge<{ on: IDontWantSkipPath }>
  cacheSize: Gauge<{ cache: string }>
  newConnectionCount: Gauge<{ status: string }>
}

function labelled (register: MetricsRegister): Labelled {
  return {
    protocolsEnabled: register.gauge({ name: 'gossipsub_protocol', help: 'Protocols that are spoken', labelNames: ['protocol'] }),
    topicSubscriptionStatus: register.gauge({ name: 'gossipsub_topic_subscription_status', help: 'Whether we are subscribed to a topic', labelNames: ['topicStr'] }),
    topicPeersCount: register.gauge({ name: 'gossipsub_topic_peer_count', help: 'Subscribers by topic', labelNames: ['topicStr'] }),
    meshPeerCounts: register.gauge({ name: 'gossipsub_mesh_peer_count', help: 'Mesh peers by topic', labelNames: ['topicStr'] }),
    peersPerProtocol: register.gauge({ name: 'gossipsub_peers_per_protocol_count', help: 'Peers by the protocol that they speak', labelNames: ['protocol'] }),
    asyncValidationMcacheHit: register.gauge({ name: 'gossipsub_async_validation_mcache_hit_total', help: 'Verdicts of the application, by whether the message still waited', labelNames: ['hit'] }),
    msgReceivedInvalid: register.gauge({ name: 'gossipsub_msg_received_invalid_total', help: 'Messages received that turned out invalid, by reason', labelNames: ['error'] }),
    peersByScoreThreshold: register.gauge({ name: 'gossipsub_peers_by_score_threshold_count', help: 'Peers at or above each threshold of the score', labelNames: ['threshold'] }),
    scoringPenalties: register.gauge({ name: 'gossipsub_scoring_penalties_total', help: 'Penalties by reason', labelNames: ['penalty'] }),
    ihaveRcvIgnored: register.gauge({ name: 'gossipsub_ihave_rcv_ignored_total', help: 'RPCs whose IHAVEs were not looked at, by reason', labelNames: ['reason'] }),
    idontwantSkippedSends: register.gauge({ name: 'gossipsub_idontwant_skipped_sends_total', help: 'Copies that a peer was spared because it does not want them', labelNames: ['on'] }),
    cacheSize: register.gauge({ name: 'gossipsub_cache_size', help: 'Entries of each data structure', labelNames: ['cache'] }),
    newConnectionCount: register.gauge({ name: 'gossipsub_new_connection_total', help: 'New connections by status', labelNames: ['status'] })
  }
}

interface Distributions {
  heartbeatDuration: Histogram
  asyncValidationDelayFromFirstSeenSec: Histogram
  msgPublishTime: Histogram<{ topic: TopicLabel }>
  duplicateMsgDeliveryDelay: Histogram<{ topic: TopicLabel }>
  scoreCachedDelta: Histogram
  behaviourPenalty: Histogram
  iwantPromiseDeliveryTime: Histogram
  connectedPeersBackoffSec: Histogram
  score: AvgMinMax
  scoreWeights: AvgMinMax<{ topic?: TopicLabel, p: string }>
  scorePerMesh: AvgMinMax<{ topic: TopicLabel }>
}

function distributions (register: MetricsRegister, options: MetricsOptions): Distributions {
  const { gossipPromiseExpireSec, behaviourPenaltyThreshold, maxMeshMessageDeliveriesWindowSec } = options

  return {
    heartbeatDuration: register.histogram({ name: 'gossipsub_heartbeat_duration_seconds', help: 'Time that a heartbeat takes', buckets: [0.01, 0.1, 1] }),
    asyncValidationDelayFromFirstSeenSec: register.histogram({ name: 'gossipsub_async_validation_delay_from_first_seen', help: 'Time that a message waited for the verdict of the application, s', buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10] }),
    msgPublishTime: register.histogram({ name: 'gossipsub_msg_publish_seconds', help: 'Time that publishing takes', labelNames: ['topic'], buckets: [0.001, 0.002, 0.005, 0.01, 0.1, 0.5, 1] }),
    duplicateMsgDeliveryDelay: register.histogram({ name: 'gossisub_duplicate_msg_delivery_delay_seconds', help: 'Time from the validation of a message to a copy of it', labelNames: ['topic'], buckets: around(maxMeshMessageDeliveriesWindowSec) }),
    scoreCachedDelta: register.histogram({ name: 'gossipsub_score_cache_delta', help: 'How far a score moved while it was not computed', buckets: [10, 100, 1000] }),
    behaviourPenalty: register.histogram({ name: 'gossipsub_peer_stat_behaviour_penalty', help: 'The counters of misbehaviour of all peers', buckets: around(behaviourPenaltyThreshold) }),
    iwantPromiseDeliveryTime: register.histogram({ name: 'gossipsub_iwant_promise_delivery_seconds', help: 'Time that promised messages took', buckets: around(gossipPromiseExpireSec).slice(1) }),
    connectedPeersBackoffSec: register.histogram({ name: 'gossipsub_connected_peers_backoff_seconds', help: 'What is left of the backoffs', buckets: [1, 2, 4, 10, 20, 60, 120] }),
    score: register.avgMinMax({ name: 'gossipsub_score', help: 'Scores of all peers' }),
    scoreWeights: register.avgMinMax({ name: 'gossipsub_score_weights', help: 'What each component adds to the scores of all peers', labelNames: ['topic', 'p'] }),
    scorePerMesh: register.avgMinMax({ name: 'gossipsub_score_per_mesh', help: 'Scores of mesh peers', labelNames: ['topic'] })
  }
}

/** Buckets from a quarter of a value to four times that. */
function around (value: number): number[] {
  return [0.25, 0.5, 1, 2, 4].map(factor => factor * value)
}

function mapValues<K extends string, V, W> (record: Readonly<Record<K, V>>, map: (value: V) => W): Record<K, W> {
  const mapped: Partial<Record<K, W>> = {}

  for (const key of Object.keys(record) as K[]) {
    mapped[key] = map(record[key])
  }

  return mapped as Record<K, W>
}
