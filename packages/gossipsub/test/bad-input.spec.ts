import { generateKeyPair } from '@libp2p/crypto/keys'
import { expect } from 'aegir/chai'
import { StrictNoSign } from '../src/index.ts'
import { toBytes } from '../src/wire/bytes.ts'
import { SignedMessages } from '../src/wire/message.ts'
import { RPC } from '../src/wire/rpc.ts'
import { createNode, stopNodes, until } from './fixtures/node.ts'
import { framed, frameOf, RawPeer, stopRawPeers } from './fixtures/raw-peer.ts'
import type { TestNode } from './fixtures/node.ts'
import type { DroppedReason, GossipsubOpts, Message } from '../src/index.ts'
import type { Stream } from '@libp2p/interface'

const TOPIC = 'topic'
const DATA = Uint8Array.of(1, 2, 3)

let node: TestNode
let peer: RawPeer
let stream: Stream
let received: Message[]

async function setUp (options: Partial<GossipsubOpts> = {}): Promise<void> {
  node = await createNode(options)
  received = []
  node.pubsub.addEventListener('message', evt => { received.push(evt.detail) })
  node.pubsub.subscribe(TOPIC)
  peer = await RawPeer.create(await generateKeyPair('Ed25519'))
  stream = await peer.open(node)
}

async function untilDropped (reason: DroppedReason, count: number = 1): Promise<void> {
  await until(() => node.pubsub.dropCounters[reason] === count)
}

/** The node still takes what the peer sends, on a new stream if it has to be, and still writes to it. */
async function expectServing (unsigned?: true): Promise<void> {
  const before = received.length
  const outbound = peer.inbound.length

  if (stream.status !== 'open') {
    stream = await peer.libp2p.getConnections()[0].newStream('/meshsub/1.0.0')
  }

  const { message } = await new SignedMessages(peer.privateKey, Date.now()).build(TOPIC, DATA)
  stream.send(frameOf({ messages: [unsigned === true ? { topic: TOPIC, data: Uint8Array.of(99) } : message] }))
  await until(() => received.length > before)

  const topic = `after-${received.length}`
  node.pubsub.subscribe(topic)
  await until(() => peer.received.some(rpc => rpc.subscriptions.some(subscription => subscription.topic === topic)))
  expect(peer.inbound).to.have.lengthOf(outbound, 'the stream to the peer is the same')
  expect(peer.inbound.at(-1)?.status).to.equal('open')
}

afterEach(async () => {
  await stopNodes()
  await stopRawPeers()
})

