import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'aegir/chai'
import { StrictNoSign } from '../src/index.ts'
import { connect, createBareNode, createNode, stopNodes, until, untilSubscribed } from './fixtures/node.ts'

const TOPIC = 'topic'
/** More than libp2p's TCP sends at once. */
const BURST = 500
const PROTOCOLS = ['/meshsub/1.2.0', '/meshsub/1.1.0', '/meshsub/1.0.0', '/floodsub/1.0.0']

afterEach(stopNodes)

describe('start', () => {
  it('announces the protocols, the preferred first', async () => {
    const { pubsub, libp2p } = await createBareNode()
    expect(pubsub.isStarted()).to.equal(false)
    expect(pubsub.protocols).to.deep.equal(PROTOCOLS)
    await pubsub.start()

    expect(pubsub.isStarted()).to.equal(true)
    expect(libp2p.getProtocols()).to.include.members(PROTOCOLS)
  })

  it('without floodsub, or with protocols of the application', async () => {
    const { pubsub } = await createBareNode({ fallbackToFloodsub: false })
    const { pubsub: own } = await createBareNode({ protocols: ['/my/meshsub/1.0.0'] })

    expect(pubsub.protocols).to.deep.equal(['/meshsub/1.2.0', '/meshsub/1.1.0', '/meshsub/1.0.0'])
    expect(own.protocols).to.deep.equal(['/my/meshsub/1.0.0', '/floodsub/1.0.0'])
  })

  it('twice is once', async () => {
    const { pubsub } = await createBareNode()
    await pubsub.start()
    pubsub.subscribe(TOPIC)
    await pubsub.start()

    expect(pubsub.getTopics()).to.deep.equal([TOPIC])
  })

  it('that fails leaves nothing running', async () => {
    const node = await createBareNode()
    await node.libp2p.handle('/floodsub/1.0.0', () => {})
    await expect(node.pubsub.start()).to.eventually.be.rejected()

    expect(node.pubsub.isStarted()).to.equal(false)
    expect(node.libp2p.getProtocols()).to.not.include('/meshsub/1.0.0')
    expect(node.libp2p.getProtocols()).to.include('/floodsub/1.0.0', 'the handler of the application')
  })

  it('before it, subscribing is refused', async () => {
    const { pubsub } = await createBareNode()

    expect(() => { pubsub.subscribe(TOPIC) }).to.throw().with.property('name', 'NotStartedError')
    expect(() => { pubsub.unsubscribe(TOPIC) }).to.throw().with.property('name', 'NotStartedError')
  })

  it('an empty topic is refused', async () => {
    const { pubsub } = await createNode()

    expect(() => { pubsub.subscribe('') }).to.throw().with.property('name', 'InvalidParametersError')
  })
})

