import { runInNewContext } from 'node:vm'
import { expect } from 'aegir/chai'
import { TopicValidatorResult } from '../src/index.ts'
import { connect, createNode, stopNodes, until } from './fixtures/node.ts'
import type { TestNode } from './fixtures/node.ts'
import type { TopicValidatorFn } from '../src/index.ts'

const TOPIC = 'topic'
const LAST = 0xff

/** The promises of another realm, as there are in tests that run in a context of their own. */
const elsewhere: PromiseConstructor = runInNewContext('Promise')

function failing (code?: string): Error {
  return Object.assign(new Error('no'), code == null ? {} : { code })
}

afterEach(stopNodes)

describe('a topic validator', () => {
  let nodes: [TestNode, TestNode]
  let received: number[]

  beforeEach(async () => {
    nodes = await Promise.all([createNode(), createNode()])
    received = []
    nodes[1].pubsub.addEventListener('message', evt => { received.push(evt.detail.data[0]) })
    nodes[1].pubsub.subscribe(TOPIC)
    await connect(...nodes)
    await until(() => nodes[0].pubsub.getSubscribers(TOPIC).length === 1)
  })

  /** Publish one message for the validator and one that says that it is over. */
  async function publish (validator: TopicValidatorFn): Promise<void> {
    nodes[1].pubsub.topicValidators.set(TOPIC, (peer, message) => message.data[0] === LAST ? TopicValidatorResult.Accept : validator(peer, message))
    await nodes[0].pubsub.publish(TOPIC, Uint8Array.of(1))
    await nodes[0].pubsub.publish(TOPIC, Uint8Array.of(LAST))
    await until(() => received.includes(LAST))
  }

  async function expectOutcome (validator: TopicValidatorFn, drops: object): Promise<void> {
    await publish(validator)
    await until(() => received.includes(1) || Object.keys(nodes[1].pubsub.dropCounters).length > 0)
    expect(nodes[1].pubsub.dropCounters).to.deep.equal(drops)
    expect(received.includes(1)).to.equal(Object.keys(drops).length === 0)
  }

  const outcomes: Record<string, [TopicValidatorFn, object]> = {
    'Accept: the message is delivered': [() => TopicValidatorResult.Accept, {}],
    'Ignore: it is dropped': [() => TopicValidatorResult.Ignore, { 'validation-ignored': 1 }],
    'Reject: it is dropped': [() => TopicValidatorResult.Reject, { 'validation-rejected': 1 }],
    'throws: Ignore': [() => { throw failing() }, { 'validation-ignored': 1 }],
    'throws with the code of Ignore: Ignore': [() => { throw failing('ERR_TOPIC_VALIDATOR_IGNORE') }, { 'validation-ignored': 1 }],
    'defect 21: throws with the code of Reject: Reject': [() => { throw failing('ERR_TOPIC_VALIDATOR_REJECT') }, { 'validation-rejected': 1 }]
  }

  for (const [name, [validator, drops]] of Object.entries(outcomes)) {
    it(name, async () => expectOutcome(validator, drops))
    it(`${name} (asynchronous)`, async () => expectOutcome(async (peer, message) => validator(peer, message), drops))
    it(`${name} (a promise of another realm)`, async () => expectOutcome((peer, message) => elsewhere.resolve().then(() => validator(peer, message)), drops))
  }

  it('is told the sender, and the message as the application sees it', async () => {
    const seen: string[] = []
    await publish((peer, message) => {
      seen.push(peer.toString(), message.type, message.topic)
      return TopicValidatorResult.Accept
    })

    expect(seen).to.deep.equal([nodes[0].libp2p.peerId.toString(), 'signed', TOPIC])
  })
})

describe('the application', () => {
  it('may throw in a listener, at once or later: the node goes on', async () => {
    const [a, b] = await Promise.all([createNode(), createNode()])
    const received: number[] = []
    b.pubsub.addEventListener('message', () => { throw new Error('in a listener') })
    b.pubsub.addEventListener('message', async () => { throw new Error('in an asynchronous listener') })
    b.pubsub.addEventListener('gossipsub:message', { handleEvent: () => { throw new Error('in a listener object') } })
    b.pubsub.addEventListener('message', evt => { received.push(evt.detail.data[0]) })
    b.pubsub.subscribe(TOPIC)
    await connect(a, b)
    await until(() => a.pubsub.getSubscribers(TOPIC).length === 1)
    await a.pubsub.publish(TOPIC, Uint8Array.of(1))
    await a.pubsub.publish(TOPIC, Uint8Array.of(2))
    await until(() => received.length === 2)

    expect(received).to.deep.equal([1, 2])
  })

  it('may remove its listeners, and subscribe and publish from within them', async () => {
    const [a, b] = await Promise.all([createNode(), createNode()])
    const received: string[] = []
    const removed = (): void => { received.push('removed') }
    b.pubsub.addEventListener('message', removed)
    b.pubsub.removeEventListener('message', removed)
    b.pubsub.addEventListener('message', evt => {
      received.push(evt.detail.topic)
      b.pubsub.subscribe('second')
      received.push(...b.pubsub.getTopics())
      void b.pubsub.publish('answer', evt.detail.data)
    }, { once: true })
    a.pubsub.addEventListener('message', evt => { received.push(evt.detail.topic) })
    a.pubsub.subscribe('answer')
    b.pubsub.subscribe(TOPIC)
    await connect(a, b)
    await until(() => a.pubsub.getSubscribers(TOPIC).length === 1 && b.pubsub.getSubscribers('answer').length === 1)
    await a.pubsub.publish(TOPIC, Uint8Array.of(1))
    await until(() => received.includes('answer') && a.pubsub.getSubscribers('second').length === 1)

    expect(received).to.deep.equal([TOPIC, TOPIC, 'second', 'answer'])
  })
})
