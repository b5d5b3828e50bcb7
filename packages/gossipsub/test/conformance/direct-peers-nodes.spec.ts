import { expect } from 'aegir/chai'
import { connect, createNode, stopNodes, until } from '../fixtures/node.ts'
import type { TestNode } from '../fixtures/node.ts'

const TOPIC = 'news'

describe('conformance: direct peers between nodes', () => {
  afterEach(stopNodes)

  it('go TestGossipsubDirectPeers, rust test_explicit_peer_gets_connected: are dialled, and again when their connection is gone; messages pass, without a mesh', async () => {
    const one = await createNode()
    const other = await createNode({ directPeers: [addressOf(one)], directConnectInitialDelay: 10 })
    one.pubsub.direct.add(idOf(other))
    const received = collect(one)
    one.pubsub.subscribe(TOPIC)
    other.pubsub.subscribe(TOPIC)

    await until(() => other.pubsub.getSubscribers(TOPIC).length === 1)
    await other.pubsub.publish(TOPIC, Uint8Array.of(1))
    await until(() => received.length === 1)

    // rust test_explicit_peer_reconnects
    await one.libp2p.hangUp(other.libp2p.peerId)
    await until(() => other.pubsub.getSubscribers(TOPIC).length === 0)
    await until(() => other.pubsub.getSubscribers(TOPIC).length === 1)
    await other.pubsub.publish(TOPIC, Uint8Array.of(2))
    await until(() => received.length === 2)

    expect(one.pubsub.getMeshPeers(TOPIC)).to.be.empty()
    expect(other.pubsub.getMeshPeers(TOPIC)).to.be.empty()
  })

  it('go TestGossipsubDynamicDirectPeers: a connected peer that becomes direct on both sides leaves the mesh and still gets everything', async () => {
    const [one, other] = await Promise.all([createNode(), createNode()])
    const received = collect(one)
    one.pubsub.subscribe(TOPIC)
    other.pubsub.subscribe(TOPIC)
    await connect(one, other)
    await until(() => one.pubsub.getMeshPeers(TOPIC).length === 1 && other.pubsub.getMeshPeers(TOPIC).length === 1)

    one.pubsub.direct.add(idOf(other))
    other.pubsub.direct.add(idOf(one))
    await until(() => one.pubsub.getMeshPeers(TOPIC).length === 0 && other.pubsub.getMeshPeers(TOPIC).length === 0)

    await other.pubsub.publish(TOPIC, Uint8Array.of(1))
    await until(() => received.length === 1)
    expect(received).to.deep.equal([1])
  })
})

function collect ({ pubsub }: TestNode): number[] {
  const received: number[] = []
  pubsub.addEventListener('message', ({ detail }) => { received.push(detail.data[0]) })

  return received
}

function idOf ({ libp2p }: TestNode): string {
  return libp2p.peerId.toString()
}

function addressOf ({ libp2p }: TestNode): { id: TestNode['libp2p']['peerId'], addrs: ReturnType<TestNode['libp2p']['getMultiaddrs']> } {
  return { id: libp2p.peerId, addrs: libp2p.getMultiaddrs() }
}
