import { expect } from 'aegir/chai'
import { openInitial } from '../fixtures/initial.ts'
import { connectionFrom, LOOPBACK, until } from '../fixtures/nodes.ts'
import { isRetry } from '../fixtures/strangers.ts'
import { MeasuredNodes } from './fixtures/measured.ts'
import { RecordingLogger } from './fixtures/recording-logger.ts'
import { expectRefused, expectRefusedAtOnce } from './fixtures/refused.ts'
import { Wiretap } from './fixtures/wiretap.ts'
import type { QuicOptions, QuicTransportStatistics } from '../../src/index.ts'
import type { NodeInit } from '../fixtures/nodes.ts'
import type { Connection, Libp2p } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

type Gate = NonNullable<QuicOptions['denyInboundHandshake']>

/** CONNECTION_CLOSE by the transport (RFC 9000 section 19.19) with CONNECTION_REFUSED. */
const REFUSAL = [0x1c, 0x02]

/** Below it there is no room for a server's certificate. */
const SMALL_BYTES = 300

/** What stopping a node may take at most. */
const STOP_MS = 1_000

describe('denyInboundHandshake', function () {
  this.timeout(60_000)

  let nodes: MeasuredNodes
  let listener: Libp2p
  const asked: Multiaddr[] = []
  const taps: Wiretap[] = []

  async function listen (gate: Gate, options: QuicOptions = {}, init: NodeInit = {}): Promise<void> {
    listener = await nodes.listen({
      // libp2p's own limit of dials by one address would come first
      connectionManager: { inboundConnectionThreshold: 1_000 },
      ...init,
      quic: {
        ...options,
        denyInboundHandshake: (remoteAddr) => {
          asked.push(remoteAddr)

          return gate(remoteAddr)
        }
      }
    })
  }

  async function dial (init: NodeInit = {}): Promise<Connection> {
    return (await nodes.create(init)).dial(listener.getMultiaddrs())
  }

  /** The dialler is done with its handshake first. */
  async function accepted (count: number): Promise<void> {
    await until(() => statistics().connections === count)
  }

  function statistics (): QuicTransportStatistics {
    return nodes.transportOf(listener).statistics()
  }

  beforeEach(() => {
    nodes = new MeasuredNodes()
    asked.length = 0
  })

  afterEach(async () => {
    await nodes.stop()
    taps.splice(0).forEach(tap => { tap.close() })
  })

  describe('lets a handshake begin that it does not deny', () => {
    const gates: Record<string, Gate> = {
      'at once': () => false,
      'by a promise': async () => false,
      later: async () => new Promise(resolve => { setTimeout(resolve, 100, false) })
    }

    for (const [how, gate] of Object.entries(gates)) {
      it(how, async () => {
        await listen(gate)
        const connection = await dial()
        await accepted(1)

        expect(connection.status).to.equal('open')
        expect(asked).to.have.lengthOf(1)
        expect(statistics()).to.include({ connections: 1, handshakesGated: 0, handshakesRefused: 0, handshakesFailed: 0 })
      })
    }
  })

  describe('refuses a handshake that it denies, and the peer learns it at once', () => {
    const gates: Record<string, Gate> = {
      'at once': () => true,
      'by a promise': async () => true
    }

    for (const [how, gate] of Object.entries(gates)) {
      it(how, async () => {
        await listen(gate)
        await expectRefusedAtOnce(dial())

        expect(asked).to.have.lengthOf(1)
        expect(statistics()).to.include({ connections: 0, pendingHandshakes: 0, handshakesGated: 1, handshakesRefused: 0, handshakesFailed: 0 })
      })
    }

    it('without any of TLS', async () => {
      await listen(() => true)
      const tap = await Wiretap.create(listener.getMultiaddrs()[0])
      taps.push(tap)
      const dialer = await nodes.create()
      await expectRefusedAtOnce(dialer.dial(tap.address))

      const answers = tap.datagrams.filter(({ isUp }) => !isUp).map(({ payload }) => payload)
      expect(answers.every(({ byteLength }) => byteLength < SMALL_BYTES), String(answers.map(({ byteLength }) => byteLength))).to.be.true()
      expect(isRetry(answers[0])).to.be.true()

      const proven = tap.datagrams.filter(({ isUp }) => isUp).map(({ payload }) => openInitial(payload, 'client')).find(({ token }) => token.byteLength > 0)
      const refusals = answers.filter(answer => !isRetry(answer)).map(answer => openInitial(answer, 'server', proven?.destination).payload)
      expect(refusals).to.not.be.empty()
      expect(refusals.map(payload => [...payload.subarray(0, 2)])).to.deep.equal(refusals.map(() => REFUSAL))
    })
  })

  describe('that fails refuses, and it is logged', () => {
    const gates: Record<string, Gate> = {
      'by an exception': () => { throw new Error('the list is not loaded') },
      'by a rejection': async () => { throw new Error('the list is not loaded') }
    }

    for (const [how, gate] of Object.entries(gates)) {
      it(how, async () => {
        const logger = new RecordingLogger()
        await listen(gate, {}, { logger })
        await expectRefusedAtOnce(dial())

        expect(statistics()).to.include({ connections: 0, handshakesGated: 1 })
        expect(logger.lines.filter(line => line.startsWith('libp2p:quic:') && line.includes('the list is not loaded'))).to.have.lengthOf(1)
      })
    }
  })

  it('is asked with the address of the peer, once that is proven', async () => {
    await listen(() => {
      expect(statistics()).to.include({ handshakesRetried: 1, pendingHandshakes: 1, connections: 0 })

      return false
    })
    const dialer = await nodes.create({ listen: [LOOPBACK] })
    const opened = connectionFrom(listener)
    await dialer.dial(listener.getMultiaddrs())
    const remote = await opened

    const [own] = dialer.getMultiaddrs()
    expect(asked.map(String)).to.deep.equal([own.decapsulate('/p2p').toString()])
    expect(remote.remoteAddr.toString()).to.satisfy((address: string) => address.startsWith(String(asked[0])))
    expect(statistics().handshakesRetried).to.equal(1)
  })

  it('is asked with an IPv6 address', async () => {
    await listen(() => true, {}, { listen: ['/ip6/::1/udp/0/quic-v1'] })
    await expectRefusedAtOnce(dial())

    expect(String(asked[0])).to.match(/^\/ip6\/::1\/udp\/[1-9]\d*\/quic-v1$/)
  })

  it('is not asked about dials of its own node', async () => {
    await listen(() => true)
    const other = await nodes.listen()
    await listener.dial(other.getMultiaddrs())

    expect(asked).to.be.empty()
    expect(statistics()).to.include({ connections: 1, handshakesGated: 0 })
  })

  it('tells one peer from another', async () => {
    const denied = await nodes.create({ listen: [LOOPBACK] })
    const port = denied.getMultiaddrs()[0].getComponents()[1].value
    await listen((remoteAddr) => remoteAddr.getComponents()[1].value === port)

    await Promise.all([dial(), dial(), expectRefusedAtOnce(denied.dial(listener.getMultiaddrs()))])
    await accepted(2)
    expect(statistics()).to.include({ connections: 2, handshakesGated: 1 })
  })

  describe('that does not answer', () => {
    const handshakeTimeoutMs = 2_000

    it('refuses when the time of a handshake is over, and delays nobody else', async () => {
      await listen(async () => asked.length === 1 ? new Promise(() => {}) : false, { handshakeTimeoutMs })
      const start = performance.now()
      const refused = expectRefused(dial({ quic: { handshakeTimeoutMs: 30_000 } })).then(() => performance.now() - start)
      await until(() => asked.length === 1)

      await dial()
      await accepted(1)
      expect(statistics()).to.include({ pendingHandshakes: 1, handshakesFailed: 0 })

      expect(await refused).to.be.within(handshakeTimeoutMs, handshakeTimeoutMs + 5_000)
      await until(() => statistics().pendingHandshakes === 0)
      expect(statistics()).to.include({ connections: 1, handshakesFailed: 1, handshakesGated: 0 })
    })

    it('takes no more than the places for handshakes: further ones are refused at once, until it has answered', async () => {
      const verdict = Promise.withResolvers<boolean>()
      await listen(async () => verdict.promise, { maxPendingHandshakes: 2 })
      const waiting = [dial(), dial()]
      await until(() => asked.length === 2)

      await expectRefusedAtOnce(dial())
      expect(asked).to.have.lengthOf(2)
      expect(statistics()).to.include({ pendingHandshakes: 2, handshakesRefused: 1, handshakesGated: 0 })

      verdict.resolve(false)
      await Promise.all(waiting)
      await dial()
      await accepted(3)
      expect(statistics()).to.include({ pendingHandshakes: 0, handshakesFailed: 0 })
    })

    it('may still do so too late', async () => {
      const verdict = Promise.withResolvers<boolean>()
      await listen(async () => asked.length === 1 ? verdict.promise : false, { handshakeTimeoutMs: 300 })
      await expectRefused(dial())
      verdict.resolve(false)

      await dial()
      await accepted(1)
      expect(statistics()).to.include({ pendingHandshakes: 0, handshakesFailed: 1, handshakesGated: 0 })
    })

    it('while the peer gives up: nothing comes of an answer', async () => {
      const verdict = Promise.withResolvers<boolean>()
      await listen(async () => asked.length === 1 ? verdict.promise : false, { handshakeTimeoutMs })
      const dialer = await nodes.create()
      const controller = new AbortController()
      const dialling = dialer.dial(listener.getMultiaddrs(), { signal: controller.signal })
      await until(() => asked.length === 1)
      controller.abort()
      await expect(dialling).to.eventually.be.rejected.with.property('name', 'AbortError')
      verdict.resolve(false)

      await until(() => statistics().pendingHandshakes === 0, 2 * handshakeTimeoutMs + 5_000)
      expect(statistics()).to.include({ connections: 0, pendingUpgrades: 0, handshakesFailed: 1 })
      await dial()
    })

    it('does not keep the node from stopping: the peer is refused', async () => {
      await listen(async () => new Promise(() => {}))
      const refused = expectRefused(dial({ quic: { handshakeTimeoutMs: 30_000 } }))
      await until(() => asked.length === 1)

      const start = performance.now()
      await listener.stop()
      expect(performance.now() - start).to.be.below(STOP_MS)
      await refused
    })

    it('and does so when the node has stopped: nothing happens', async () => {
      const verdict = Promise.withResolvers<boolean>()
      await listen(async () => verdict.promise)
      const refused = expectRefused(dial())
      await until(() => asked.length === 1)
      await listener.stop()
      await refused

      verdict.resolve(false)
      await new Promise(resolve => setTimeout(resolve, 50))
      await listener.start()
      expect(statistics()).to.include({ connections: 0, pendingHandshakes: 0 })
    })
  })
})
