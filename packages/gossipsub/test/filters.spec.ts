import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'aegir/chai'
import { connect, createNode, stopNodes, until, untilSubscribed } from './fixtures/node.ts'

const TOPIC = 'news'

describe('filters of the application', () => {
  afterEach(stopNodes)

  it('a subscription that the filter does not let through is neither made nor remembered', async () => {
    const [filtering, other] = await Promise.all([createNode({ subscriptionFilter: { pattern: /^n/ } }), createNode()])
    other.pubsub.subscribe('sport')
    other.pubsub.subscribe(TOPIC)
    await connect(filtering, other)
    await until(() => filtering.pubsub.getSubscribers(TOPIC).length === 1)

    expect(filtering.pubsub.getSubscribers('sport')).to.be.empty()
    expect(filtering.pubsub.dropCounters['topic-not-allowed']).to.equal(1)
    expect(() => { filtering.pubsub.subscribe('sport') }).to.throw().with.property('name', 'InvalidParametersError')
  })

  it('what a blacklisted peer sends is dropped, and so is what it wrote, until it is let off', async () => {
    const [author, relay, reader] = await Promise.all([createNode(), createNode(), createNode()])
    const received: number[] = []
    reader.pubsub.addEventListener('message', ({ detail }) => { received.push(detail.data[0]) })
    ;[author, relay, reader].forEach(({ pubsub }) => { pubsub.subscribe(TOPIC) })
    await connect(author, relay)
    await connect(relay, reader)
    await untilSubscribed(TOPIC, author, reader)
    await until(() => reader.pubsub.getMeshPeers(TOPIC).length > 0)

    reader.pubsub.blacklist.add(author.libp2p.peerId.toString())
    await author.pubsub.publish(TOPIC, Uint8Array.of(1))
    await until(() => reader.pubsub.dropCounters['blacklisted-author'] === 1)

    reader.pubsub.blacklist.delete(author.libp2p.peerId.toString())
    await author.pubsub.publish(TOPIC, Uint8Array.of(2))
    await until(() => received.length === 1)

    reader.pubsub.blacklist.add(relay.libp2p.peerId.toString())
    await relay.pubsub.publish(TOPIC, Uint8Array.of(3))
    await sleep(300)
    expect(received).to.deep.equal([2])
    expect(reader.pubsub.getMeshPeers(TOPIC)).to.be.empty()
  })
})
