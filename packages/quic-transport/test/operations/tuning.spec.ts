import { expect } from 'aegir/chai'
import { connectionStatistics } from '../../src/index.ts'
import { connectionFrom, fill, Nodes, openStream, pattern, readAll, sendAll, until } from '../fixtures/nodes.ts'
import { Proxy } from '../fixtures/proxy.ts'
import { Wiretap } from './fixtures/wiretap.ts'
import type { QuicConnectionStatistics, QuicOptions } from '../../src/index.ts'
import type { Pair } from '../fixtures/nodes.ts'
import type { Connection, Stream } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

const KIB = 1024
const MIB = 1024 * KIB

const CONTROLLERS = ['cubic', 'bbr', 'newreno'] as const

/** What is left of the window after a loss (RFC 9438 section 4.6, RFC 9002 section 7.3.2). */
const REDUCTIONS = { cubic: 0.7, newreno: 0.5 } as const

/** What packets add to the bytes of a stream, handshake included, generously. */
const OVERHEAD = 1.15
const HANDSHAKE_BYTES = 16 * KIB

/** Nothing more is sent when the count did not move for so long. */
const QUIET_MS = 500

/** An IPv4 packet of 65,535 bytes without its headers: what the loopback carries at most. */
const LOOPBACK_MTU = 65_507

/** How near to the limit the search for the MTU comes before it ends. */
const MTU_STEP = 20

/** @throws {Error} when the connection has none */
function statisticsOf (connection: Connection): QuicConnectionStatistics {
  const statistics = connectionStatistics(connection)

  if (statistics == null) {
    throw new Error(`No statistics of the connection to ${connection.remoteAddr}`)
  }

  return statistics
}

/** What was sent when nothing more is. */
async function sentAtRest (connection: Connection): Promise<number> {
  for (let last = -1; ;) {
    const { sentBytes } = statisticsOf(connection).traffic

    if (sentBytes === last) {
      return sentBytes
    }

    last = sentBytes
    await new Promise(resolve => setTimeout(resolve, QUIET_MS))
  }
}

async function expectIntact (pair: Pair, byteLength: number): Promise<void> {
  const [local, remote] = await openStream(pair)
  const data = pattern(byteLength)
  const [received] = await Promise.all([readAll(remote), sendAll(local, data)])

  expect(Buffer.compare(received, data)).to.equal(0)
}