describe('stop', () => {
  it('closes all streams and no connection, and forgets peers and topics', async () => {
    const [a, b] = await Promise.all([createNode(), createNode()])
    a.pubsub.subscribe(TOPIC)
    b.pubsub.subscribe(TOPIC)
    await connect(a, b)
    await untilSubscribed(TOPIC, a, b)
    await a.pubsub.stop()

    expect(a.libp2p.getConnections()).to.have.lengthOf(1)
    expect(a.libp2p.getConnections()[0].streams.filter(({ protocol, status }) => PROTOCOLS.includes(protocol) && status === 'open')).to.be.empty()
    expect(a.libp2p.getProtocols()).to.not.include.members(PROTOCOLS)
    expect(a.pubsub.getPeers()).to.be.empty()
    expect(a.pubsub.getTopics()).to.be.empty()
    expect(a.pubsub.getSubscribers(TOPIC)).to.be.empty()
  })

  it('sends what was published before', async () => {
    const [a, b] = await Promise.all([createNode(), createNode()])
    let count = 0
    b.pubsub.addEventListener('message', () => { count++ })
    b.pubsub.subscribe(TOPIC)
    await connect(a, b)
    await until(() => a.pubsub.getSubscribers(TOPIC).length === 1)
    await a.pubsub.publish(TOPIC, Uint8Array.of(1))
    await a.pubsub.stop()
    await until(() => count === 1)

    expect(count).to.equal(1)
  })

  it('sends a burst that was published just before the node stops', async () => {
    const [a, b] = await Promise.all([createNode(), createNode()])
    let count = 0
    b.pubsub.addEventListener('message', () => { count++ })
    b.pubsub.subscribe(TOPIC)
    await connect(a, b)
    await until(() => a.pubsub.getSubscribers(TOPIC).length === 1)
    await Promise.all(Array.from({ length: BURST }, async (_, i) => a.pubsub.publish(TOPIC, new Uint8Array(250).fill(i))))
    await a.libp2p.stop()
    await until(() => count === BURST)

    expect(count).to.equal(BURST)
  })

  it('of the node leaves other services their calls until they are stopped themselves', async () => {
    const { libp2p, pubsub } = await createNode()
    pubsub.subscribe(TOPIC)
    const calls: string[] = []
    const stopping = libp2p.stop()
    // as a service would in its own `beforeStop`
    expect(() => { pubsub.unsubscribe(TOPIC) }).to.not.throw()
    await pubsub.publish(TOPIC, Uint8Array.of(1)).catch((err: Error) => { calls.push(err.message) })
    await stopping

    expect(calls).to.deep.equal(['PublishError.NoPeersSubscribedToTopic'])
    expect(libp2p.status).to.equal('stopped')
    expect(pubsub.isStarted()).to.equal(false)
  })

  it('of the node goes on when the registrar fails', async () => {
    const { libp2p } = await createNode()
    const { registrar } = libp2p.services.components
    const unhandle = registrar.unhandle.bind(registrar)
    registrar.unhandle = async (protocol) => {
      if (PROTOCOLS.some(ours => protocol.includes(ours))) {
        throw new Error('the datastore is closed')
      }

      await unhandle(protocol)
    }
    await libp2p.stop()

    expect(libp2p.status).to.equal('stopped')
    expect(libp2p.getMultiaddrs()).to.deep.equal([])
  })

  it('and start that overlap end as the last of them says', async () => {
    const { pubsub, libp2p } = await createNode({ heartbeatInterval: 5 })
    let beats = 0
    pubsub.addEventListener('gossipsub:heartbeat', () => { beats++ })
    await Promise.all([pubsub.stop(), pubsub.start()])

    expect(pubsub.isStarted()).to.equal(true)
    await until(() => beats >= 3)
    await Promise.all([pubsub.stop(), pubsub.start(), pubsub.stop()])
    const atStop = beats
    await new Promise(resolve => setTimeout(resolve, 50))

    expect(beats).to.equal(atStop)
    expect(pubsub.isStarted()).to.equal(false)
    expect(libp2p.getProtocols()).to.not.include.members(PROTOCOLS)
  })

  it('defect 19: no heartbeat comes after it', async () => {
    const { pubsub } = await createNode({ heartbeatInterval: 5 })
    let beats = 0
    pubsub.addEventListener('gossipsub:heartbeat', () => { beats++ })
    await until(() => beats >= 3)
    const stopped = pubsub.stop()
    const atStop = beats
    await stopped
    await new Promise(resolve => setTimeout(resolve, 50))

    expect(beats).to.equal(atStop)
  })

  it('lets a process end', async function () {
    this.timeout(30_000)
    const program = fileURLToPath(new URL('./fixtures/exits.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, [program], { timeout: 20_000 })

    expect(stdout).to.equal('stopped\n')
  })

  it('and start again: a new life with the old peers', async () => {
    const [a, b] = await Promise.all([createNode(), createNode()])
    const received: number[] = []
    b.pubsub.addEventListener('message', evt => { received.push(evt.detail.data[0]) })
    b.pubsub.subscribe(TOPIC)
    await connect(a, b)

    for (let life = 1; life <= 3; life++) {
      await until(() => a.pubsub.getSubscribers(TOPIC).length === 1)
      await a.pubsub.publish(TOPIC, Uint8Array.of(life))
      await until(() => received.includes(life))
      await a.pubsub.stop()
      await a.pubsub.start()
    }

    expect(received).to.deep.equal([1, 2, 3])
  })
})

describe('options', () => {
  it('that are unknown or undefined change nothing', async () => {
    const options = { D: undefined, msgIdFn: undefined, debugName: undefined, noSuchOption: 1, scoreParams: {} }
    const { pubsub } = await createBareNode(options)
    await pubsub.start()

    expect(pubsub.globalSignaturePolicy).to.equal('StrictSign')
  })

  it('that break a rule are refused when the service is made', async () => {
    await expect(createBareNode({ D: 3, Dhi: 2 })).to.eventually.be.rejected.with.property('name', 'InvalidParametersError')
    await expect(createBareNode({ maxInboundDataLength: 0 })).to.eventually.be.rejected.with.property('name', 'InvalidParametersError')
    await expect(createBareNode({ globalSignaturePolicy: 'Lax' as typeof StrictNoSign })).to.eventually.be.rejected.with.property('name', 'InvalidParametersError')
  })

  it('the misspelt unsubcribeBackoff counts, the right one counts more', async () => {
    await expect(createBareNode({ unsubcribeBackoff: -1 })).to.eventually.be.rejected.with.property('name', 'InvalidParametersError')
    await expect(createBareNode({ unsubcribeBackoff: -1, unsubscribeBackoff: 1 })).to.eventually.be.ok()
  })
})
