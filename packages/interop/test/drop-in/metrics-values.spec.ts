/**
 * What the metrics say: one node of either implementation in the middle of three others, through the same traffic.
 */
import { TopicValidatorResult } from '@libp2p/gossipsub'
import { expect } from 'aegir/chai'
import { implementations } from './implementations.ts'
import { sleep, startNode, until } from './nodes.ts'
import { RecordingRegister } from './recording-register.ts'
import type { ImplementationName } from './implementations.ts'
import type { Node } from './nodes.ts'
import type { GossipsubOpts } from '@libp2p/gossipsub'

const TOPIC = 'measured'
const OPTIONS: Partial<GossipsubOpts> = { heartbeatInterval: 200, msgIdFn: ({ data }) => data }

/** Equal in both: the traffic leaves no choice. */
const EQUAL = [
  'gossipsub_protocol{protocol=/meshsub/1.2.0}', 'gossipsub_protocol{protocol=/floodsub/1.0.0}',
  'gossipsub_topic_subscription_status{topicStr=measured}', 'gossipsub_topic_subscription_status{topicStr=left}',
  'gossipsub_topic_peer_count{topicStr=measured}', 'gossipsub_mesh_peer_count{topicStr=measured}',
  'gossipsub_peers_per_protocol_count{protocol=/meshsub/1.2.0}',
  'gossipsub_accepted_messages_total{topic=label}', 'gossipsub_ignored_messages_total{topic=label}', 'gossipsub_rejected_messages_total{topic=label}',
  'gossipsub_async_validation_mcache_hit_total{hit=hit}', 'gossipsub_async_validation_mcache_hit_total{hit=miss}',
  'gossipsub_async_validation_delay_from_first_seen',
  'gossipsub_msg_received_prevalidation_total{topic=label}', 'gossipsub_pre_validation_valid_total{topic=label}',
  'gossipsub_pre_validation_duplicate_total{topic=label}', 'gossipsub_msg_received_invalid_by_topic_total{topic=label}',
  'gossipsub_msg_forward_count_total{topic=label}', 'gossipsub_msg_forward_peers_total{topic=label}',
  'gossipsub_msg_publish_count_total{topic=label}', 'gossipsub_msg_publish_peers_total{topic=label}', 'gossipsub_msg_publish_bytes_total{topic=label}',
  'gossipsub_mesh_peers_published_total{topic=label}', 'gossipsub_floodsub_peers_published_total{topic=label}',
  'gossisub_ignored_published_duplicate_msgs_total{topic=label}',
  'gossipsub_rpc_sent_prune_total', 'gossipsub_mesh_peer_inclusion_events_random_total{topic=left}',
  'gossipsub_rpc_recv_message_total', 'gossipsub_rpc_sent_message_total',
  'gossipsub_peers_by_score_threshold_count{threshold=mesh}', 'gossipsub_peers_by_score_threshold_count{threshold=graylist}',
  'gossipsub_score', 'gossipsub_score_weights{p=p5}', 'gossipsub_score_per_mesh{topic=label}', 'gossipsub_peer_stat_behaviour_penalty',
  'gossipsub_cache_size{cache=peers}', 'gossipsub_cache_size{cache=mesh}', 'gossipsub_cache_size{cache=topics}', 'gossipsub_cache_size{cache=direct}',
  'gossipsub_cache_size{cache=subscriptions}', 'gossipsub_cache_size{cache=streamsOutbound}', 'gossipsub_cache_size{cache=streamsInbound}'
]

/** Above 0 in both: how much depends on how things are packed, and on time. */
const POSITIVE = [
  'gossipsub_heartbeat_duration_seconds', 'gossipsub_msg_publish_seconds{topic=label}', 'gossipsub_rpc_recv_bytes_total', 'gossipsub_rpc_recv_count_total', 'gossipsub_rpc_recv_subscription_total',
  'gossipsub_rpc_recv_control_total', 'gossipsub_rpc_recv_graft_total', 'gossipsub_rpc_sent_bytes_total', 'gossipsub_rpc_sent_count_total',
  'gossipsub_rpc_sent_subscription_total', 'gossipsub_rpc_sent_control_total', 'gossipsub_rpc_sent_graft_total', 'gossipsub_cache_size{cache=seenCache}', 'gossipsub_mcache_size',
  'gossipsub_mesh_peer_inclusion_events_subscribed_total{topic=label}'
]

/** Nothing of the kind happened. */
const ZERO = [
  'gossipsub_peer_read_stream_err_count_total', 'gossipsub_rpc_data_err_count_total', 'gossipsub_rpc_recv_err_count_total',
  'gossipsub_rpc_rcv_not_accepted_total', 'gossipsub_pre_validation_invalid_total{topic=label}', 'gossipsub_msg_received_error_total{topic=label}',
  'gossipsub_msg_received_invalid_total{error=invalid_signature}', 'gossipsub_iwant_promise_broken', 'gossipsub_fastmsgid_cache_collision_total',
  'gossipsub_peer_churn_events_disconnected_total{topic=label}', 'gossipsub_peer_churn_events_bad_score_total{topic=label}'
]

