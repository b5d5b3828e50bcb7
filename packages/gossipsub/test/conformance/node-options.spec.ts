import { expect } from 'aegir/chai'
import { PublishError } from '../../src/index.ts'
import { connect, createBareNode, createNode, stopNodes, until, untilSubscribed } from '../fixtures/node.ts'
import { topicParams } from './worth.ts'
import type { TestNode } from '../fixtures/node.ts'

const TOPIC = 'news'
const MAX_BYTES = 2_048

describe('conformance: a size of messages for a topic', () => {
  afterEach(stopNodes)

  it('rust test_publish_message_with_specific_transmit_size_config, test_validation_message_size_within_topic_specific: within it a message passes', async () => {
    const [sender, receiver] = await createPair(MAX_BYTES, MAX_BYTES)
    const sizes = collectSizes(receiver)

    await sender.pubsub.publish(TOPIC, new Uint8Array(MAX_BYTES - 300))

    await until(() => sizes.length === 1)
    expect(sizes).to.deep.equal([MAX_BYTES - 300])
  })

  it('rust test_publish_large_message_with_specific_transmit_size_config: beyond it publish refuses', async () => {
    const [sender] = await createPair(MAX_BYTES, undefined)

    await expect(sender.pubsub.publish(TOPIC, new Uint8Array(MAX_BYTES + 1))).to.eventually.be.rejectedWith(PublishError)
      .with.property('message', 'PublishError.MessageTooLarge')
  })

  it('rust test_validation_error_message_size_too_large_topic_specific: a larger one is dropped, counted, and costs its sender', async () => {
    const [sender, receiver] = await createPair(undefined, MAX_BYTES)
    const sizes = collectSizes(receiver)

    await sender.pubsub.publish(TOPIC, new Uint8Array(MAX_BYTES + 1))
    await sender.pubsub.publish(TOPIC, new Uint8Array(1))

    await until(() => sizes.length === 1)
    expect(sizes).to.deep.equal([1])
    expect(receiver.pubsub.dropCounters['message-too-large']).to.equal(1)
    expect(receiver.pubsub.getScore(sender.libp2p.peerId.toString())).to.be.below(0)
  })
})

describe('conformance: stream limits', () => {
  afterEach(stopNodes)

  it('js should allow configuring stream limits: they reach the registrar', async () => {
    const { libp2p, pubsub } = await createBareNode({ maxInboundStreams: 7, maxOutboundStreams: 5, runOnLimitedConnection: true })
    await pubsub.start()
    const { options } = libp2p.services.components.registrar.getHandler('/meshsub/1.2.0')

    expect(options).to.include({ maxInboundStreams: 7, maxOutboundStreams: 5, runOnLimitedConnection: true })
  })
})

/** Two connected subscribers, with a size of the topic each. */
async function createPair (...maxMessageSizes: Array<number | undefined>): Promise<TestNode[]> {
  const scoreParams = { topics: { [TOPIC]: topicParams({ invalidMessageDeliveriesWeight: -1 }) } }
  const nodes = await Promise.all(maxMessageSizes.map(async maxMessageSize => createNode({ topics: { [TOPIC]: { maxMessageSize } }, scoreParams })))
  nodes.forEach(({ pubsub }) => { pubsub.subscribe(TOPIC) })
  await connect(nodes[0], nodes[1])
  await untilSubscribed(TOPIC, ...nodes)

  return nodes
}

function collectSizes ({ pubsub }: TestNode): number[] {
  const sizes: number[] = []
  pubsub.addEventListener('message', ({ detail }) => { sizes.push(detail.data.byteLength) })

  return sizes
}
