import { createSocket } from 'node:dgram'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { defaultLogger } from '@libp2p/logger'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'aegir/chai'
import { pEvent } from 'p-event'
import { quic } from '../src/index.ts'
import { CapturingUpgrader } from './fixtures/muxers.ts'
import { Nodes, until } from './fixtures/nodes.ts'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Socket } from 'node:dgram'

const EXACT_PEER = /\/p2p\/[^/]+$/

describe('dial', () => {
  const nodes = new Nodes()
  /** A peer that answers nothing. */
  let blackHole: Socket
  let blackHoleAddress: Multiaddr

  beforeEach(async () => {
    blackHole = createSocket('udp4')
    blackHole.bind(0, '127.0.0.1')
    await pEvent(blackHole, 'listening')
    blackHoleAddress = multiaddr(`/ip4/127.0.0.1/udp/${blackHole.address().port}/quic-v1`)
  })

  afterEach(async () => {
    blackHole.close()
    await nodes.stop()
  })

  for (const address of ['/ip4/127.0.0.1/udp/0/quic-v1', '/ip6/::1/udp/0/quic-v1']) {
    it(`connects to ${address}`, async () => {
      const { connection, dialer, listener, remote } = await nodes.pair({}, { listen: [address] })

      expect(connection.remotePeer.equals(listener.peerId)).to.be.true()
      expect(remote.remotePeer.equals(dialer.peerId)).to.be.true()
      expect(connection.multiplexer).to.equal('/quic-v1')
      expect(connection.encryption).to.equal('native')
      expect(remote.remoteAddr.toString()).to.match(/^\/ip[46]\/[^/]+\/udp\/\d+\/quic-v1\/p2p\//)
    })
  }

  it('connects to an address without a peer id', async () => {
    const listener = await nodes.listen()
    const dialer = await nodes.create()
    const address = multiaddr(listener.getMultiaddrs()[0].toString().replace(EXACT_PEER, ''))
    const connection = await dialer.dial(address)

    expect(connection.remotePeer.equals(listener.peerId)).to.be.true()
  })

  it('connects to a host name', async () => {
    const listener = await nodes.listen()
    const dialer = await nodes.create()
    const address = multiaddr(listener.getMultiaddrs()[0].toString().replace('/ip4/127.0.0.1', '/dns4/localhost'))
    const connection = await dialer.dial(address)

    expect(connection.remotePeer.equals(listener.peerId)).to.be.true()
  })

  it('tells its progress', async () => {
    const listener = await nodes.listen()
    const dialer = await nodes.create()
    const events: string[] = []
    await dialer.dial(listener.getMultiaddrs(), { onProgress: ({ type }) => { events.push(type) } })

    expect(events).to.include('quic:open-connection')
  })

  it('sends nothing more after an abort', async () => {
    const transport = quic()({ privateKey: await generateKeyPair('Ed25519'), logger: defaultLogger() })
    const controller = new AbortController()
    const dial = transport.dial(blackHoleAddress, { upgrader: new CapturingUpgrader(), signal: controller.signal })
    await pEvent(blackHole, 'message')
    controller.abort()
    await expect(dial).to.eventually.be.rejected.with.property('name', 'AbortError')

    let datagrams = 0
    // what says goodbye may still come
    await new Promise(resolve => setTimeout(resolve, 100))
    blackHole.on('message', () => { datagrams++ })
    await new Promise(resolve => setTimeout(resolve, 1_200))
    expect(datagrams).to.equal(0)
  })

  it('closes the native connection when the upgrade fails', async () => {
    const listener = await nodes.listen()
    const dialer = await nodes.create({ connectionGater: { denyOutboundUpgradedConnection: async () => true } })

    await expect(dialer.dial(listener.getMultiaddrs())).to.eventually.be.rejected
      .with.property('name', 'ConnectionInterceptedError')

    // an honest dial afterwards, so that the listener has surely seen the end of the other one
    const honest = await nodes.create()
    await honest.dial(listener.getMultiaddrs())
    await until(() => listener.getConnections(honest.peerId).length === 1)
    expect(listener.getConnections(dialer.peerId)).to.be.empty()
  })

  it('is refused when the transport is stopped', async () => {
    const listener = await nodes.listen()
    const dialer = await nodes.create()
    await dialer.stop()

    await expect(dialer.dial(listener.getMultiaddrs())).to.eventually.be.rejected()
  })

  it('fails at once at a port where nobody listens, or within the handshake time-out', async () => {
    const { port } = blackHole.address()
    const other = createSocket('udp4')
    other.bind(0, '127.0.0.1')
    await pEvent(other, 'listening')
    const closedPort = other.address().port
    other.close()
    await pEvent(other, 'close')
    expect(closedPort).to.not.equal(port)
    const dialer = await nodes.create({ quic: { handshakeTimeoutMs: 300 } })

    await expect(dialer.dial(multiaddr(`/ip4/127.0.0.1/udp/${closedPort}/quic-v1`))).to.eventually.be.rejected
      .with.property('name').that.is.oneOf(['TimeoutError', 'ConnectionFailedError'])
  })
})