describe('drop-in: what the metrics say', function () {
  this.timeout(30_000)

  it('agrees on the same traffic', async () => {
    const [ours, theirs] = await Promise.all([measure('quicmesh'), measure('libp2p')])
    const pick = (values: Record<string, number>, keys: string[]): object => Object.fromEntries(keys.map(key => [key, values[key] ?? 0]))

    expect(pick(ours, EQUAL)).to.deep.equal(pick(theirs, EQUAL))

    for (const [name, values] of Object.entries({ ours, theirs })) {
      POSITIVE.forEach(key => { expect(values[key], `${key} of ${name}`).to.be.greaterThan(0) })
      ZERO.forEach(key => { expect(values[key] ?? 0, `${key} of ${name}`).to.equal(0) })
    }

    expect(ours).to.include({ 'gossipsub_accepted_messages_total{topic=label}': 4, 'gossipsub_msg_forward_peers_total{topic=label}': 8, gossipsub_rpc_sent_prune_total: 3 })
  })
})

async function measure (name: ImplementationName): Promise<Record<string, number>> {
  const register = new RecordingRegister()
  const middle = await startNode(implementations[name]({
    ...OPTIONS,
    asyncValidation: true,
    metricsRegister: register,
    metricsTopicStrToLabel: new Map([[TOPIC, 'label']])
  }))
  const others = await Promise.all([0, 1, 2].map(async () => startNode(implementations.libp2p(OPTIONS))))
  const nodes = [middle, ...others]
  let heartbeats = 0
  middle.services.pubsub.addEventListener('gossipsub:heartbeat', () => { heartbeats++ })

  try {
    await join(middle, others)
    await receive(middle, others)
    await publish(middle, others)
    await joinAndLeave(middle, others)
    await until(() => heartbeats > 0)

    return register.scrape()
  } finally {
    await Promise.all(nodes.map(async node => node.stop()))
  }
}

/** The others subscribe first and then connect, and have the one in the middle in their meshes. */
async function join (middle: Node, others: Node[]): Promise<void> {
  const nodes = [middle, ...others]

  nodes.forEach(node => { node.services.pubsub.subscribe(TOPIC) })
  await Promise.all(others.map(async node => node.dial(middle.getMultiaddrs())))
  await until(() => middle.services.pubsub.getMeshPeers(TOPIC).length === others.length)
  await until(() => others.every(node => node.services.pubsub.getMeshPeers(TOPIC).length === 1))
}

/** Six messages come in, of which four are good. */
async function receive (middle: Node, others: Node[]): Promise<void> {
  let reported = 0
  const received = others.map(countOf)
  const { pubsub } = middle.services

  pubsub.addEventListener('gossipsub:message', ({ detail: { msgId, propagationSource, msg } }) => {
    pubsub.reportMessageValidationResult(msgId, propagationSource.toString(), verdictOn(Buffer.from(msg.data).toString()))
    reported++
  })

  for (const text of ['good 1', 'good 2', 'good 3', 'good 4', 'ignore', 'reject']) {
    await others[0].services.pubsub.publish(TOPIC, Buffer.from(text))
  }

  await until(() => reported === 6 && received[1]() === 4 && received[2]() === 4)
  pubsub.reportMessageValidationResult('unknown', others[0].peerId.toString(), TopicValidatorResult.Accept)
}

/** Two messages go out, one through the mesh alone; the other is published twice. */
async function publish (middle: Node, others: Node[]): Promise<void> {
  const received = others.map(countOf)
  const { pubsub } = middle.services

  await pubsub.publish(TOPIC, Buffer.from('mesh'), { floodPublish: false })
  await pubsub.publish(TOPIC, Buffer.from('flood'), { floodPublish: true })
  await pubsub.publish(TOPIC, Buffer.from('flood'), { ignoreDuplicatePublishError: true })
  await until(() => received.every(count => count() === 2))
}

/** It grafts all that are there, and prunes them. */
async function joinAndLeave (middle: Node, others: Node[]): Promise<void> {
  const { pubsub } = middle.services

  others.forEach(node => { node.services.pubsub.subscribe('left') })
  await until(() => pubsub.getSubscribers('left').length === others.length)
  pubsub.subscribe('left')
  pubsub.unsubscribe('left')
  // ours counts what it sends when it is written, at the end of the turn
  await sleep(0)
}

function verdictOn (text: string): TopicValidatorResult {
  switch (text) {
    case 'ignore': return TopicValidatorResult.Ignore
    case 'reject': return TopicValidatorResult.Reject
    default: return TopicValidatorResult.Accept
  }
}

function countOf (node: Node): () => number {
  let count = 0
  node.services.pubsub.addEventListener('message', () => { count++ })

  return () => count
}
