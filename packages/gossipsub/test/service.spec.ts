import { generateKeyPair } from '@libp2p/crypto/keys'
import { expect } from 'aegir/chai'
import { StrictNoSign } from '../src/index.ts'
import { connect, createBareNode, createNode, stopNodes, until, untilSubscribed } from './fixtures/node.ts'
import { frameOf, RawPeer, stopRawPeers } from './fixtures/raw-peer.ts'
import type { TestNode } from './fixtures/node.ts'
import type { GossipsubMessage, Message } from '../src/index.ts'

const TOPIC = 'topic'
const DATA = Uint8Array.of(1, 2, 3)

function messagesOf ({ pubsub }: TestNode): Message[] {
  const messages: Message[] = []
  pubsub.addEventListener('message', evt => { messages.push(evt.detail) })

  return messages
}

function numbered (count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => Uint8Array.of(i >> 8, i & 0xff))
}

afterEach(async () => {
  await stopNodes()
  await stopRawPeers()
})

describe('two nodes', () => {
  it('StrictSign: a message comes with author, sender, id, sequence number, signature and key', async () => {
    const [a, b] = await Promise.all([createNode(), createNode()])
    const received: GossipsubMessage[] = []
    b.pubsub.addEventListener('gossipsub:message', evt => { received.push(evt.detail) })
    b.pubsub.subscribe(TOPIC)
    await connect(a, b)
    await until(() => a.pubsub.getSubscribers(TOPIC).length === 1)
    const { recipients } = await a.pubsub.publish(TOPIC, DATA)
    await until(() => received.length > 0)

    expect(recipients.map(String)).to.deep.equal([b.libp2p.peerId.toString()])
    const { propagationSource, msgId, msg } = received[0]

    if (msg.type !== 'signed') {
      throw new Error('not signed')
    }

    expect(propagationSource.equals(a.libp2p.peerId)).to.equal(true)
    expect(msg.from.equals(a.libp2p.peerId)).to.equal(true)
    expect(msg.topic).to.equal(TOPIC)
    expect(msg.data).to.deep.equal(DATA)
    expect(msg.key.equals(a.libp2p.peerId.publicKey)).to.equal(true)
    expect(msg.signature).to.have.lengthOf(64)
    const seqno = Buffer.alloc(8)
    seqno.writeBigUInt64BE(msg.sequenceNumber)
    expect(Buffer.from(msgId, 'base64')).to.deep.equal(Buffer.concat([a.libp2p.peerId.toMultihash().bytes, seqno]))
  })

  it('StrictNoSign: a message comes with topic and data alone', async () => {
    const options = { globalSignaturePolicy: StrictNoSign } as const
    const [a, b] = await Promise.all([createNode(options), createNode(options)])
    const received = messagesOf(b)
    b.pubsub.subscribe(TOPIC)
    await connect(a, b)
    await until(() => a.pubsub.getSubscribers(TOPIC).length === 1)
    await a.pubsub.publish(TOPIC, DATA)
    await until(() => received.length > 0)

    expect(received).to.deep.equal([{ type: 'unsigned', topic: TOPIC, data: DATA }])
  })

  for (const type of ['secp256k1', 'RSA'] as const) {
    it(`with keys of type ${type}`, async () => {
      const [a, b] = await Promise.all([createNode({}, await generateKeyPair(type, 2_048)), createNode()])
      const received = messagesOf(b)
      b.pubsub.subscribe(TOPIC)
      await connect(a, b)
      await until(() => a.pubsub.getSubscribers(TOPIC).length === 1)
      await a.pubsub.publish(TOPIC, DATA)
      await a.pubsub.publish(TOPIC, DATA)
      await until(() => received.length === 2)

      expect(received.map(message => message.type)).to.deep.equal(['signed', 'signed'])
    })
  }

  it('the sender of each message is the same object', async () => {
    const [a, b] = await Promise.all([createNode(), createNode()])
    const sources = new Set<unknown>()
    b.pubsub.addEventListener('gossipsub:message', evt => { sources.add(evt.detail.propagationSource) })
    const received = messagesOf(b)
    b.pubsub.subscribe(TOPIC)
    await connect(a, b)
    await until(() => a.pubsub.getSubscribers(TOPIC).length === 1)
    await Promise.all(numbered(5).map(async data => a.pubsub.publish(TOPIC, data)))
    await until(() => received.length === 5)

    expect(sources.size).to.equal(1)
    expect(sources.has(b.pubsub.getPeers()[0])).to.equal(true)
  })

  it('1,000 small messages all arrive, once and in order', async () => {
    const [a, b] = await Promise.all([createNode(), createNode()])
    const received = messagesOf(b)
    b.pubsub.subscribe(TOPIC)
    await connect(a, b)
    await until(() => a.pubsub.getSubscribers(TOPIC).length === 1)

    for (const data of numbered(1_000)) {
      await a.pubsub.publish(TOPIC, data)
    }

    await until(() => received.length >= 1_000)
    expect(received.map(({ data }) => data)).to.deep.equal(numbered(1_000))
    expect(b.pubsub.dropCounters).to.deep.equal({})
  })

  it('messages near the limit arrive, and small ones behind them', async () => {
    const [a, b] = await Promise.all([createNode(), createNode()])
    const received = messagesOf(b)
    b.pubsub.subscribe(TOPIC)
    await connect(a, b)
    await until(() => a.pubsub.getSubscribers(TOPIC).length === 1)
    const big = Uint8Array.from({ length: 4 * 1_024 * 1_024 - 200 }, (_, i) => i)

    await a.pubsub.publish(TOPIC, big)
    await a.pubsub.publish(TOPIC, big)
    await a.pubsub.publish(TOPIC, DATA)
    await until(() => received.length === 3)

    expect(Buffer.compare(received[0].data, big)).to.equal(0)
    expect(Buffer.compare(received[1].data, big)).to.equal(0)
    expect(received[2].data).to.deep.equal(DATA)
  })

  it('what the application does with its buffer after publishing changes nothing', async () => {
    const [a, b] = await Promise.all([createNode(), createNode()])
    const received = messagesOf(b)
    b.pubsub.subscribe(TOPIC)
    await connect(a, b)
    await until(() => a.pubsub.getSubscribers(TOPIC).length === 1)
    const data = Uint8Array.from(DATA)
    const published = a.pubsub.publish(TOPIC, data)
    data.fill(0xff)
    await published
    await until(() => received.length === 1)

    expect(received[0].data).to.deep.equal(DATA)
  })
})

