import { generateKeyPair } from '@libp2p/crypto/keys'
import { defaultLogger } from '@libp2p/logger'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'aegir/chai'
import { connectionStatistics, quic } from '../../src/index.ts'
import { CapturingUpgrader } from '../fixtures/muxers.ts'
import { connectionFrom, LOOPBACK, Nodes, openStream, readAll, sendAll, until } from '../fixtures/nodes.ts'
import { proxied } from '../fixtures/proxied.ts'
import { Proxy } from '../fixtures/proxy.ts'
import { TCP } from '../fixtures/stacks.ts'
import { MeasuredNodes } from './fixtures/measured.ts'
import { RecordingLogger } from './fixtures/recording-logger.ts'
import type { QuicConnectionStatistics, QuicOptions, QuicTransport } from '../../src/index.ts'
import type { Pair } from '../fixtures/nodes.ts'
import type { ProxyInit } from '../fixtures/proxy.ts'
import type { ComponentLogger, Connection } from '@libp2p/interface'

const MIB = 1024 * 1024

/** A ClientHello's datagrams, which come before there is a connection that could count them. */
const FIRST_FLIGHT_BYTES = 2 * 1_452

async function transfer (pair: Pair, byteLength: number): Promise<void> {
  const [local, remote] = await openStream(pair)
  const [received] = await Promise.all([readAll(remote), sendAll(local, new Uint8Array(byteLength))])
  expect(received.byteLength).to.equal(byteLength)
}

/** @throws {Error} when the connection has none */
function statisticsOf (connection: Connection): QuicConnectionStatistics {
  const statistics = connectionStatistics(connection)

  if (statistics == null) {
    throw new Error(`No statistics of the connection to ${connection.remoteAddr}`)
  }

  return statistics
}

describe('statistics of a connection', function () {
  this.timeout(60_000)

  const nodes = new Nodes()
  const proxies: Proxy[] = []

  /** A connection over a path of the test's choice. */
  async function pairOver (path: ProxyInit, options: QuicOptions = {}): Promise<Pair & { proxy: Proxy }> {
    const [dialer, listener] = await Promise.all([nodes.create({ quic: options }), nodes.listen({ quic: options })])
    const proxy = await Proxy.create(listener.getMultiaddrs()[0], path)
    proxies.push(proxy)
    const opened = connectionFrom(listener)
    const connection = await dialer.dial(proxy.address)

    return { dialer, listener, connection, remote: await opened, proxy }
  }

  afterEach(async () => {
    await nodes.stop()
    proxies.splice(0).forEach(proxy => { proxy.close() })
  })

  it('are there for the dialled and for the accepted one, and agree', async () => {
    const pair = await nodes.pair()
    await transfer(pair, MIB)
    await until(() => statisticsOf(pair.connection).traffic.sentBytes - statisticsOf(pair.remote).traffic.receivedBytes <= FIRST_FLIGHT_BYTES)
    const [local, remote] = [statisticsOf(pair.connection), statisticsOf(pair.remote)]

    for (const { rttMs, minRttMs, congestionWindowBytes, mtuBytes } of [local, remote]) {
      expect(rttMs).to.be.within(minRttMs / 2, 5_000)
      expect(rttMs % 1).to.not.equal(0)
      expect(minRttMs).to.be.above(0)
      expect(congestionWindowBytes).to.be.at.least(2_400)
      expect(mtuBytes).to.be.within(1_200, 1_452)
    }

    expect(local.traffic.sentBytes).to.be.within(MIB, 1.3 * MIB)
    expect(local.traffic.sentDatagrams).to.be.above(MIB / 1_472)
    expect(local.traffic.sentDatagrams - remote.traffic.receivedDatagrams).to.be.within(0, 2)
    expect(local.traffic.sentBytes - remote.traffic.receivedBytes).to.be.within(0, FIRST_FLIGHT_BYTES)
    expect(remote.traffic.sentBytes).to.be.below(local.traffic.sentBytes)
  })

  it('tell the round trip of the path', async () => {
    const pair = await pairOver({ delayMs: 40 })
    await transfer(pair, 1_000)

    expect(statisticsOf(pair.connection).minRttMs).to.be.within(80, 1_000)
    expect(statisticsOf(pair.connection).rttMs).to.be.within(80, 2_000)
  })

  it('count what is lost on the path', async () => {
    const pair = await pairOver({ loss: 0.02, delayMs: 5 })
    await transfer(pair, 2 * MIB)
    const { lostPackets, lostBytes, congestionEvents } = statisticsOf(pair.connection).traffic

    expect(lostPackets).to.be.within(1, pair.proxy.counts.up.received)
    expect(lostBytes).to.be.within(lostPackets, lostPackets * 1_452)
    expect(congestionEvents).to.be.within(1, lostPackets)
  })

  it('notice a path that carries less than before', async () => {
    const pair = await pairOver({ delayMs: 5 })
    await until(() => statisticsOf(pair.connection).mtuBytes > 1_400, 20_000)
    expect(statisticsOf(pair.connection).traffic.blackHoles).to.equal(0)

    pair.proxy.set({ maxDatagramBytes: 1_250 })
    await transfer(pair, MIB)
    const { mtuBytes, traffic } = statisticsOf(pair.connection)
    expect(traffic.blackHoles).to.be.at.least(1)
    expect(mtuBytes).to.be.within(1_200, 1_250)
  })

  it('are undefined once the connection has ended', async () => {
    const { connection, remote } = await nodes.pair()
    await connection.close()
    expect(connectionStatistics(connection)).to.be.undefined()
    await until(() => remote.status !== 'open')
    expect(connectionStatistics(remote)).to.be.undefined()
  })

  it('are undefined for a connection of another transport', async () => {
    const tcp = new Nodes(TCP)

    try {
      const { connection, remote } = await tcp.pair()
      expect(connectionStatistics(connection)).to.be.undefined()
      expect(connectionStatistics(remote)).to.be.undefined()
    } finally {
      await tcp.stop()
    }
  })
})

