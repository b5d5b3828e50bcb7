import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'aegir/chai'
import { TopicValidatorResult } from '../src/index.ts'
import { connect, createNode, stopNodes, until, untilSubscribed } from './fixtures/node.ts'
import type { TestNode } from './fixtures/node.ts'
import type { GossipsubMessage, GossipsubOpts } from '../src/index.ts'

const TOPIC = 'asked'

/** A line of three nodes of which the middle one is asked about messages. */
async function createLine (options: Partial<GossipsubOpts> = {}): Promise<{ first: TestNode, middle: TestNode, last: TestNode, asked: GossipsubMessage[], received: GossipsubMessage[] }> {
  const [first, middle, last] = await Promise.all([createNode(), createNode({ asyncValidation: true, ...options }), createNode()])
  const asked: GossipsubMessage[] = []
  const received: GossipsubMessage[] = []
  middle.pubsub.addEventListener('gossipsub:message', ({ detail }) => { asked.push(detail) })
  last.pubsub.addEventListener('gossipsub:message', ({ detail }) => { received.push(detail) })

  for (const node of [first, middle, last]) {
    node.pubsub.subscribe(TOPIC)
  }

  await connect(first, middle)
  await connect(middle, last)
  await untilSubscribed(TOPIC, first, last)
  await until(() => middle.pubsub.getMeshPeers(TOPIC).length === 2)

  return { first, middle, last, asked, received }
}

function report (node: TestNode, { msgId, propagationSource }: GossipsubMessage, result: TopicValidatorResult): void {
  node.pubsub.reportMessageValidationResult(msgId, propagationSource.toString(), result)
}

describe('asynchronous validation', () => {
  afterEach(stopNodes)

  it('shows a message once, and forwards it when it is accepted', async () => {
    const { first, middle, asked, received } = await createLine()
    let plain = 0
    middle.pubsub.addEventListener('message', () => { plain++ })

    await first.pubsub.publish(TOPIC, Uint8Array.of(1))
    await until(() => asked.length === 1)
    await sleep(100)
    expect(received).to.be.empty()

    report(middle, asked[0], TopicValidatorResult.Accept)
    await until(() => received.length === 1)
    expect(received[0].msg.data).to.equalBytes(Uint8Array.of(1))
    expect(received[0].propagationSource.equals(middle.libp2p.peerId)).to.equal(true)
    expect(asked).to.have.lengthOf(1)
    expect(plain).to.equal(1)
  })

  for (const result of [TopicValidatorResult.Ignore, TopicValidatorResult.Reject]) {
    it(`does not forward a message on ${result}`, async () => {
      const { first, middle, asked, received } = await createLine()

      await first.pubsub.publish(TOPIC, Uint8Array.of(1))
      await first.pubsub.publish(TOPIC, Uint8Array.of(2))
      await until(() => asked.length === 2)
      report(middle, asked[0], result)
      report(middle, asked[1], TopicValidatorResult.Accept)

      await until(() => received.length === 1)
      expect(received[0].msg.data).to.equalBytes(Uint8Array.of(2))
      expect(middle.pubsub.dropCounters[result === TopicValidatorResult.Ignore ? 'validation-ignored' : 'validation-rejected']).to.equal(1)
    })
  }

  it('late, repeated and unknown reports are harmless', async () => {
    const { first, middle, asked, received } = await createLine({ validationTimeout: 300 })

    await first.pubsub.publish(TOPIC, Uint8Array.of(1))
    await until(() => asked.length === 1)
    await until(() => middle.pubsub.dropCounters['validation-timeout'] === 1)
    report(middle, asked[0], TopicValidatorResult.Accept)
    middle.pubsub.reportMessageValidationResult('unknown', 'unknown', TopicValidatorResult.Accept)

    await first.pubsub.publish(TOPIC, Uint8Array.of(2))
    await until(() => asked.length === 2)
    report(middle, asked[1], TopicValidatorResult.Accept)
    report(middle, asked[1], TopicValidatorResult.Reject)
    await until(() => received.length === 1)
    expect(received[0].msg.data).to.equalBytes(Uint8Array.of(2))
  })

  it('a message whose id has no text is ignored, and those after it are shown', async () => {
    let texts = 0
    const { first, middle, asked } = await createLine({
      msgIdToStrFn: id => {
        if (++texts === 1) {
          throw new Error('no text')
        }

        return id.join()
      }
    })

    await first.pubsub.publish(TOPIC, Uint8Array.of(1))
    await first.pubsub.publish(TOPIC, Uint8Array.of(2))
    await until(() => asked.length > 0)

    expect(asked.map(({ msg }) => msg.data[0])).to.deep.equal([2])
    expect(middle.pubsub.dropCounters['validation-ignored']).to.equal(1)
  })

  it('a validator of the topic is asked first', async () => {
    const { first, middle, asked } = await createLine()
    middle.pubsub.topicValidators.set(TOPIC, (_, { data }) => data[0] === 1 ? TopicValidatorResult.Reject : TopicValidatorResult.Accept)

    await first.pubsub.publish(TOPIC, Uint8Array.of(1))
    await first.pubsub.publish(TOPIC, Uint8Array.of(2))
    await until(() => asked.length > 0)

    expect(asked.map(({ msg }) => msg.data[0])).to.deep.equal([2])
  })

  it('peers wait while too many messages are not reported on, and nothing is lost', async () => {
    const { first, middle, asked } = await createLine({ maxPendingValidations: 8 })

    for (let i = 0; i < 20; i++) {
      await first.pubsub.publish(TOPIC, Uint8Array.of(i))
    }

    await until(() => asked.length === 4)
    await sleep(100)
    expect(asked).to.have.lengthOf(4)

    for (let i = 0; i < 20; i++) {
      await until(() => asked.length > i)
      report(middle, asked[i], TopicValidatorResult.Accept)
    }

    expect(asked.map(({ msg }) => msg.data[0])).to.deep.equal(Array.from({ length: 20 }, (_, i) => i))
  })
})
