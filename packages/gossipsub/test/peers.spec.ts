import { generateKeyPair } from '@libp2p/crypto/keys'
import { expect } from 'aegir/chai'
import { StrictNoSign } from '../src/index.ts'
import { connect, createBareNode, createNode, stopNodes, until, untilSubscribed } from './fixtures/node.ts'
import { frameOf, RawPeer, stopRawPeers } from './fixtures/raw-peer.ts'
import type { TestNode } from './fixtures/node.ts'
import type { MeshPeer, SubscriptionChangeData } from '../src/index.ts'
import type { RPC } from '../src/wire/rpc.ts'

const TOPIC = 'topic'
const none: RPC.ControlMessage = { ihave: [], iwant: [], graft: [], prune: [], idontwant: [] }

async function createRawPeer (): Promise<RawPeer> {
  return RawPeer.create(await generateKeyPair('Ed25519'))
}

async function tagsOf (node: TestNode, other: TestNode): Promise<string[]> {
  const { tags } = await node.libp2p.peerStore.get(other.libp2p.peerId)

  return [...tags.keys()].filter(tag => tag === TOPIC)
}

afterEach(async () => {
  await stopNodes()
  await stopRawPeers()
})

describe('a peer', () => {
  it('is told our subscriptions when it connects and when they change', async () => {
    const node = await createNode()
    node.pubsub.subscribe('first')
    const peer = await createRawPeer()
    await peer.open(node)
    await until(() => peer.received.length === 1)
    node.pubsub.subscribe('second')
    await until(() => peer.received.length === 2)
    node.pubsub.unsubscribe('first')
    await until(() => peer.received.length === 3)

    expect(peer.received.map(({ subscriptions }) => subscriptions)).to.deep.equal([
      [{ topic: 'first', subscribe: true }],
      [{ topic: 'second', subscribe: true }],
      [{ topic: 'first', subscribe: false }]
    ])
  })

  it('gets 64 subscriptions in two frames at most', async () => {
    const node = await createNode()
    const peers = await Promise.all([createRawPeer(), createRawPeer(), createRawPeer()])
    await Promise.all(peers.map(async peer => peer.open(node)))

    for (let i = 0; i < 64; i++) {
      node.pubsub.subscribe(`${i}`)
    }

    for (const { received } of peers) {
      await until(() => received.flatMap(rpc => rpc.subscriptions).length === 64)
      expect(received.length).to.be.at.most(2)
    }
  })

  it('is gone when its last connection is, not before', async () => {
    const [a, b] = await Promise.all([createNode(), createNode()])
    const received: number[] = []
    b.pubsub.addEventListener('message', evt => { received.push(evt.detail.data[0]) })
    a.pubsub.subscribe(TOPIC)
    b.pubsub.subscribe(TOPIC)
    await connect(a, b)
    await untilSubscribed(TOPIC, a, b)
    await a.libp2p.dial(b.libp2p.getMultiaddrs(), { force: true })
    await until(() => b.libp2p.getConnections().length === 2)

    const [first, second] = a.libp2p.getConnections()
    await first.close()
    await until(() => b.libp2p.getConnections().length === 1)
    await until(() => a.pubsub.getMeshPeers(TOPIC).length === 1)
    await a.pubsub.publish(TOPIC, Uint8Array.of(1))
    await until(() => received.includes(1))
    expect(a.pubsub.getPeers()).to.have.lengthOf(1)

    await second.close()
    await until(() => a.pubsub.getPeers().length === 0 && b.pubsub.getPeers().length === 0)
    expect(a.pubsub.getSubscribers(TOPIC)).to.be.empty()
    expect(a.pubsub.getMeshPeers(TOPIC)).to.be.empty()
  })

  it('that comes back is a peer again', async () => {
    const [a, b] = await Promise.all([createNode(), createNode()])
    a.pubsub.subscribe(TOPIC)
    b.pubsub.subscribe(TOPIC)

    for (let i = 0; i < 3; i++) {
      await connect(a, b)
      await untilSubscribed(TOPIC, a, b)
      await a.libp2p.hangUp(b.libp2p.peerId)
      await until(() => a.pubsub.getPeers().length === 0 && b.pubsub.getPeers().length === 0)
    }

    expect(a.pubsub.getSubscribers(TOPIC)).to.be.empty()
  })

  it('defect 6: whose stream was reset gets a new one, our subscriptions and its place in the mesh', async () => {
    const node = await createNode({ globalSignaturePolicy: StrictNoSign })
    const peer = await createRawPeer()
    const stream = await peer.open(node)
    node.pubsub.subscribe(TOPIC)
    stream.send(frameOf({ subscriptions: [{ topic: TOPIC, subscribe: true }], control: { ...none, graft: [{ topicID: TOPIC }] } }))
    await until(() => node.pubsub.getMeshPeers(TOPIC).length === 1)

    peer.received.length = 0
    peer.inbound[0].abort(new Error('reset'))
    await until(() => peer.inbound.length === 2 && peer.received.length > 0)
    expect(peer.received[0].subscriptions).to.deep.equal([{ topic: TOPIC, subscribe: true }])
    expect(peer.control('graft')).to.deep.equal([TOPIC])

    await node.pubsub.publish(TOPIC, Uint8Array.of(1))
    await until(() => peer.messages.length === 1)
  })

  it('defect 23: whose own stream was reset is remembered', async () => {
    const node = await createNode({ globalSignaturePolicy: StrictNoSign })
    const peer = await createRawPeer()
    const stream = await peer.open(node)
    stream.send(frameOf({ subscriptions: [{ topic: TOPIC, subscribe: true }] }))
    await until(() => node.pubsub.getSubscribers(TOPIC).length === 1)
    let beats = 0
    node.pubsub.addEventListener('gossipsub:heartbeat', () => { beats++ })
    stream.abort(new Error('reset'))
    await until(() => beats === 2)

    expect((await node.pubsub.publish(TOPIC, Uint8Array.of(1))).recipients).to.have.lengthOf(1)
    await until(() => peer.messages.length === 1)
  })

  it('that stops its service is gone, and is back when it starts again', async () => {
    const [a, b] = await Promise.all([createNode(), createBareNode()])
    a.pubsub.subscribe(TOPIC)
    await connect(a, b)

    for (let i = 0; i < 2; i++) {
      await b.pubsub.start()
      b.pubsub.subscribe(TOPIC)
      await untilSubscribed(TOPIC, a, b)
      await b.pubsub.stop()
      await until(() => a.pubsub.getPeers().length === 0)
      expect(a.pubsub.getSubscribers(TOPIC)).to.be.empty()
    }
  })

  it('that does not read loses messages, which are counted, but neither its stream nor control messages', async () => {
    const node = await createNode({ globalSignaturePolicy: StrictNoSign, maxOutboundBufferSize: 500_000, heartbeatInterval: 60_000 })
    const peer = await createRawPeer()
    const stream = await peer.open(node)
    stream.send(frameOf({ subscriptions: [{ topic: TOPIC, subscribe: true }] }))
    await until(() => node.pubsub.getSubscribers(TOPIC).length === 1)
    peer.inbound[0].pause()

    for (let i = 0; i < 50; i++) {
      const data = new Uint8Array(100_000)
      data[0] = i
      await node.pubsub.publish(TOPIC, data)
    }

    node.pubsub.subscribe('control')
    await until(() => (node.pubsub.dropCounters['outbox-publish'] ?? 0) >= 40)
    peer.inbound[0].resume()
    await until(() => peer.received.some(rpc => rpc.subscriptions.length > 0) && peer.messages.some(({ data }) => data?.[0] === 49))

    expect(peer.inbound).to.have.lengthOf(1)
    expect(peer.inbound[0].status).to.equal('open')
    expect(peer.messages.length + (node.pubsub.dropCounters['outbox-publish'] ?? 0)).to.equal(50)
  })
})

