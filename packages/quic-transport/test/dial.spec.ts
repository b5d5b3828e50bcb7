import { createSocket } from 'node:dgram'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { defaultLogger } from '@libp2p/logger'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'aegir/chai'
import { pEvent } from 'p-event'
import { ConnectionCode, QuicConnectionError, quic } from '../src/index.ts'
import { CapturingUpgrader } from './fixtures/muxers.ts'
import { connectionFrom, LOOPBACK, Nodes, readAll, until } from './fixtures/nodes.ts'
import type { Connection, StreamCloseEvent } from '@libp2p/interface'
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

  describe('promise 20: host keys', () => {
    for (const type of ['Ed25519', 'secp256k1', 'RSA'] as const) {
      it(`of type ${type} work both ways`, async () => {
        const [privateKey, remoteKey] = await Promise.all([generateKeyPair(type), generateKeyPair(type)])
        const { connection, remote } = await nodes.pair({ privateKey }, { privateKey: remoteKey })

        expect(connection.remotePeer.equals(peerIdFromPrivateKey(remoteKey))).to.be.true()
        expect(remote.remotePeer.equals(peerIdFromPrivateKey(privateKey))).to.be.true()
      })
    }
  })

  describe('promise 12: port reuse', () => {
    const portOf = (address: Multiaddr): string | undefined => /udp\/(\d+)/.exec(address.toString())?.[1]

    for (const [listen, target] of [
      ['/ip4/127.0.0.1/udp/0/quic-v1', '/ip4/127.0.0.1/udp/0/quic-v1'],
      ['/ip4/0.0.0.0/udp/0/quic-v1', '/ip4/127.0.0.1/udp/0/quic-v1'],
      ['/ip6/::/udp/0/quic-v1', '/ip6/::1/udp/0/quic-v1']
    ]) {
      it(`a node that listens on ${listen} dials from its port`, async () => {
        const { dialer, remote } = await nodes.pair({ listen: [listen] }, { listen: [target] })

        expect(portOf(remote.remoteAddr)).to.equal(portOf(dialer.getMultiaddrs()[0]))
      })
    }

    it('a listener of the other family is not used', async () => {
      const { connection, dialer, remote } = await nodes.pair({ listen: ['/ip6/::1/udp/0/quic-v1'] })

      expect(connection.status).to.equal('open')
      expect(portOf(remote.remoteAddr)).to.not.equal(portOf(dialer.getMultiaddrs()[0]))
    })

    it('a node that does not listen dials from one port', async () => {
      const dialer = await nodes.create()
      const ports = []

      for (let i = 0; i < 2; i++) {
        const listener = await nodes.listen()
        const opened = connectionFrom(listener)
        await dialer.dial(listener.getMultiaddrs())
        ports.push(portOf((await opened).remoteAddr))
      }

      expect(ports[0]).to.equal(ports[1])
    })

    it('two listeners serve one node', async () => {
      const listener = await nodes.listen({ listen: [LOOPBACK, LOOPBACK] })
      const addresses = listener.getMultiaddrs()
      expect(addresses).to.have.lengthOf(2)

      for (const address of addresses) {
        const dialer = await nodes.create()
        await expect(dialer.dial(address)).to.eventually.have.property('status', 'open')
      }
    })
  })

  describe('promise 9: time limits', () => {
    it('obeys its signal within 50 ms', async () => {
      const dialer = await nodes.create()
      const controller = new AbortController()
      const dial = dialer.dial(blackHoleAddress, { signal: controller.signal })
      await pEvent(blackHole, 'message')

      const start = performance.now()
      controller.abort()
      await expect(dial).to.eventually.be.rejected.with.property('name', 'AbortError')
      expect(performance.now() - start).to.be.below(50)
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

    it('frees its slot when it is aborted', async () => {
      const listener = await nodes.listen()
      const dialer = await nodes.create({ connectionManager: { maxParallelDials: 1 } })

      for (let i = 0; i < 5; i++) {
        await expect(dialer.dial(blackHoleAddress, { signal: AbortSignal.timeout(20) })).to.eventually.be.rejected()
      }

      await expect(dialer.dial(listener.getMultiaddrs())).to.eventually.have.property('status', 'open')
    })

    it('gives up when the handshake takes too long', async () => {
      const dialer = await nodes.create({ quic: { handshakeTimeoutMs: 200 } })
      const start = Date.now()

      const error = await dialer.dial(blackHoleAddress).then(() => undefined, err => err)
      expect(error).to.have.property('name', 'TimeoutError')
      expect(error).to.have.property('code', 'ERR_QUIC_TIMED_OUT')
      expect(Date.now() - start).to.be.within(150, 1_500)
    })

    it('does not begin when the signal is aborted already', async () => {
      const dialer = await nodes.create()

      await expect(dialer.dial(blackHoleAddress, { signal: AbortSignal.abort() })).to.eventually.be.rejected
        .with.property('name', 'AbortError')
    })
  })

  it('promise 13: a wrong peer id fails inside TLS, unnoticed by the listener\'s node', async () => {
    const listener = await nodes.listen()
    const dialer = await nodes.create()
    const other = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
    let connections = 0
    listener.addEventListener('connection:open', () => { connections++ })

    const address = listener.getMultiaddrs()[0].toString().replace(EXACT_PEER, `/p2p/${other}`)
    await expect(dialer.dial(multiaddr(address))).to.eventually.be.rejected
      .with.property('name', 'UnexpectedPeerError')

    // an honest dial afterwards, so that the other one has surely been seen
    await dialer.dial(listener.getMultiaddrs())
    await until(() => connections > 0)
    expect(connections).to.equal(1)
  })

  it('promise 11: a peer refused by a gater learns it at once', async () => {
    const listener = await nodes.listen({
      connectionGater: { denyInboundConnection: async () => true }
    })
    const dialer = await nodes.create()
    const start = Date.now()
    const error = await refusal(dialer.dial(listener.getMultiaddrs()))

    expect(Date.now() - start).to.be.below(1_000)
    expect(error).to.be.instanceOf(QuicConnectionError)
    expect(error).to.have.property('closeCode', ConnectionCode.gated)
    expect(error).to.have.property('closeName', 'gated')
  })

  it('promise 11: a peer over the connection limit learns it at once', async () => {
    const { listener } = await nodes.pair({}, { connectionManager: { maxConnections: 1 } })
    const dialer = await nodes.create()
    const error = await refusal(dialer.dial(listener.getMultiaddrs()))

    expect(error).to.have.property('closeName', 'resourceLimitExceeded')
  })

  it('promise 6: streams opened while an async gater thinks are served', async () => {
    const decided = Promise.withResolvers<boolean>()
    const listener = await nodes.listen({
      connectionGater: { denyInboundUpgradedConnection: async () => decided.promise }
    })
    const dialer = await nodes.create()
    await listener.handle('/early/1.0.0', async (stream) => {
      stream.send(await readAll(stream))
      await stream.close()
    })

    const connection = await dialer.dial(listener.getMultiaddrs())
    const echoes = Promise.all(Array.from({ length: 20 }, async (_, i) => {
      const stream = await connection.newStream('/early/1.0.0', { maxOutboundStreams: 20 })
      stream.send(Uint8Array.of(i))
      await stream.close()

      return readAll(stream)
    }))

    // their first bytes have long arrived when the gater makes up its mind
    await new Promise(resolve => setTimeout(resolve, 200))
    decided.resolve(false)

    expect((await echoes).map(([byte]) => byte)).to.deep.equal(Array.from({ length: 20 }, (_, i) => i))
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

/** What a refused dialler gets: its dial fails, or the connection closes right after. */
async function refusal (dial: Promise<Connection>): Promise<Error | undefined> {
  try {
    return (await pEvent<'close', StreamCloseEvent>(await dial, 'close')).error
  } catch (err) {
    return err instanceof Error ? err : undefined
  }
}
