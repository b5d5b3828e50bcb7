import { expect } from 'aegir/chai'
import { TopicValidatorResult } from '../../src/index.ts'
import { createTopicScoreParams } from '../../src/score.ts'
import { connect, createNode, stopNodes, until, untilSubscribed } from '../fixtures/node.ts'
import type { GossipsubMessage } from '../../src/index.ts'

const TOPIC = 'counted'

describe('defects: first deliveries', () => {
  afterEach(stopNodes)

  it('defect 26: under asyncValidation a message counts once for P2, however often it is accepted', async () => {
    const scoreParams = { decayInterval: 3_600_000, topics: { [TOPIC]: createTopicScoreParams({ firstMessageDeliveriesDecay: 0.9 }) } }
    const [author, relay, last] = await Promise.all([createNode(), createNode({ asyncValidation: true, scoreParams }), createNode()])
    const asked: GossipsubMessage[] = []
    const received: GossipsubMessage[] = []
    relay.pubsub.addEventListener('gossipsub:message', ({ detail }) => { asked.push(detail) })
    last.pubsub.addEventListener('gossipsub:message', ({ detail }) => { received.push(detail) })
    for (const { pubsub } of [author, relay, last]) {
      pubsub.subscribe(TOPIC)
    }
    await connect(author, relay)
    await connect(relay, last)
    await untilSubscribed(TOPIC, author, last)
    await until(() => relay.pubsub.getMeshPeers(TOPIC).length === 2)

    for (let count = 1; count <= 3; count++) {
      await author.pubsub.publish(TOPIC, Uint8Array.of(count))
      await until(() => asked.length === count)
      const { msgId, propagationSource } = asked[count - 1]
      relay.pubsub.reportMessageValidationResult(msgId, propagationSource.toString(), TopicValidatorResult.Accept)
      relay.pubsub.reportMessageValidationResult(msgId, propagationSource.toString(), TopicValidatorResult.Accept)
      await until(() => received.length === count)
    }

    const stats = relay.pubsub.dumpPeerScoreStats()[author.libp2p.peerId.toString()]
    expect(stats.topics[TOPIC].firstMessageDeliveries).to.equal(3)
  })
})