describe('five nodes', () => {
  it('in a line: every message of each reaches all others once', async () => {
    const nodes = await Promise.all(Array.from({ length: 5 }, async () => createNode()))
    const received = nodes.map(messagesOf)
    nodes.forEach(({ pubsub }) => { pubsub.subscribe(TOPIC) })

    for (let i = 0; i < 4; i++) {
      await connect(nodes[i], nodes[i + 1])
    }

    await until(() => nodes.every(({ pubsub }, i) => pubsub.getMeshPeers(TOPIC).length === (i % 4 === 0 ? 1 : 2)))
    await Promise.all(nodes.map(async ({ pubsub }, i) => pubsub.publish(TOPIC, Uint8Array.of(i))))
    await until(() => received.every(messages => messages.length >= 4))

    received.forEach((messages, i) => {
      const authors = messages.map(({ data }) => data[0]).sort()
      expect(authors).to.deep.equal([0, 1, 2, 3, 4].filter(author => author !== i))
    })
  })

  it('all connected: duplicates are told and not delivered', async () => {
    const nodes = await Promise.all(Array.from({ length: 5 }, async () => createNode()))
    const received = nodes.map(messagesOf)
    const duplicates: string[] = []

    for (const { pubsub } of nodes) {
      pubsub.addEventListener('gossipsub:duplicate', evt => { duplicates.push(evt.detail.topic) })
      pubsub.subscribe(TOPIC)
    }

    for (let i = 0; i < 5; i++) {
      await Promise.all(nodes.slice(i + 1).map(async node => connect(nodes[i], node)))
    }

    await untilSubscribed(TOPIC, ...nodes)
    await until(() => nodes.every(({ pubsub }) => pubsub.getMeshPeers(TOPIC).length === 4))
    await nodes[0].pubsub.publish(TOPIC, DATA)
    await until(() => received.slice(1).every(messages => messages.length === 1) && duplicates.length >= 4)

    expect(received.map(messages => messages.length)).to.deep.equal([0, 1, 1, 1, 1])
    expect([...new Set(duplicates)]).to.deep.equal([TOPIC])
  })
})

describe('a node whose service is made later', () => {
  it('finds the peers that are connected already', async () => {
    const [a, b] = await Promise.all([createBareNode(), createBareNode()])
    await connect(a, b)
    await a.pubsub.start()
    await b.pubsub.start()
    const received = messagesOf(b)
    b.pubsub.subscribe(TOPIC)
    await until(() => a.pubsub.getSubscribers(TOPIC).length === 1)
    await a.pubsub.publish(TOPIC, DATA)
    await until(() => received.length === 1)

    expect(received[0].data).to.deep.equal(DATA)
  })

  it('finds a peer whose service runs, and is found by it', async () => {
    const [running, late] = await Promise.all([createNode(), createBareNode()])
    running.pubsub.subscribe(TOPIC)
    const received = messagesOf(running)
    await connect(running, late)
    await late.pubsub.start()
    late.pubsub.subscribe(TOPIC)
    await untilSubscribed(TOPIC, running, late)
    await late.pubsub.publish(TOPIC, DATA)
    await until(() => received.length === 1)

    expect(late.pubsub.getPeers().map(String)).to.deep.equal([running.libp2p.peerId.toString()])
  })
})

describe('a peer that speaks only floodsub', () => {
  it('defect 24: gets every message and is not grafted; its messages are delivered', async () => {
    const node = await createNode({ globalSignaturePolicy: StrictNoSign, floodPublish: false })
    const received = messagesOf(node)
    const peer = await RawPeer.create(await generateKeyPair('Ed25519'), '/floodsub/1.0.0')
    const stream = await peer.open(node)
    node.pubsub.subscribe(TOPIC)
    stream.send(frameOf({ subscriptions: [{ topic: TOPIC, subscribe: true }] }))
    await until(() => node.pubsub.getSubscribers(TOPIC).length === 1)

    const { recipients } = await node.pubsub.publish(TOPIC, DATA)
    expect(recipients).to.have.lengthOf(1)
    stream.send(frameOf({ messages: [{ topic: TOPIC, data: Uint8Array.of(9) }] }))
    await until(() => peer.messages.length === 1 && received.length === 1)

    let beats = 0
    node.pubsub.addEventListener('gossipsub:heartbeat', () => { beats++ })
    await until(() => beats === 2)
    expect(peer.messages).to.deep.equal([{ topic: TOPIC, data: DATA }])
    expect(received[0].data).to.deep.equal(Uint8Array.of(9))
    expect(peer.received.some(rpc => rpc.control != null)).to.equal(false)
    expect(node.pubsub.getMeshPeers(TOPIC)).to.be.empty()
  })
})
