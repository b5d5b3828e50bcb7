import { expect } from 'aegir/chai'
import { connectionFrom, fill, openStream, readAll, sendAll, until } from '../fixtures/nodes.ts'
import { Proxy } from '../fixtures/proxy.ts'
import { MeasuredNodes } from './fixtures/measured.ts'
import { expectRefusedAtOnce } from './fixtures/refused.ts'
import type { QuicOptions, QuicTransportStatistics } from '../../src/index.ts'
import type { Pair } from '../fixtures/nodes.ts'
import type { Connection, Libp2p } from '@libp2p/interface'

const KIB = 1024
const MIB = 1024 * KIB

/** What a connection begins with when little of the budget is left. */
const LEAST_BYTES = 256 * KIB

/** A share of the budget in so many parts is what a connection begins with otherwise. */
const SHARES = 256

/** libp2p's own limits would come first. */
const UNLIMITED = { inboundConnectionThreshold: 1_000, maxIncomingPendingConnections: 1_000 }

/** Half of a round trip over a wide area. */
const DELAY_MS = 25

/** Large ones cost the relay less. */
const DATAGRAM_BYTES = 8_192

describe('receiveBudgetBytes', function () {
  this.timeout(120_000)

  let nodes: MeasuredNodes
  let listener: Libp2p
  const proxies: Proxy[] = []

  async function listen (options: QuicOptions): Promise<void> {
    listener = await nodes.listen({ connectionManager: UNLIMITED, quic: options })
  }

  async function dial (): Promise<Connection> {
    return (await nodes.create()).dial(listener.getMultiaddrs())
  }

  function statistics (): QuicTransportStatistics {
    return nodes.transportOf(listener).statistics()
  }

  /** The dialler is done with its handshake first. */
  async function accepted (count: number): Promise<void> {
    await until(() => statistics().connections === count)
  }

  beforeEach(() => {
    nodes = new MeasuredNodes()
  })

  afterEach(async () => {
    await nodes.stop()
    proxies.splice(0).forEach(proxy => { proxy.close() })
  })

  describe('is shared by the connections of a socket', () => {
    it('of which a few begin with all that they may have', async () => {
      await listen({})
      await dial()
      await accepted(1)
      expect(statistics().receiveWindowBytes).to.equal(4 * MIB)

      await dial()
      await accepted(2)
      expect(statistics().receiveWindowBytes).to.be.within(8 * MIB - 4 * MIB / SHARES, 8 * MIB)
    })

    it('and given back when they end', async () => {
      await listen({})
      const connections = [await dial(), await dial()]
      await accepted(2)
      await connections[0].close()
      await accepted(1)
      expect(statistics().receiveWindowBytes).to.be.within(3 * MIB, 4 * MIB)

      connections[1].abort(new Error('no more'))
      await accepted(0)
      expect(statistics().receiveWindowBytes).to.equal(0)
    })

    it('those that it dialled included, which are not refused for it', async () => {
      const options = { receiveBudgetBytes: MIB, connectionReceiveWindowBytes: MIB, streamReceiveWindowBytes: MIB }
      await listen(options)
      const others = await Promise.all(Array.from({ length: 6 }, async () => nodes.listen()))

      for (const other of others) {
        await listener.dial(other.getMultiaddrs())
      }

      expect(statistics().receiveWindowBytes).to.equal(6 * LEAST_BYTES)
      await expectRefusedAtOnce(dial())
    })
  })

  describe('once it is promised', () => {
    const options = { receiveBudgetBytes: MIB, connectionReceiveWindowBytes: MIB, streamReceiveWindowBytes: MIB }
    const room = MIB / LEAST_BYTES

    it('lets nobody in until a connection ends: further ones are refused at once', async () => {
      await listen(options)
      const connections = []

      for (let i = 1; i <= room; i++) {
        connections.push(await dial())
        await accepted(i)
        expect(statistics().receiveWindowBytes).to.equal(i * LEAST_BYTES)
      }

      await expectRefusedAtOnce(dial())
      expect(statistics()).to.include({ connections: room, handshakesRefused: 1, handshakesFailed: 0, receiveWindowBytes: MIB })

      await connections[0].close()
      await accepted(room - 1)
      await dial()
      await accepted(room)
      expect(statistics().receiveWindowBytes).to.equal(MIB)
    })

    it('is exceeded by no more than the handshakes that were under way', async () => {
      const maxPendingHandshakes = 8
      await listen({ ...options, maxPendingHandshakes })
      const dialers = await Promise.all(Array.from({ length: 24 }, async () => nodes.create()))
      let highest = 0
      const sample = (): void => { highest = Math.max(highest, statistics().receiveWindowBytes) }
      const timer = setInterval(sample, 1)
      const ends = await Promise.allSettled(dialers.map(async dialer => dialer.dial(listener.getMultiaddrs())))
      await until(() => statistics().pendingHandshakes === 0)
      clearInterval(timer)
      sample()

      const connected = ends.filter(({ status }) => status === 'fulfilled').length
      expect(connected).to.be.within(room, room + maxPendingHandshakes)
      expect(highest).to.be.within(MIB, MIB + maxPendingHandshakes * LEAST_BYTES)

      for (const end of ends) {
        if (end.status === 'rejected') {
          expect(end.reason).to.include({ code: 'ERR_QUIC_TRANSPORT_BY_PEER', closeCode: 0x2 })
        }
      }
    })
  })

  describe('over a wide area', () => {
    const maxBytes = 16 * MIB
    const small = LEAST_BYTES
    const sender = { sendWindowBytes: maxBytes, maxMtu: DATAGRAM_BYTES }
    const growing = { connectionReceiveWindowBytes: maxBytes, streamReceiveWindowBytes: maxBytes, receiveBudgetBytes: SHARES * small, maxMtu: DATAGRAM_BYTES }

    async function pairOver (options: QuicOptions): Promise<Pair> {
      await listen(options)
      const dialer = await nodes.create({ quic: sender })
      const proxy = await Proxy.create(listener.getMultiaddrs()[0], { delayMs: DELAY_MS })
      proxies.push(proxy)
      const opened = connectionFrom(listener)
      const connection = await dialer.dial(proxy.address)

      return { dialer, listener, connection, remote: await opened }
    }

    /** How long it takes in ms. */
    async function transfer (pair: Pair, byteLength: number): Promise<number> {
      const [local, remote] = await openStream(pair)
      const start = performance.now()
      const [received] = await Promise.all([readAll(remote), sendAll(local, new Uint8Array(byteLength))])
      expect(received.byteLength).to.equal(byteLength)

      return performance.now() - start
    }

    it('the window of a connection that is read grows to what it may have', async () => {
      const pair = await pairOver(growing)
      expect(statistics().receiveWindowBytes).to.equal(small)

      // a busy machine may read too slowly for the last steps at first
      for (let i = 0; i < 5 && statistics().receiveWindowBytes < maxBytes; i++) {
        await transfer(pair, 32 * MIB)
      }

      expect(statistics().receiveWindowBytes).to.equal(maxBytes)
    })

    it('the same is faster than with a window that can\'t grow', async () => {
      const bytes = 12 * MIB
      const fixed = await transfer(await pairOver({ ...growing, connectionReceiveWindowBytes: small, streamReceiveWindowBytes: small }), bytes)
      expect(statistics().receiveWindowBytes).to.equal(small)
      const pair = await pairOver(growing)
      const grown = Math.min(await transfer(pair, bytes), await transfer(pair, bytes))

      // a window for each round trip
      expect(fixed).to.be.above(0.9 * 2 * DELAY_MS * bytes / small)
      expect(grown).to.be.below(fixed / 2)
    })

    it('the window of a connection that is not read does not grow', async () => {
      const credit = 64 * KIB
      const pair = await pairOver({ ...growing, streamCreditBytes: credit, connectionCreditBytes: credit })
      const [local] = await openStream(pair)
      fill(local)

      await new Promise(resolve => setTimeout(resolve, 20 * 2 * DELAY_MS))
      expect(statistics().receiveWindowBytes).to.equal(small)
      local.abort(new Error('enough'))
    })
  })
})
