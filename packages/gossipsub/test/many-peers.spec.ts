import { mock } from 'node:test'
import { expect } from 'aegir/chai'
import { StrictNoSign } from '../src/index.ts'
import { FakeNode, sentOn } from './fixtures/fake-node.ts'
import { frameOf } from './fixtures/raw-peer.ts'

const TOPIC = 'topic'

async function settled (): Promise<void> {
  for (let i = 0; i < 10; i++) {
    await new Promise(resolve => setImmediate(resolve))
  }
}

describe('many peers', () => {
  it('64 subscriptions with 100 peers are 200 frames at most', async () => {
    const node = await FakeNode.create()
    await node.pubsub.start()

    for (let i = 0; i < 100; i++) {
      await node.connect()
    }

    await settled()

    for (let i = 0; i < 64; i++) {
      node.pubsub.subscribe(`${i}`)
    }

    await settled()
    const rpcs = node.connections.map(({ opened }) => sentOn(opened[0]))
    expect(rpcs.every(frames => frames.flatMap(({ subscriptions }) => subscriptions).length === 64)).to.equal(true)
    expect(rpcs.flat().length).to.be.at.most(200)
    await node.pubsub.stop()
  })

  it('a message to 100 peers is encoded once: all get the same bytes', async () => {
    const node = await FakeNode.create({ globalSignaturePolicy: StrictNoSign })
    await node.pubsub.start()

    for (let i = 0; i < 100; i++) {
      const { inbound } = await node.connect()
      inbound.onData(frameOf({ subscriptions: [{ topic: TOPIC, subscribe: true }] }))
    }

    await settled()
    const given = new Set<unknown>()

    for (const { opened: [stream] } of node.connections) {
      const send = stream.send.bind(stream)
      stream.send = data => {
        given.add(data)
        return send(data)
      }
    }

    const { recipients } = await node.pubsub.publish(TOPIC, new Uint8Array(1_000))
    await settled()
    expect(recipients).to.have.lengthOf(100)
    expect(given.size).to.equal(1)
    await node.pubsub.stop()
  })
})

describe('a large message that arrives in pieces', () => {
  it('reaches the application, the mesh and whoever asks for it later as it was', async () => {
    const node = await FakeNode.create({ globalSignaturePolicy: StrictNoSign, msgIdFn: ({ data }) => data.slice(0, 4) })
    const data = Uint8Array.from({ length: 200_000 }, (_, i) => i >> 3)
    const chunk = frameOf({ messages: [{ topic: TOPIC, data }] })
    await node.pubsub.start()
    node.pubsub.subscribe(TOPIC)
    const received: Uint8Array[] = []
    node.pubsub.addEventListener('message', ({ detail }) => {
      received.push(detail.data.slice())
      // it is the application's
      detail.data.fill(0xff)
    })
    const peers: Array<Awaited<ReturnType<FakeNode['connect']>>> = []

    for (let i = 0; i < 4; i++) {
      const peer = await node.connect()
      peer.inbound.onData(frameOf({ subscriptions: [{ topic: TOPIC, subscribe: true }] }))
      peers.push(peer)
    }

    await settled()

    for (let i = 0; i < 4; i++) {
      for (let start = 0; start < chunk.length; start += 64 * 1_024) {
        // from memory of their own, of which only the first is kept
        peers[i].inbound.onData(i === 0 ? chunk.subarray(start, start + 64 * 1_024) : chunk.slice(start, start + 64 * 1_024))
      }
    }

    await settled()
    const outbound = peers.map(({ connection }) => connection.opened[0])
    expect(outbound.map(stream => sentOn(stream).flatMap(({ messages }) => messages).length)).to.deep.equal([0, 1, 1, 1])
    expect(sentOn(outbound[3]).flatMap(({ messages }) => messages)[0].message.data).to.deep.equal(data)
    expect(received).to.deep.equal([data])

    peers[0].inbound.onData(frameOf({ control: { ihave: [], iwant: [{ messageIDs: [data.slice(0, 4)] }], graft: [], prune: [], idontwant: [] } }))
    await settled()
    expect(sentOn(outbound[0]).flatMap(({ messages }) => messages).map(({ message }) => message.data)).to.deep.equal([data])
    await node.pubsub.stop()
  })
})

describe('a peer that cannot be written to', () => {
  beforeEach(() => { mock.timers.enable({ apis: ['setTimeout'] }) })
  afterEach(() => { mock.timers.reset() })

  it('leaves the mesh, is heard all the same, and is back with its topics when it can', async () => {
    const node = await FakeNode.create({ globalSignaturePolicy: StrictNoSign })
    const delivered: number[] = []
    node.pubsub.addEventListener('message', ({ detail }) => { delivered.push(detail.data[0]) })
    await node.pubsub.start()
    node.pubsub.subscribe(TOPIC)
    const { connection, inbound } = await node.connect()
    inbound.onData(frameOf({ subscriptions: [{ topic: TOPIC, subscribe: true }, { topic: 'left', subscribe: true }] }))
    await settled()
    expect(node.pubsub.getMeshPeers(TOPIC)).to.have.lengthOf(1)

    connection.error = new Error('no')
    connection.opened[0].onRemoteReset()

    for (let i = 0; i < 7; i++) {
      await settled()
      mock.timers.tick(100 * 2 ** i)
    }

    await settled()
    expect(node.pubsub.getMeshPeers(TOPIC)).to.be.empty()
    expect(node.pubsub.getSubscribers(TOPIC)).to.be.empty()
    expect(node.pubsub.getPeers()).to.have.lengthOf(1)

    inbound.onData(frameOf({
      subscriptions: [{ topic: 'left', subscribe: false }, { topic: 'joined', subscribe: true }],
      messages: [{ topic: TOPIC, data: Uint8Array.of(1) }]
    }))
    expect(delivered).to.deep.equal([1])
    connection.error = undefined
    mock.timers.tick(30_000)
    await settled()

    expect(node.pubsub.dropCounters).to.deep.equal({})
    expect([...node.pubsub.topics.keys()].sort()).to.deep.equal(['joined', TOPIC])
    expect(node.pubsub.getMeshPeers(TOPIC)).to.have.lengthOf(1)
    expect(sentOn(connection.opened[1])[0].subscriptions).to.deep.equal([{ topic: TOPIC, subscribe: true }])
    await node.pubsub.stop()
  })
})