describe('events', () => {
  it('tell grafts and prunes with their direction', async () => {
    const node = await createNode()
    const events: Array<[string, MeshPeer]> = []
    node.pubsub.addEventListener('gossipsub:graft', evt => { events.push(['graft', evt.detail]) })
    node.pubsub.addEventListener('gossipsub:prune', evt => { events.push(['prune', evt.detail]) })
    const peer = await createRawPeer()
    const stream = await peer.open(node)
    const peerId = peer.id.toString()

    stream.send(frameOf({ subscriptions: [{ topic: 'ours', subscribe: true }] }))
    await until(() => node.pubsub.getSubscribers('ours').length === 1)
    node.pubsub.subscribe('ours')
    await until(() => events.length === 1)
    node.pubsub.subscribe('theirs')
    stream.send(frameOf({ control: { ...none, graft: [{ topicID: 'theirs' }] } }))
    await until(() => events.length === 2)
    stream.send(frameOf({ control: { ...none, prune: [{ topicID: 'theirs', peers: [] }] } }))
    await until(() => events.length === 3)
    node.pubsub.unsubscribe('ours')
    await until(() => events.length === 4)

    expect(events).to.deep.equal([
      ['graft', { peerId, topic: 'ours', direction: 'outbound' }],
      ['graft', { peerId, topic: 'theirs', direction: 'inbound' }],
      ['prune', { peerId, topic: 'theirs', direction: 'inbound' }],
      ['prune', { peerId, topic: 'ours', direction: 'outbound' }]
    ])
  })

  it('tell changes of subscriptions', async () => {
    const node = await createNode()
    const changes: SubscriptionChangeData[] = []
    node.pubsub.addEventListener('subscription-change', evt => { changes.push(evt.detail) })
    const peer = await createRawPeer()
    const stream = await peer.open(node)
    stream.send(frameOf({ subscriptions: [{ topic: 'a', subscribe: true }, { topic: 'b', subscribe: true }] }))
    stream.send(frameOf({ subscriptions: [{ topic: 'a', subscribe: false }] }))
    await until(() => changes.length === 2)

    expect(changes.map(({ subscriptions }) => subscriptions)).to.deep.equal([
      [{ topic: 'a', subscribe: true }, { topic: 'b', subscribe: true }],
      [{ topic: 'a', subscribe: false }]
    ])
    expect(changes.every(({ peerId }) => peerId === node.pubsub.getPeers()[0])).to.equal(true)
  })
})

