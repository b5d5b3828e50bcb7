import { expect } from 'aegir/chai'
import { TopicValidatorResult } from '../../src/index.ts'
import { MetricsObserver } from '../../src/metrics/observer.ts'
import { WriteCounters } from '../../src/net/write-counters.ts'
import { createPeerScoreParams, createPeerScoreThresholds, createTopicScoreParams } from '../../src/score.ts'
import { Harness, SELF, TOPIC } from '../router/harness.ts'
import { RecordingRegister } from './recording-register.ts'
import type { MetricsSource } from '../../src/metrics/source.ts'
import type { RoutedMessage } from '../../src/router/events.ts'

const PEERS = ['a', 'b', 'c', 'd', 'e', 'f']
const LABEL = 'label'

describe('metrics: observer', () => {
  let harness: Harness
  let recorded: RecordingRegister
  let observer: MetricsObserver
  let sizes: ReturnType<MetricsSource['sizes']>
  let drops: MetricsSource['drops']
  let writes: WriteCounters

  beforeEach(() => {
    harness = new Harness({ D: 3, Dlo: 2, Dhi: 4, Dscore: 2, Dout: 0, idontwantMinDataSize: 1 })
    recorded = new RecordingRegister()
    sizes = {}
    drops = {}
    writes = new WriteCounters()
    observer = observe(harness, recorded, {
      writes,
      sizes: () => sizes,
      get drops () { return drops }
    })
  })

  it('says which protocols are spoken and what we are subscribed to', () => {
    harness.join()
    harness.join('other')
    harness.leave('other')

    expect(recorded.value('gossipsub_protocol{protocol=/meshsub/1.2.0}')).to.equal(1)
    expect(recorded.value(`gossipsub_topic_subscription_status{topicStr=${TOPIC}}`)).to.equal(1)
    expect(recorded.values.get('gossipsub_topic_subscription_status{topicStr=other}')).to.equal(0)
  })

  it('counts received messages by what became of them', () => {
    harness.connectSubscribers(PEERS)
    harness.join()
    const [good, ignored, bad] = ['1', '2', '3'].map(message)

    harness.message('a', good, ignored, bad)
    harness.message('b', good)
    harness.receive('c', { invalid: [TOPIC] })
    report(good, TopicValidatorResult.Accept)
    report(ignored, TopicValidatorResult.Ignore)
    report(bad, TopicValidatorResult.Reject)
    recorded.scrape()

    expect(byTopic('gossipsub_msg_received_prevalidation_total')).to.equal(5)
    expect(byTopic('gossipsub_pre_validation_valid_total')).to.equal(3)
    expect(byTopic('gossipsub_pre_validation_duplicate_total')).to.equal(1)
    expect(byTopic('gossipsub_pre_validation_invalid_total')).to.equal(1)
    expect(byTopic('gossipsub_accepted_messages_total')).to.equal(1)
    expect(byTopic('gossipsub_ignored_messages_total')).to.equal(1)
    expect(byTopic('gossipsub_rejected_messages_total')).to.equal(1)
    expect(byTopic('gossipsub_msg_received_invalid_by_topic_total')).to.equal(1)
    expect(byTopic('gossipsub_msg_forward_count_total')).to.equal(1)
    // neither to who sent it nor to who is not in the mesh
    expect(byTopic('gossipsub_msg_forward_peers_total')).to.equal(harness.mesh().filter(peer => peer !== 'a' && peer !== 'b').length)
    expect(recorded.value('gossipsub_rpc_recv_message_total')).to.equal(5)
  })

  it('counts a message as valid only once, and not when its signature does not hold', () => {
    harness.connectSubscribers(PEERS)
    harness.join()
    const forged = message('forged')

    harness.message('a', forged)
    observer.onVerdict(forged, 'forged')
    recorded.scrape()

    expect(byTopic('gossipsub_pre_validation_valid_total')).to.equal(0)
    expect(byTopic('gossipsub_pre_validation_invalid_total')).to.equal(1)
    expect(byTopic('gossipsub_accepted_messages_total')).to.equal(0)
  })

  it('counts what topic validators say as validity, where nobody reports', () => {
    harness = new Harness()
    recorded = new RecordingRegister()
    observer = observe(harness, recorded, { sizes: () => ({}), drops: { 'validation-rejected': 1 } }, false)
    harness.connectSubscribers(PEERS)
    harness.join()
    const [good, ignored, bad] = ['1', '2', '3'].map(message)

    harness.message('a', good, ignored, bad)
    observer.onVerdict(good, 'accept')
    observer.onVerdict(ignored, 'ignore')
    observer.onVerdict(bad, 'reject')
    recorded.scrape()

    expect(byTopic('gossipsub_pre_validation_valid_total')).to.equal(1)
    expect(byTopic('gossipsub_pre_validation_invalid_total')).to.equal(2)
    expect(byTopic('gossipsub_msg_received_invalid_by_topic_total')).to.equal(2)
    expect(byTopic('gossipsub_accepted_messages_total')).to.equal(1)
    expect(recorded.value('gossipsub_msg_received_invalid_total{error=reject}')).to.equal(1)
  })

  it('measures how long a verdict took, and counts those that nobody waited for', () => {
    harness.connectSubscribers(PEERS)
    harness.join()
    const slow = message('slow')

    harness.message('a', slow)
    harness.now += 250
    report(slow, TopicValidatorResult.Accept)
    observer.onReport(undefined, TopicValidatorResult.Accept, harness.now)
    recorded.scrape()

    expect(recorded.samples.get('gossipsub_async_validation_delay_from_first_seen')).to.deep.equal([0.25])
    expect(recorded.value('gossipsub_async_validation_mcache_hit_total{hit=hit}')).to.equal(1)
    expect(recorded.value('gossipsub_async_validation_mcache_hit_total{hit=miss}')).to.equal(1)
    expect(recorded.value('gossipsub_async_validation_unknown_first_seen_count_total')).to.equal(1)
  })

  it('tells why peers came into the mesh and left it', () => {
    harness.connectSubscribers(PEERS)
    harness.publish(message('0'))
    const fanout = [...harness.router.fanout.get(TOPIC) ?? []]
    harness.join()
    const inMesh = harness.mesh()
    const outside = PEERS.filter(peer => !inMesh.includes(peer))

    outside.forEach(peer => { harness.graft(peer, TOPIC) })
    harness.prune(inMesh[0], TOPIC)
    harness.disconnect(inMesh[1])
    recorded.scrape()

    expect(byTopic('gossipsub_mesh_peer_inclusion_events_fanout_total')).to.equal(fanout.length).and.to.equal(3)
    expect(byTopic('gossipsub_mesh_peer_inclusion_events_random_total')).to.equal(0)
    expect(byTopic('gossipsub_mesh_peer_inclusion_events_subscribed_total')).to.equal(1)
    expect(byTopic('gossipsub_peer_churn_events_prune_total')).to.equal(1)
    expect(byTopic('gossipsub_peer_churn_events_disconnected_total')).to.equal(1)
  })

  it('tells a heartbeat that fills the mesh from one that cuts it down', () => {
    harness.join()
    harness.connect('first')
    harness.subscribe('first', TOPIC)
    recorded.scrape()
    expect(byTopic('gossipsub_mesh_peer_inclusion_events_subscribed_total')).to.equal(1)

    harness.connectSubscribers(PEERS)
    harness.mesh().forEach(peer => { harness.prune(peer, TOPIC) })
    harness.tick()
    recorded.scrape()
    expect(byTopic('gossipsub_mesh_peer_inclusion_events_not_enough_total')).to.equal(3)
    expect(byTopic('gossipsub_mesh_peer_inclusion_events_outbound_total')).to.equal(0)

    harness.connectSubscribers(['g', 'h', 'i'], TOPIC, { isOutbound: true })
    for (const peer of ['g', 'h', 'i']) {
      harness.graft(peer, TOPIC)
    }
    const before = harness.mesh().length
    harness.tick()
    recorded.scrape()
    expect(byTopic('gossipsub_peer_churn_events_excess_total')).to.equal(before - 3).and.to.be.greaterThan(0)
    expect(byTopic('gossipsub_peer_churn_events_bad_score_total')).to.equal(0)
  })

  it('counts what peers say in control messages', () => {
    harness.connectSubscribers(PEERS)
    harness.join()
    const known = message('known')
    const outsider = PEERS.find(peer => !harness.mesh().includes(peer)) ?? 'none'
    harness.validMessage(harness.mesh()[0], known)
    const unknown = [message('u1'), message('u2')]

    harness.ihave(outsider, TOPIC, [known, ...unknown])
    harness.iwant(outsider, [known, unknown[0]])
    harness.idontwant(outsider, [known, unknown[1]])
    recorded.scrape()

    expect(byTopic('gossipsub_ihave_rcv_msgids_total')).to.equal(3)
    expect(byTopic('gossipsub_ihave_rcv_not_seen_msgids_total')).to.equal(2)
    expect(byTopic('gossipsub_iwant_rcv_msgids_total')).to.equal(1)
    expect(recorded.value('gossipsub_iwant_rcv_dont_have_msgids_total')).to.equal(1)
    expect(recorded.value('gossipsub_idontwant_rcv_msgids_total')).to.equal(2)
    expect(recorded.value('gossipsub_idontwant_rcv_dont_have_msgids_total')).to.equal(1)
    expect(recorded.value('gossipsub_iwant_promise_sent_total')).to.equal(1)
  })

  it('counts promises that were broken, and takes the rest for kept', () => {
    harness.connectSubscribers(PEERS)
    harness.join()
    const outsiders = PEERS.filter(peer => !harness.mesh().includes(peer))

    harness.ihave(outsiders[0], TOPIC, [message('never')])
    harness.ihave(outsiders[1], TOPIC, [message('soon')])
    harness.validMessage(outsiders[1], message('soon'))
    sizes = { 'gossipTracer.promises': 1 }
    recorded.scrape()
    expect(recorded.value('gossipsub_iwant_promise_resolved_total')).to.equal(1)

    harness.tick(harness.params.gossipsubIWantFollowupMs + 1)
    sizes = {}
    recorded.scrape()
    expect(recorded.value('gossipsub_iwant_promise_broken')).to.equal(1)
    expect(recorded.value('gossipsub_iwant_promise_resolved_total')).to.equal(1)
    expect(recorded.value('gossipsub_scoring_penalties_total{penalty=broken_promise}')).to.equal(1)
  })

  it('tells to whom own messages went', () => {
    harness.addDirect('f')
    harness.connectSubscribers(PEERS)
    harness.join()
    harness.publish(message('mesh'))
    harness.publish(message('flood'), true)
    observer.onPublished(TOPIC, 3)
    recorded.scrape()

    const meshSize = harness.mesh().length
    expect(meshSize).to.equal(3)
    expect(byTopic('gossipsub_msg_publish_count_total')).to.equal(2)
    expect(byTopic('gossipsub_mesh_peers_published_total')).to.equal(meshSize)
    expect(byTopic('gossipsub_floodsub_peers_published_total')).to.equal(PEERS.length - 1)
    expect(byTopic('gossipsub_direct_peers_published_total')).to.equal(2)
    expect(byTopic('gossipsub_msg_publish_peers_total')).to.equal(meshSize + PEERS.length + 1)
    expect(recorded.samples.get(`gossipsub_msg_publish_seconds{topic=${LABEL}}`)).to.deep.equal([0.003])
  })

  it('reads state when it is scraped', () => {
    harness.connectSubscribers(PEERS)
    harness.join()
    sizes = { mcache: 7, validation: 2, seenCache: 9 }
    drops = { 'malformed-rpc': 3, 'validation-forged': 4 }
    recorded.scrape()

    expect(recorded.value(`gossipsub_topic_peer_count{topicStr=${TOPIC}}`)).to.equal(6)
    expect(recorded.value(`gossipsub_mesh_peer_count{topicStr=${TOPIC}}`)).to.equal(3)
    expect(recorded.value('gossipsub_mcache_size')).to.equal(7)
    expect(recorded.value('gossipsub_mcache_not_validated_count')).to.equal(2)
    expect(recorded.value('gossipsub_cache_size{cache=seenCache}')).to.equal(9)
    expect(recorded.value('gossipsub_cache_size{cache=topics}')).to.equal(1)
    expect(recorded.value('gossipsub_rpc_data_err_count_total')).to.equal(3)
    expect(recorded.value('gossipsub_msg_received_invalid_total{error=invalid_signature}')).to.equal(4)
    expect(recorded.value('gossipsub_peers_per_protocol_count{protocol=/meshsub/1.2.0}')).to.equal(6)
    expect(recorded.value('gossipsub_peers_by_score_threshold_count{threshold=mesh}')).to.equal(6)
    expect(recorded.samples.get('gossipsub_score')).to.deep.equal([0, 0, 0, 0, 0, 0])
    expect(recorded.samples.get(`gossipsub_score_per_mesh{topic=${LABEL}}`)).to.deep.equal([0, 0, 0])
    expect(recorded.samples.get('gossipsub_score_weights{p=p7}')).to.have.lengthOf(6)
    expect(recorded.samples.get('gossipsub_connected_peers_backoff_seconds')).to.deep.equal([1.5])

    PEERS.forEach(peer => { harness.disconnect(peer) })
    recorded.scrape()
    expect(recorded.value(`gossipsub_topic_peer_count{topicStr=${TOPIC}}`)).to.equal(0)
    expect(recorded.value('gossipsub_peers_per_protocol_count{protocol=/meshsub/1.2.0}')).to.equal(0)
  })

  it('adds up what the topics of one label do to the score of a peer', () => {
    const topicParams = createTopicScoreParams({ topicWeight: 1, invalidMessageDeliveriesWeight: -2 })
    harness = new Harness({}, { scoreParams: createPeerScoreParams({ topics: { [TOPIC]: topicParams, twin: topicParams, other: topicParams } }) })
    recorded = new RecordingRegister()
    observe(harness, recorded, { sizes: () => ({}), drops: {} }, true, new Map([[TOPIC, LABEL], ['twin', LABEL]]))
    harness.connect('a')
    harness.receive('a', { invalid: [TOPIC, TOPIC, 'twin', 'other'] })
    recorded.scrape()

    // the square of the counter, times its weight: 4 and 1
    expect(recorded.samples.get(`gossipsub_score_weights{topic=${LABEL},p=p4}`)).to.deep.equal([-10])
    expect(recorded.samples.get('gossipsub_score_weights{topic=unknown,p=p4}')).to.deep.equal([-2])
    expect(recorded.samples.get('gossipsub_score')).to.deep.equal([-12])
  })

  it('tells what was written to streams, by kind', () => {
    Object.assign(writes, { frames: 1, messages: 2, bytes: 3, subscriptions: 4, control: 5, ihave: 6, iwant: 7, graft: 8, prune: 9, idontwant: 10 })
    recorded.scrape()

    const names = ['count', 'message', 'bytes', 'subscription', 'control', 'ihave', 'iwant', 'graft', 'prune', 'idontwant']
    expect(names.map(name => recorded.value(`gossipsub_rpc_sent_${name}_total`))).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  it('does not count twice what was scraped before', () => {
    observer.onFrame(100)
    observer.onHeartbeat(5)
    observer.onHeartbeat(2_000)
    recorded.scrape().scrape()

    expect(recorded.value('gossipsub_rpc_recv_bytes_total')).to.equal(100)
    expect(recorded.value('gossipsub_rpc_recv_count_total')).to.equal(1)
    expect(recorded.value('gossipsub_heartbeat_skipped')).to.equal(1)
    expect(recorded.samples.get('gossipsub_heartbeat_duration_seconds')).to.deep.equal([0.005, 2])
  })

  it('tells only so many topics apart that peers made up', () => {
    harness.connect('a')

    for (let i = 0; i < 3_000; i++) {
      harness.receive('a', { invalid: [`made up ${i}`] })
    }
    recorded.scrape()

    const labels = [...recorded.values.keys()].filter(key => key.startsWith('gossipsub_msg_received_invalid_by_topic_total{'))
    expect(labels).to.have.lengthOf.at.most(1_100)
    expect(recorded.value('gossipsub_msg_received_invalid_by_topic_total{topic=unknown}')).to.be.greaterThan(1_900)
  })

  function byTopic (name: string): number {
    return recorded.value(`${name}{topic=${LABEL}}`)
  }

  function report (message: RoutedMessage, result: TopicValidatorResult): void {
    observer.onReport(message, result, harness.now)
    harness.verdict(message, result)
  }
})

/** Everything that the router is fed goes past the observer. */
function observe (harness: Harness, { register }: RecordingRegister, source: Pick<MetricsSource, 'sizes' | 'drops'> & Partial<Pick<MetricsSource, 'writes'>>, asyncValidation = true, topicStrToLabel = new Map([[TOPIC, LABEL]])): MetricsObserver {
  const { router, params } = harness
  const peers = new Set<string>()
  const observer = new MetricsObserver({
    register,
    topicStrToLabel,
    asyncValidation,
    protocols: ['/meshsub/1.2.0'],
    thresholds: createPeerScoreThresholds(),
    heartbeatIntervalMs: params.heartbeatInterval,
    opportunisticGraftTicks: params.opportunisticGraftTicks,
    gossipPromiseExpireSec: 3,
    behaviourPenaltyThreshold: 1,
    maxMeshMessageDeliveriesWindowSec: 1,
    source: () => ({
      peers,
      mesh: router.mesh,
      fanout: router.fanout,
      topics: router.topics,
      subscriptions: router.subscriptions,
      direct: new Set('f'),
      scores: router.scores,
      drops: source.drops,
      writes: source.writes ?? new WriteCounters(),
      sizes: source.sizes,
      backoffsMs: () => [1_500],
      isSeen: id => router.seen(router.hash.of(id)),
      protocolOf: () => '/meshsub/1.2.0',
      meshParams: () => params
    })
  })
  const handle = router.handle.bind(router)

  router.handle = (event, now) => {
    if (event.type === 'peerConnected') {
      peers.add(event.peer)
    } else if (event.type === 'peerDisconnected') {
      peers.delete(event.peer)
    }

    observer.before(event)
    const actions = handle(event, now)
    observer.observe(event, actions, now)

    return actions
  }

  return observer
}

function message (id: string): RoutedMessage {
  const bytes = Uint8Array.from(Buffer.from(id.padEnd(8)))

  return { id: bytes, topic: TOPIC, encoded: new Uint8Array(64), author: `not ${SELF}`, message: { topic: TOPIC, data: new Uint8Array(10) } }
}