describe('tuning', function () {
  this.timeout(120_000)

  const nodes = new Nodes()
  const paths: Array<{ close(): void }> = []

  /** A connection over something on the way. */
  async function pairOver <Path extends { address: Multiaddr, close(): void }> (create: (listener: Multiaddr) => Promise<Path>, options: QuicOptions): Promise<Pair & { path: Path }> {
    const [dialer, listener] = await Promise.all([nodes.create({ quic: options }), nodes.listen({ quic: options })])
    const path = await create(listener.getMultiaddrs()[0])
    paths.push(path)
    const opened = connectionFrom(listener)
    const connection = await dialer.dial(path.address)

    return { dialer, listener, connection, remote: await opened, path }
  }

  afterEach(async () => {
    await nodes.stop()
    paths.splice(0).forEach(path => { path.close() })
  })

  describe('congestion control', () => {
    for (const congestionControl of CONTROLLERS) {
      it(`${congestionControl} carries a transfer over a path that loses packets`, async () => {
        const pair = await pairOver(async to => Proxy.create(to, { loss: 0.01, delayMs: 5 }), { congestionControl })
        await expectIntact(pair, 4 * MIB)

        expect(statisticsOf(pair.connection).traffic.lostPackets).to.be.above(0)
      })
    }

    for (const congestionControl of CONTROLLERS) {
      it(`${congestionControl} begins with the window that it is told, by default 32 packets`, async () => {
        const windows = await Promise.all([{}, { initialCongestionWindowPackets: 10 }, { initialCongestionWindowPackets: 10, initialMtu: 1_400 }, { initialCongestionWindowPackets: 1_000 }].map(async (quic) => {
          const { connection } = await nodes.pair({ quic: { congestionControl, ...quic } })

          return statisticsOf(connection).congestionWindowBytes
        }))

        // the handshake has let it grow by what it took
        for (const [i, bytes] of [32 * 1_200, 10 * 1_200, 10 * 1_400, 1_000 * 1_200].entries()) {
          expect(windows[i]).to.be.within(bytes, bytes + HANDSHAKE_BYTES)
        }
      })
    }

    it('carries a transfer from the smallest window on', async () => {
      await expectIntact(await nodes.pair({ quic: { initialCongestionWindowPackets: 2 } }), MIB)
    })

    for (const congestionControl of ['cubic', 'newreno'] as const) {
      it(`${congestionControl} keeps ${REDUCTIONS[congestionControl]} of its window when a packet is lost`, async () => {
        const pair = await pairOver(async to => Wiretap.create(to), { congestionControl })
        const [local, remote] = await openStream(pair)
        await sentAtRest(pair.connection)
        const { congestionWindowBytes: before, traffic } = statisticsOf(pair.connection)
        expect(traffic.congestionEvents).to.equal(0)

        let lost = 0
        pair.path.drops = ({ isUp, payload }) => isUp && payload.byteLength > 1_000 && lost++ === 0
        // less than the window, so that it does not grow meanwhile (RFC 9002 section 7.8)
        await Promise.all([readAll(remote), sendAll(local, pattern(8 * 1_200))])
        await until(() => statisticsOf(pair.connection).traffic.congestionEvents > 0)
        const { congestionWindowBytes: after } = statisticsOf(pair.connection)

        expect(statisticsOf(pair.connection).traffic).to.include({ congestionEvents: 1, lostPackets: 1 })
        expect(after / before).to.be.within(REDUCTIONS[congestionControl] - 0.05, REDUCTIONS[congestionControl] + 0.05)
      })
    }
  })

  it('transfers are intact without segmentation offload', async () => {
    const quic = { segmentationOffload: false }
    const pair = await nodes.pair({ quic }, { quic })
    await expectIntact(pair, 8 * MIB)
  })

  describe('datagrams', () => {
    async function mtuAtRest (dialer: QuicOptions, listener: QuicOptions): Promise<number> {
      const { connection } = await nodes.pair({ quic: dialer }, { quic: listener })
      await sentAtRest(connection)

      return statisticsOf(connection).mtuBytes
    }

    it('grow up to maxMtu', async () => {
      expect(await mtuAtRest({}, {})).to.be.within(1_452 - MTU_STEP, 1_452)
      expect(await mtuAtRest({ maxMtu: 9_000 }, { maxMtu: 9_000 })).to.be.within(9_000 - MTU_STEP, 9_000)
    })

    it('stay where they are when maxMtu is as small', async () => {
      expect(await mtuAtRest({ maxMtu: 1_200 }, {})).to.equal(1_200)
    })

    it('do not grow beyond what the peer takes', async () => {
      expect(await mtuAtRest({ maxMtu: 9_000 }, {})).to.be.within(1_452, 1_472)
    })

    it('begin with initialMtu', async () => {
      const quic = { initialMtu: 9_000, maxMtu: 9_000 }
      const pair = await nodes.pair({ quic }, { quic })

      expect(statisticsOf(pair.connection).mtuBytes).to.equal(9_000)
      await expectIntact(pair, MIB)
    })

    it('grow up to what the path carries when maxMtu is larger, and carry transfers', async () => {
      const quic = { maxMtu: 65_527, segmentationOffload: false }
      const pair = await nodes.pair({ quic }, { quic })
      await sentAtRest(pair.connection)

      expect(statisticsOf(pair.connection).mtuBytes).to.be.within(60_000, LOOPBACK_MTU)
      const before = statisticsOf(pair.connection).traffic.sentDatagrams
      await expectIntact(pair, 8 * MIB)
      // of 1,452 bytes, 5,778 would be needed
      expect(statisticsOf(pair.connection).traffic.sentDatagrams - before).to.be.below(2_000)
    })
  })

  describe('windows', () => {
    const small: QuicOptions = {
      streamReceiveWindowBytes: 128 * KIB,
      connectionReceiveWindowBytes: 512 * KIB,
      streamCreditBytes: 16 * KIB,
      connectionCreditBytes: 64 * KIB
    }

    /** Fills streams that nobody reads and returns what was sent over the network for it. */
    async function sentUnread (streams: number): Promise<number> {
      const pair = await nodes.pair({}, { quic: small })
      const opened: Stream[] = []

      // all before the first is filled: streams that come when the window is full wait as well
      for (let i = 0; i < streams; i++) {
        const [local] = await openStream(pair)
        opened.push(local)
      }

      opened.forEach(stream => { fill(stream) })

      return sentAtRest(pair.connection)
    }

    it('of a stream bound what is sent on it unread', async () => {
      expect(await sentUnread(1)).to.be.within(128 * KIB, (128 + 16) * KIB * OVERHEAD + HANDSHAKE_BYTES)
    })

    it('of a connection bound what is sent on all its streams unread', async () => {
      expect(await sentUnread(16)).to.be.within(512 * KIB, (512 + 64) * KIB * OVERHEAD + HANDSHAKE_BYTES)
    })

    it('of sending bound the throughput by the round trip', async () => {
      const delayMs = 50
      const pair = await pairOver(async to => Proxy.create(to, { delayMs }), { sendWindowBytes: 64 * KIB })
      const start = performance.now()
      await expectIntact(pair, MIB)

      // at most a window in each round trip, the first of which needs no wait
      expect(performance.now() - start).to.be.above((MIB / (64 * KIB) - 1) * 2 * delayMs)
    })
  })
})