describe('statistics of a transport', () => {
  let transport: QuicTransport
  const transports: QuicTransport[] = []

  async function createTransport (options: QuicOptions = {}, logger: ComponentLogger = defaultLogger()): Promise<QuicTransport> {
    const created = quic(options)({ privateKey: await generateKeyPair('Ed25519'), logger })
    transports.push(created)

    return created
  }

  beforeEach(async () => {
    transport = await createTransport()
  })

  afterEach(async () => {
    await Promise.all(transports.splice(0).map(async transport => transport.stop()))
  })

  it('are zeros before it has a socket', () => {
    const { sockets, traffic, ...counts } = transport.statistics()

    expect(sockets).to.be.empty()
    expect(Object.values({ ...counts, ...traffic })).to.have.lengthOf(17).and.satisfy((all: number[]) => all.every(value => value === 0))
  })

  it('name each socket, and what the system granted it', async () => {
    const upgrader = new CapturingUpgrader()
    const [ip4, ip6] = [transport.createListener({ upgrader }), transport.createListener({ upgrader })]
    await ip4.listen(multiaddr(LOOPBACK))
    await ip6.listen(multiaddr('/ip6/::1/udp/0/quic-v1'))
    const { sockets } = transport.statistics()

    expect(sockets.map(({ address, port }) => `${address} ${port}`)).to.deep.equal(
      [...ip4.getAddrs(), ...ip6.getAddrs()].map(address => address.toString().replace(/^\/ip\d\/(.*)\/udp\/(\d+)\/quic-v1$/, '$1 $2'))
    )
    expect(sockets.every(({ sendBufferBytes, receiveBufferBytes }) => sendBufferBytes > 0 && receiveBufferBytes > 0)).to.be.true()

    await ip4.close()
    expect(transport.statistics().sockets.map(({ address }) => address)).to.deep.equal(['::1'])
  })

  it('count connections and their traffic, and keep the traffic of a socket that is closed', async () => {
    const [inbound, outbound] = [new CapturingUpgrader(), new CapturingUpgrader()]
    const listener = transport.createListener({ upgrader: inbound })
    await listener.listen(multiaddr(LOOPBACK))
    const dialer = await createTransport()
    dialer.dial(listener.getAddrs()[0], { upgrader: outbound, signal: AbortSignal.timeout(20_000) }).catch(() => {})
    await Promise.all([inbound.captured(), outbound.captured()])
    await until(() => transport.statistics().traffic.receivedBytes > 2_400)

    const open = transport.statistics()
    expect(open).to.include({ connections: 1, pendingUpgrades: 1, pendingHandshakes: 0 })
    expect(dialer.statistics()).to.include({ connections: 1, pendingUpgrades: 0, pendingHandshakes: 0 })
    expect(open.sockets).to.have.lengthOf(1).and.to.have.nested.property('[0].traffic').that.deep.equals(open.traffic)

    await dialer.stop()
    await until(() => transport.statistics().connections === 0)
    const ended = transport.statistics()
    expect(ended.traffic.receivedBytes).to.be.at.least(open.traffic.receivedBytes)

    await listener.close()
    expect(transport.statistics()).to.deep.equal({ ...ended, sockets: [] })
  })

  it('count handshakes that fail', async () => {
    const upgrader = new CapturingUpgrader()
    const listener = transport.createListener({ upgrader })
    await listener.listen(multiaddr(LOOPBACK))
    const stranger = multiaddr(`${listener.getAddrs()[0]}/p2p/12D3KooWKnDdG3iXw9eTFijk3EWSunZcFi54Zka4wmtqtt6rPxc8`)
    const dialer = await createTransport()

    await expect(dialer.dial(stranger, { upgrader, signal: AbortSignal.timeout(20_000) }))
      .to.eventually.be.rejected.with.property('name', 'UnexpectedPeerError')
    await until(() => transport.statistics().handshakesFailed === 1)
    expect(transport.statistics()).to.include({ connections: 0, pendingHandshakes: 0, handshakesRefused: 0, handshakesRetried: 0 })
  })

  it('count datagrams from an IP address to which a connection may not move', async () => {
    const nodes = new MeasuredNodes()

    try {
      await proxied(nodes, { quic: { keepAliveIntervalMs: 50 } }, async ({ listener, proxy }) => {
        const measured = nodes.transportOf(listener)
        expect(measured.statistics().migrationsRefused).to.equal(0)

        proxy.changePort()
        const { received } = proxy.counts.up
        await until(() => proxy.counts.up.received > received + 1)
        expect(measured.statistics().migrationsRefused).to.equal(0)

        proxy.changeAddress('127.0.0.2')
        await until(() => measured.statistics().migrationsRefused > 1)
        expect(measured.statistics().connections).to.equal(1)
      })
    } finally {
      await nodes.stop()
    }
  })

  describe('socket buffers that are smaller than asked for', () => {
    let logger: RecordingLogger

    async function listenTwice (options: QuicOptions): Promise<void> {
      const transport = await createTransport(options, logger)

      for (let i = 0; i < 2; i++) {
        await transport.createListener({ upgrader: new CapturingUpgrader() }).listen(multiaddr(LOOPBACK))
      }
    }

    beforeEach(() => {
      logger = new RecordingLogger()
    })

    it('are logged once', async () => {
      // no system grants that much
      await listenTwice({ socketReceiveBufferBytes: 0x7fff_ffff, socketSendBufferBytes: 32_768 })
      const told = logger.lines.filter(line => line.includes('buffers'))

      expect(told).to.have.lengthOf(1)
      expect(told[0]).to.match(/^libp2p:quic UDP sockets .* 32768 \d+ 32768 2147483647$/)
    })

    it('are not logged when there are none', async () => {
      await listenTwice({ socketReceiveBufferBytes: 32_768, socketSendBufferBytes: 32_768 })

      expect(logger.lines.filter(line => line.includes('listening'))).to.have.lengthOf(2)
      expect(logger.lines.filter(line => line.includes('buffers'))).to.be.empty()
    })
  })
})
