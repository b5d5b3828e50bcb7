import { createSocket } from 'node:dgram'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { FaultTolerance } from '@libp2p/interface'
import { defaultLogger } from '@libp2p/logger'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'aegir/chai'
import { pEvent } from 'p-event'
import { quic } from '../src/index.ts'
import { CapturingUpgrader } from './fixtures/muxers.ts'
import { LOOPBACK, Nodes } from './fixtures/nodes.ts'
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
})
