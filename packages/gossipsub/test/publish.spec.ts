import { expect } from 'aegir/chai'
import { PublishError, StrictNoSign } from '../src/index.ts'
import { connect, createBareNode, createNode, stopNodes, until } from './fixtures/node.ts'
import type { TestNode } from './fixtures/node.ts'
import type { GossipsubOpts, Message, PublishErrorCode } from '../src/index.ts'

const TOPIC = 'topic'
const DATA = Uint8Array.of(1, 2, 3)

async function pair (options: Partial<GossipsubOpts> = {}): Promise<[TestNode, TestNode]> {
  const nodes = await Promise.all([createNode(options), createNode(options)])
  nodes[1].pubsub.subscribe(TOPIC)
  await connect(...nodes)
  await until(() => nodes[0].pubsub.getSubscribers(TOPIC).length === 1)

  return nodes
}

async function failsWith (code: PublishErrorCode, publish: Promise<unknown>): Promise<void> {
  await expect(publish).to.eventually.be.rejectedWith(PublishError, new RegExp(`^PublishError\\.${code}$`))
    .and.have.property('code', code)
}

afterEach(stopNodes)

describe('publishing', () => {
  it('before start and after stop: PublishError.Uninitialized', async () => {
    const { pubsub } = await createBareNode()
    await failsWith('Uninitialized', pubsub.publish(TOPIC, DATA))
    await pubsub.start()
    await pubsub.stop()
    await failsWith('Uninitialized', pubsub.publish(TOPIC, DATA))
  })

  it('to nobody: PublishError.NoPeersSubscribedToTopic, and trying again later is no duplicate', async () => {
    const [a, b] = await pair({ globalSignaturePolicy: StrictNoSign })
    await failsWith('NoPeersSubscribedToTopic', a.pubsub.publish('other', DATA))
    b.pubsub.subscribe('other')
    await until(() => a.pubsub.getSubscribers('other').length === 1)

    expect((await a.pubsub.publish('other', DATA)).recipients).to.have.lengthOf(1)
  })

  it('to nobody is fine if the service or the call says so', async () => {
    const lenient = await createNode({ allowPublishToZeroTopicPeers: true })
    const strict = await createNode()

    expect(await lenient.pubsub.publish(TOPIC, DATA)).to.deep.equal({ recipients: [] })
    expect(await strict.pubsub.publish(TOPIC, DATA, { allowPublishToZeroTopicPeers: true })).to.deep.equal({ recipients: [] })
    await failsWith('NoPeersSubscribedToTopic', lenient.pubsub.publish(TOPIC, DATA, { allowPublishToZeroTopicPeers: false }))
  })

  it('the same twice: PublishError.Duplicate, unless the service or the call ignores it', async () => {
    const [a] = await pair({ globalSignaturePolicy: StrictNoSign })
    await a.pubsub.publish(TOPIC, DATA)

    await failsWith('Duplicate', a.pubsub.publish(TOPIC, DATA))
    expect(await a.pubsub.publish(TOPIC, DATA, { ignoreDuplicatePublishError: true })).to.deep.equal({ recipients: [] })
  })

  it('the same twice at the same time: one is the duplicate', async () => {
    const [a] = await pair({ globalSignaturePolicy: StrictNoSign })
    const results = await Promise.allSettled([a.pubsub.publish(TOPIC, DATA), a.pubsub.publish(TOPIC, DATA)])

    expect(results.map(({ status }) => status).sort()).to.deep.equal(['fulfilled', 'rejected'])
  })

  it('the same twice under StrictSign is two messages', async () => {
    const [a, b] = await pair()
    let count = 0
    b.pubsub.addEventListener('message', () => { count++ })
    await a.pubsub.publish(TOPIC, DATA)
    await a.pubsub.publish(TOPIC, DATA)
    await until(() => count === 2)

    expect(count).to.equal(2)
  })

  it('beyond the size of a frame: PublishError.MessageTooLarge, and nothing is lost', async () => {
    const [a, b] = await pair({ maxInboundDataLength: 10_000 })
    const received: Message[] = []
    b.pubsub.addEventListener('message', evt => { received.push(evt.detail) })

    await failsWith('MessageTooLarge', a.pubsub.publish(TOPIC, new Uint8Array(10_000)))
    await a.pubsub.publish(TOPIC, new Uint8Array(9_800))
    await until(() => received.length === 1)
    expect(b.pubsub.dropCounters).to.deep.equal({})
  })

  it('without data: an empty message', async () => {
    const [a, b] = await pair()
    const received: Message[] = []
    b.pubsub.addEventListener('message', evt => { received.push(evt.detail) })
    await a.pubsub.publish(TOPIC)
    await until(() => received.length === 1)

    expect(received[0].data).to.deep.equal(new Uint8Array(0))
  })

  it('emitSelf: we get what we publish on a topic that we are subscribed to, and are a recipient', async () => {
    const { pubsub, libp2p } = await createNode({ emitSelf: true })
    const received: Message[] = []
    pubsub.addEventListener('message', evt => { received.push(evt.detail) })
    pubsub.subscribe(TOPIC)

    const { recipients } = await pubsub.publish(TOPIC, DATA)
    expect(recipients).to.deep.equal([libp2p.peerId])
    expect(received.map(({ data }) => data)).to.deep.equal([DATA])
    await failsWith('NoPeersSubscribedToTopic', pubsub.publish('other', DATA))
  })

  it('by default we do not get what we publish', async () => {
    const [a, b] = await pair()
    let own = 0
    let others = 0
    a.pubsub.addEventListener('message', () => { own++ })
    b.pubsub.addEventListener('message', () => { others++ })
    a.pubsub.subscribe(TOPIC)
    await until(() => a.pubsub.getMeshPeers(TOPIC).length === 1 && b.pubsub.getMeshPeers(TOPIC).length === 1)
    await a.pubsub.publish(TOPIC, DATA)
    await until(() => others === 1)

    expect(own).to.equal(0)
  })

  it('names messages by the function of the application, be it asynchronous', async () => {
    for (const msgIdFn of [
      ({ data }: Message) => Uint8Array.of(0xff, data[0]),
      async ({ data }: Message) => Uint8Array.of(0xff, data[0])
    ]) {
      const [a, b] = await pair({ msgIdFn, msgIdToStrFn: id => id.join('.') })
      const ids: string[] = []
      b.pubsub.addEventListener('gossipsub:message', evt => { ids.push(evt.detail.msgId) })

      for (const first of [7, 8, 9]) {
        await a.pubsub.publish(TOPIC, Uint8Array.of(first, 1))
      }

      await failsWith('Duplicate', a.pubsub.publish(TOPIC, Uint8Array.of(7, 2)))
      await until(() => ids.length === 3)
      expect(ids).to.deep.equal(['255.7', '255.8', '255.9'])
    }
  })
})