describe('bad input is counted, and the node goes on serving', () => {
  it('a frame that is no RPC', async () => {
    await setUp()
    stream.send(framed(Uint8Array.of(0xff, 0xff, 0xff)))
    await untilDropped('malformed-rpc')
    expect(stream.status).to.equal('open')
    await expectServing()
  })

  it('a frame over the limit resets its stream', async () => {
    await setUp({ maxInboundDataLength: 10_000 })
    stream.send(framed(new Uint8Array(10_001)).subarray(0, 5_000))
    await untilDropped('bad-frame')
    await until(() => stream.status !== 'open')
    await expectServing()
  })

  it('a length prefix without an end resets its stream', async () => {
    await setUp()
    stream.send(new Uint8Array(20).fill(0xff))
    await untilDropped('bad-frame')
    await until(() => stream.status !== 'open')
    await expectServing()
  })

  it('an RPC over the limits', async () => {
    await setUp({ decodeRpcLimits: { maxSubscriptions: 2 } })
    stream.send(frameOf({ subscriptions: ['a', 'b', 'c'].map(topic => ({ topic, subscribe: true })) }))
    await untilDropped('rpc-over-limit')
    expect(node.pubsub.getSubscribers('a')).to.be.empty()
    await expectServing()
  })

  it('a frame that ends with its stream', async () => {
    await setUp()
    stream.send(framed(new Uint8Array(100)).subarray(0, 50))
    await stream.close()
    await until(() => stream.status !== 'open')
    await expectServing()
  })

  it('a stream that is reset in the middle of a frame', async () => {
    await setUp()
    stream.send(framed(new Uint8Array(100)).subarray(0, 50))
    stream.abort(new Error('reset'))
    await expectServing()
  })

  it('messages that do not fit StrictSign', async () => {
    await setUp()
    const { message } = await new SignedMessages(peer.privateKey, Date.now()).build(TOPIC, DATA)
    stream.send(frameOf({
      messages: [
        { ...message, topic: '' },
        { ...message, from: undefined },
        { ...message, from: Uint8Array.of(1, 2, 3) },
        { ...message, seqno: Uint8Array.of(1) },
        { ...message, signature: undefined }
      ]
    }))
    await untilDropped('missing-signature')

    expect(node.pubsub.dropCounters).to.deep.equal({ 'missing-topic': 1, 'invalid-from': 2, 'invalid-seqno': 1, 'missing-signature': 1 })
    await expectServing()
  })

  it('defect 17: messages that do not fit StrictNoSign', async () => {
    await setUp({ globalSignaturePolicy: StrictNoSign })
    const bytes = Uint8Array.of(1)
    const fields: Array<keyof RPC.Message> = ['from', 'seqno', 'signature', 'key']
    stream.send(frameOf({ messages: fields.map(name => ({ topic: TOPIC, data: DATA, [name]: bytes })) }))
    await untilDropped('key-present')

    expect(node.pubsub.dropCounters).to.deep.equal({ 'from-present': 1, 'seqno-present': 1, 'signature-present': 1, 'key-present': 1 })
    await expectServing(true)
  })

  it('a bad signature, which does not keep the genuine message out', async () => {
    await setUp()
    const { message } = await new SignedMessages(peer.privateKey, Date.now()).build(TOPIC, DATA)
    stream.send(frameOf({ messages: [{ ...message, data: Uint8Array.of(6, 6, 6) }] }))
    await untilDropped('validation-forged')
    expect(received).to.be.empty()

    stream.send(frameOf({ messages: [message] }))
    await until(() => received.length === 1)
    expect(received[0].data).to.deep.equal(DATA)
    await expectServing()
  })

  it('a message signed by another than its author', async () => {
    await setUp()
    const victim = await generateKeyPair('Ed25519')
    const { message } = await new SignedMessages(peer.privateKey, Date.now()).build(TOPIC, DATA)
    stream.send(frameOf({ messages: [{ ...message, from: toBytes(victim.publicKey.toMultihash().bytes) }] }))
    await untilDropped('validation-forged')
    await expectServing()
  })

  it('topics that are not allowed', async () => {
    await setUp({ globalSignaturePolicy: StrictNoSign, allowedTopics: [TOPIC] })
    stream.send(frameOf({
      subscriptions: [{ topic: 'other', subscribe: true }, { topic: TOPIC, subscribe: true }],
      messages: [{ topic: 'other', data: DATA }]
    }))
    await untilDropped('topic-not-allowed', 2)
    await until(() => node.pubsub.getSubscribers(TOPIC).length === 1)
    expect([...node.pubsub.topics.keys()]).to.deep.equal([TOPIC])
    await expectServing(true)
  })

  it('a message id function that throws, at once or later', async () => {
    await setUp({
      globalSignaturePolicy: StrictNoSign,
      msgIdFn: ({ data }) => {
        if (data[0] === 1) {
          throw new Error('no id')
        }

        return data[0] === 2 ? Promise.reject(new Error('no id')) : data
      }
    })
    stream.send(frameOf({ messages: [1, 2, 3].map(first => ({ topic: TOPIC, data: Uint8Array.of(first) })) }))
    await untilDropped('no-message-id', 2)
    await until(() => received.length === 1)
    await expectServing(true)
  })

  it('a message of a topic that we are not subscribed to', async () => {
    await setUp({ globalSignaturePolicy: StrictNoSign })
    stream.send(frameOf({ messages: [{ topic: 'other', data: DATA }] }))
    await untilDropped('unjoined-topic')
    await expectServing(true)
  })

  it('thousands of messages in one RPC: all are delivered, in order, and others are served meanwhile', async () => {
    await setUp({ globalSignaturePolicy: StrictNoSign })
    let turns = 0
    const count = (): void => {
      if (received.length < 5_000) {
        turns++
        setImmediate(count)
      }
    }
    node.pubsub.addEventListener('message', () => { count() }, { once: true })
    stream.send(frameOf({ messages: Array.from({ length: 5_000 }, (_, i) => ({ topic: TOPIC, data: Uint8Array.of(i >> 8, i & 0xff) })) }))
    await until(() => received.length === 5_000)

    expect(received.map(({ data }) => data[0] << 8 | data[1])).to.deep.equal(Array.from({ length: 5_000 }, (_, i) => i))
    expect(turns).to.be.greaterThan(50)
  })

  it('small messages of a big frame do not keep the frame in memory', async () => {
    await setUp({ globalSignaturePolicy: StrictNoSign })
    stream.send(frameOf({
      messages: [{ topic: TOPIC, data: DATA }, { topic: TOPIC, data: new Uint8Array(1_000_000) }, { topic: TOPIC, data: Uint8Array.of(4) }]
    }))
    await until(() => received.length === 3)

    // small ones share memory of their own, as much as Node.js takes for its buffers at once
    expect(received.map(({ data }) => data.buffer.byteLength - data.byteLength).every(waste => waste < 8_192)).to.equal(true)
    expect(received.every(({ data }) => data.constructor === Uint8Array)).to.equal(true)
    // whoever tries to give away the memory of others is told
    expect(() => structuredClone(received[0].data, { transfer: [received[0].data.buffer] })).to.throw().with.property('name', 'DataCloneError')
    expect(received[2].data).to.deep.equal(Uint8Array.of(4))
  })

  it('what is not canonical is forwarded in canonical form', async () => {
    await setUp({ globalSignaturePolicy: StrictNoSign })
    const other = await RawPeer.create(await generateKeyPair('Ed25519'))
    const otherStream = await other.open(node)
    otherStream.send(frameOf({
      subscriptions: [{ topic: TOPIC, subscribe: true }],
      control: { ihave: [], iwant: [], graft: [{ topicID: TOPIC }], prune: [], idontwant: [] }
    }))
    await until(() => node.pubsub.getMeshPeers(TOPIC).length === 1)
    const topic = [0x22, TOPIC.length, ...new TextEncoder().encode(TOPIC)]
    const message = [...topic, 0x12, 1, 7, 0x7a, 1, 0]
    stream.send(framed(Uint8Array.of(0x12, message.length, ...message)))
    await until(() => other.messages.length === 1)

    expect(other.received.flatMap(rpc => rpc.messages)[0].encoded).to.deep.equal(RPC.Message.encode({ topic: TOPIC, data: Uint8Array.of(7) }))
  })
})