describe('mesh peers', () => {
  it('are tagged with the topic in the peer store, until they leave the mesh', async () => {
    const [a, b] = await Promise.all([createNode(), createNode({ tagMeshPeers: false })])
    a.pubsub.subscribe(TOPIC)
    b.pubsub.subscribe(TOPIC)
    await connect(a, b)
    await until(() => a.pubsub.getMeshPeers(TOPIC).length === 1 && b.pubsub.getMeshPeers(TOPIC).length === 1)
    const tagged = async (): Promise<boolean> => (await tagsOf(a, b)).length === 1
    await untilAsync(tagged)
    expect(await tagsOf(b, a)).to.deep.equal([])

    b.pubsub.unsubscribe(TOPIC)
    await untilAsync(async () => !await tagged())
  })

  it('lose the tag when the service stops', async () => {
    const [a, b] = await Promise.all([createNode(), createNode()])
    a.pubsub.subscribe(TOPIC)
    b.pubsub.subscribe(TOPIC)
    await connect(a, b)
    await until(() => a.pubsub.getMeshPeers(TOPIC).length === 1)
    await a.pubsub.stop()

    expect(await tagsOf(a, b)).to.deep.equal([])
  })
})

async function untilAsync (condition: () => Promise<boolean>): Promise<void> {
  while (!await condition()) {
    await new Promise(resolve => setImmediate(resolve))
  }
}
