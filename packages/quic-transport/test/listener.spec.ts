import { createSocket } from 'node:dgram'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { FaultTolerance } from '@libp2p/interface'
import { defaultLogger } from '@libp2p/logger'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'aegir/chai'
import { pEvent } from 'p-event'
import { quic } from '../src/index.ts'
import { CapturingUpgrader } from './fixtures/muxers.ts'
import { fill, LOOPBACK, Nodes, openStream, until } from './fixtures/nodes.ts'
import type { Listener, Transport } from '@libp2p/interface'

describe('listener', () => {
  const nodes = new Nodes()
  let transport: Transport
  let listeners: Listener[]

  function createListener (): Listener {
    const listener = transport.createListener({ upgrader: new CapturingUpgrader() })
    listeners.push(listener)

    return listener
  }

  beforeEach(async () => {
    transport = quic()({ privateKey: await generateKeyPair('Ed25519'), logger: defaultLogger() })
    listeners = []
  })

  afterEach(async () => {
    await Promise.all(listeners.map(async listener => listener.close()))
    await nodes.stop()
  })

  it('has no addresses before it listens', () => {
    expect(createListener().getAddrs()).to.be.empty()
  })

  it('listens on a port of the system\'s choice', async () => {
    const listener = createListener()
    await Promise.all([pEvent(listener, 'listening'), listener.listen(multiaddr(LOOPBACK))])
    const [address] = listener.getAddrs()

    expect(address.toString()).to.match(/^\/ip4\/127\.0\.0\.1\/udp\/[1-9]\d*\/quic-v1$/)
  })

  it('omits the peer id of its address', async () => {
    const listener = createListener()
    await listener.listen(multiaddr(`${LOOPBACK}/p2p/12D3KooWKnDdG3iXw9eTFijk3EWSunZcFi54Zka4wmtqtt6rPxc8`))

    expect(listener.getAddrs().join()).to.not.include('/p2p/')
  })

  it('promise 22: listens on IPv4 and IPv6 with one port', async () => {
    const [ip4, ip6] = [createListener(), createListener()]
    await ip4.listen(multiaddr('/ip4/0.0.0.0/udp/0/quic-v1'))
    const [, port] = /udp\/(\d+)/.exec(ip4.getAddrs()[0].toString()) ?? []
    await ip6.listen(multiaddr(`/ip6/::/udp/${port}/quic-v1`))

    expect(ip4.getAddrs().map(String)).to.include(`/ip4/127.0.0.1/udp/${port}/quic-v1`)
    expect(ip6.getAddrs().map(String)).to.include(`/ip6/::1/udp/${port}/quic-v1`)
  })

  it('promise 22: is dialled at every address of a wildcard', async () => {
    const listener = await nodes.create({ listen: ['/ip4/0.0.0.0/udp/0/quic-v1', '/ip6/::/udp/0/quic-v1'] })

    for (const address of listener.getMultiaddrs()) {
      const dialer = await nodes.create()
      const connection = await dialer.dial(address)

      expect(connection.remoteAddr.toString()).to.equal(address.toString())
      await dialer.stop()
    }

    expect(listener.getMultiaddrs().length).to.be.at.least(2)
  })

  it('rejects a port that is taken, and the node serves on', async () => {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await pEvent(socket, 'listening')
    const { port } = socket.address()
    const listener = createListener()

    await expect(listener.listen(multiaddr(`/ip4/127.0.0.1/udp/${port}/quic-v1`))).to.eventually.be.rejected
      .with.property('code', 'EADDRINUSE')
    await expect(listener.listen(multiaddr(`/ip4/127.0.0.1/udp/${port}/quic-v1`))).to.eventually.be.rejected
      .with.property('name', 'ListenError')
    expect(listener.getAddrs()).to.be.empty()

    const node = await nodes.create({
      listen: [`/ip4/127.0.0.1/udp/${port}/quic-v1`, LOOPBACK],
      transportManager: { faultTolerance: FaultTolerance.NO_FATAL }
    })
    const dialer = await nodes.create()
    const connection = await dialer.dial(node.getMultiaddrs())
    expect(connection.status).to.equal('open')

    socket.close()
    await pEvent(socket, 'close')
    await listener.listen(multiaddr(`/ip4/127.0.0.1/udp/${port}/quic-v1`))
    expect(listener.getAddrs()).to.have.lengthOf(1)
  })

  it('rejects an address that is not this machine\'s', async () => {
    await expect(createListener().listen(multiaddr('/ip4/192.0.2.1/udp/0/quic-v1'))).to.eventually.be.rejected
      .with.property('code', 'EADDRNOTAVAIL')
  })

  it('rejects an address that is not for QUIC', async () => {
    await expect(createListener().listen(multiaddr('/ip4/127.0.0.1/tcp/0'))).to.eventually.be.rejected
      .with.property('name', 'InvalidMultiaddrError')
    await expect(createListener().listen(multiaddr('/dns4/localhost/udp/0/quic-v1'))).to.eventually.be.rejected
      .with.property('name', 'InvalidMultiaddrError')
  })

  it('rejects a second address', async () => {
    const listener = createListener()
    await listener.listen(multiaddr(LOOPBACK))

    await expect(listener.listen(multiaddr(LOOPBACK))).to.eventually.be.rejected
      .with.property('name', 'AlreadyStartedError')
  })

  it('promise 21: frees its port at once when it closes', async () => {
    const first = createListener()
    await first.listen(multiaddr(LOOPBACK))
    const [address] = first.getAddrs()
    await Promise.all([pEvent(first, 'close'), first.close()])
    expect(first.getAddrs()).to.be.empty()

    const second = createListener()
    await second.listen(address)
    expect(second.getAddrs().map(String)).to.deep.equal([address.toString()])
  })

  it('does not listen again after it was closed', async () => {
    const listener = createListener()
    await listener.close()

    await expect(listener.listen(multiaddr(LOOPBACK))).to.eventually.be.rejected
      .with.property('name', 'NotStartedError')
  })

  it('promise 21: closes within a second while peers stall, and its connections end', async () => {
    const pair = await nodes.pair()
    const [local, remote] = await openStream(pair)
    // nobody reads: the sender is blocked when the listener closes
    remote.pause()
    fill(local)

    const start = Date.now()
    await pair.listener.stop()
    expect(Date.now() - start).to.be.below(1_000)
    expect(pair.remote.status).to.not.equal('open')

    await until(() => pair.connection.status !== 'open')
    await until(() => local.status !== 'open')
  })

  it('promise 21: the node can be started again', async () => {
    const listener = await nodes.listen()
    await listener.stop()
    await listener.start()
    const dialer = await nodes.create()
    const connection = await dialer.dial(listener.getMultiaddrs())

    expect(connection.remotePeer.equals(listener.peerId)).to.be.true()
  })

  it('promise 23: goes on serving after garbage', async () => {
    const listener = await nodes.listen()
    const [, port] = /udp\/(\d+)/.exec(listener.getMultiaddrs()[0].toString()) ?? []
    const socket = createSocket('udp4')

    for (let i = 0; i < 200; i++) {
      const garbage = crypto.getRandomValues(new Uint8Array(1 + i * 7))
      await new Promise(resolve => { socket.send(garbage, Number(port), '127.0.0.1', resolve) })
    }

    socket.close()
    const dialer = await nodes.create()
    const connection = await dialer.dial(listener.getMultiaddrs())
    expect(connection.status).to.equal('open')
  })
})
