import { generateKeyPair } from '@libp2p/crypto/keys'
import { expect } from 'aegir/chai'
import { openInitial, sealInitial } from '../fixtures/initial.ts'
import { CapturingUpgrader } from '../fixtures/muxers.ts'
import { until } from '../fixtures/nodes.ts'
import { Proxy } from '../fixtures/proxy.ts'
import { SeededRandom, seedOfRun } from '../fixtures/seeded-random.ts'
import { ask, isRetry } from '../fixtures/strangers.ts'
import { MeasuredNodes } from './fixtures/measured.ts'
import { Wiretap } from './fixtures/wiretap.ts'
import type { QuicOptions, QuicTransportStatistics } from '../../src/index.ts'
import type { Initial } from '../fixtures/initial.ts'
import type { NodeInit } from '../fixtures/nodes.ts'
import type { Libp2p } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

const PROTOCOL = '/answer/1.0.0'

/** The smallest datagram that may carry an Initial (RFC 9000 section 14.1). */
const MIN_INITIAL_BYTES = 1_200

/** Tokens tell their time in seconds: one of the second of a restart may be from either side of it. */
const OLDER_THAN_A_RESTART_MS = 2_100

describe('address tokens', function () {
  this.timeout(60_000)

  const seed = seedOfRun()
  let nodes: MeasuredNodes
  let listener: Libp2p
  let dialer: Libp2p
  const paths: Array<{ close(): void }> = []

  /** A listener that wants every address to be proven. */
  async function listen (init: NodeInit = {}, options: QuicOptions = {}): Promise<void> {
    listener = await nodes.listen({
      connectionManager: { inboundConnectionThreshold: 1_000 },
      ...init,
      quic: { retryHandshakesPerSecond: 0, ...options }
    })
    await listener.handle(PROTOCOL, async (stream) => { await stream.close() })
  }

  /** Dials, is answered, by when it has got the token for its next dial, and closes. */
  async function visit (address: Multiaddr = listener.getMultiaddrs()[0], from: Libp2p = dialer): Promise<void> {
    const connection = await from.dial(address)
    await connection.newStream(PROTOCOL)
    await connection.close()
    await until(() => statistics().connections === 0)
  }

  function statistics (): QuicTransportStatistics {
    return nodes.transportOf(listener).statistics()
  }

  function retries (): number {
    return statistics().handshakesRetried
  }

  beforeEach(async () => {
    nodes = new MeasuredNodes()
    dialer = await nodes.create()
  })

  afterEach(async () => {
    await nodes.stop()
    paths.splice(0).forEach(path => { path.close() })
  })

  it('spare whoever was here before the proof of its address, each time', async () => {
    await listen()
    await visit()
    expect(retries()).to.equal(1)

    for (let i = 0; i < 3; i++) {
      await visit()
    }

    expect(retries()).to.equal(1)
    expect(statistics()).to.include({ handshakesFailed: 0, handshakesRefused: 0 })
  })

  it('spare it with denyInboundHandshake as well, which is asked all the same', async () => {
    let asked = 0
    await listen({}, {
      denyInboundHandshake: () => {
        asked++

        return false
      }
    })
    await visit()
    await visit()

    expect(retries()).to.equal(1)
    expect(asked).to.equal(2)
  })

  it('are of the node that got them', async () => {
    await listen()
    await visit()
    await visit(undefined, await nodes.create())

    expect(retries()).to.equal(2)
  })

  it('prove no other address', async () => {
    await listen()
    const proxy = await Proxy.create(listener.getMultiaddrs()[0])
    paths.push(proxy)
    await visit(proxy.address)
    await visit(proxy.address)
    expect(retries()).to.equal(1)

    proxy.changeAddress('127.0.0.2')
    await visit(proxy.address)
    expect(retries()).to.equal(2)

    // nothing is wrong with the new address from then on
    await visit(proxy.address)
    expect(retries()).to.equal(2)
  })

  it('serve one dial each: of two at once, one must prove its address', async () => {
    await listen()
    // the first one's token for a next dial comes too late for the second
    const proxy = await Proxy.create(listener.getMultiaddrs()[0], { delayMs: 100 })
    paths.push(proxy)
    await visit(proxy.address)
    const controller = new AbortController()
    const upgraders = [new CapturingUpgrader(), new CapturingUpgrader()]
    const dials = upgraders.map(async upgrader => {
      return nodes.transportOf(dialer).dial(proxy.address, { upgrader, signal: controller.signal })
    })
    await Promise.all(upgraders.map(async upgrader => upgrader.captured()))
    controller.abort()
    const ends = await Promise.allSettled(dials)

    expect(ends.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected'])
    expect(retries()).to.equal(2)
  })

  it(`are good once: a copy of one proves nothing (seed ${seed})`, async () => {
    await listen()
    const tap = await Wiretap.create(listener.getMultiaddrs()[0])
    paths.push(tap)
    await visit(tap.address)
    tap.datagrams.length = 0
    await visit(tap.address)
    expect(retries()).to.equal(1)

    const [first] = tap.datagrams.filter(({ isUp }) => isUp)
    const original = openInitial(first.payload, 'client')
    expect(original.token.byteLength).to.be.above(0)

    const answer = await ask(listener, asAnotherConnection(original, new SeededRandom(seed, 'up', 0).bytes(original.destination.byteLength)))
    expect(isRetry(answer)).to.be.true()
    expect(retries()).to.equal(2)
  })

  describe('of a listener that was restarted on its port', () => {
    async function restart (init: NodeInit): Promise<void> {
      const [address] = listener.getMultiaddrs()
      await new Promise(resolve => setTimeout(resolve, OLDER_THAN_A_RESTART_MS))
      await listener.stop()
      await listen({ ...init, listen: [address.decapsulate('/p2p').toString()] })
    }

    for (const [whose, isSame] of [['with its identity', true], ['with another identity', false]] as const) {
      it(`${whose} are worth nothing, and new ones are given`, async () => {
        const privateKey = await generateKeyPair('Ed25519')
        await listen({ privateKey })
        await visit()
        await visit()
        expect(retries()).to.equal(1)

        await restart(isSame ? { privateKey } : {})
        await visit()
        expect(retries()).to.equal(1)

        await visit()
        expect(retries()).to.equal(1)
        expect(statistics()).to.include({ handshakesFailed: 0, handshakesRefused: 0 })
      })
    }
  })
})

/** The same ClientHello and the same token to another connection, in a datagram that is large enough. */
function asAnotherConnection (initial: Initial, destination: Uint8Array): Buffer {
  const sealed = sealInitial({ ...initial, destination }, 'client', destination)

  return Buffer.concat([sealed, Buffer.alloc(Math.max(0, MIN_INITIAL_BYTES - sealed.byteLength))])
}
