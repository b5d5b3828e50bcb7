import { expect } from 'aegir/chai'
import { connectionFrom, until } from '../fixtures/nodes.ts'
import { Proxy } from '../fixtures/proxy.ts'
import { seedOfRun } from '../fixtures/seeded-random.ts'
import { StalledDials } from '../fixtures/stalled-dials.ts'
import { captureInitials } from '../fixtures/strangers.ts'
import { MeasuredNodes } from './fixtures/measured.ts'
import { Program } from './fixtures/program.ts'
import { expectRefusedAtOnce } from './fixtures/refused.ts'
import { portOf } from './fixtures/wiretap.ts'
import type { FloodArgument } from './programs/flood.ts'
import type { QuicOptions, QuicTransportStatistics } from '../../src/index.ts'
import type { Libp2p } from '@libp2p/interface'

const SAMPLE_INTERVAL_MS = 20

const MIB = 1024 * 1024

/** Samples a value while something goes on. */
async function highestUntil (done: Promise<unknown>, sample: () => number): Promise<number> {
  let highest = sample()
  const timer = setInterval(() => { highest = Math.max(highest, sample()) }, SAMPLE_INTERVAL_MS)
  await Promise.allSettled([done])
  clearInterval(timer)

  return highest
}

describe('limits on strangers', function () {
  this.timeout(120_000)

  const seed = seedOfRun()
  let nodes: MeasuredNodes
  let listener: Libp2p
  const programs: Program[] = []
  const stalled: StalledDials[] = []
  const proxies: Proxy[] = []

  async function listen (options: QuicOptions, init: Parameters<MeasuredNodes['listen']>[0] = {}): Promise<void> {
    // libp2p's own limit of dials by one address would come first
    listener = await nodes.listen({ connectionManager: { inboundConnectionThreshold: 1_000 }, ...init, quic: options })
  }

  function statistics (): QuicTransportStatistics {
    return nodes.transportOf(listener).statistics()
  }

  async function flood (argument: Omit<FloodArgument, 'initial' | 'port' | 'seed'>): Promise<Program> {
    const [initial] = await captureInitials(nodes, 1)
    const program = new Program('flood', { ...argument, initial: initial.toString('hex'), port: portOf(listener.getMultiaddrs()[0]), seed })
    programs.push(program)

    return program
  }

  /** Begins handshakes whose address is proven and that get no further. */
  async function stall (count: number, address: string): Promise<StalledDials> {
    const dials = await StalledDials.create(listener.getMultiaddrs()[0], address)
    stalled.push(dials)

    for (let i = 0; i < count; i++) {
      dials.add()
    }

    return dials
  }

  /**
   * Dials from a new node and ends it again, once the listener is done with the handshake too: to the listener it has failed if
   * the dialler, who is done first, closes before its last message has left.
   */
  async function dial (): Promise<void> {
    const dialer = await nodes.create()
    const opened = connectionFrom(listener)
    await dialer.dial(listener.getMultiaddrs())
    await opened
    await dialer.stop()
  }

  beforeEach(() => {
    nodes = new MeasuredNodes()
  })

  afterEach(async () => {
    await Promise.all(programs.splice(0).map(async program => program.kill()))
    await Promise.all(stalled.splice(0).map(async dials => dials.end()))
    proxies.splice(0).forEach(proxy => { proxy.close() })
    await nodes.stop()
  })

  describe(`a flood of handshakes (seed ${seed})`, () => {
    const addresses = Array.from({ length: 8 }, (_, i) => `127.0.0.${i + 2}`)

    it('must prove its addresses, costs bounded memory, and keeps nobody out', async () => {
      await listen({})
      await dial()
      const rssBefore = process.memoryUsage().rss
      const program = await flood({ addresses, portsPerAddress: 16, count: 20_000, perSecond: 4_000 })
      const answered = program.said('answers')
      const mostPending = highestUntil(answered, () => statistics().pendingHandshakes)
      await until(() => statistics().handshakesRetried > 1_000, 60_000)

      for (let i = 0; i < 5; i++) {
        await dial()
      }

      const answers = await answered
      expect(answers).to.have.property('retries').that.is.above(1_000)
      expect(statistics().handshakesRetried).to.be.at.least(Number(Object(answers).retries))
      // a quarter of 256 places without a proof, and the honest ones
      expect(await mostPending).to.be.within(1, 64 + 2)
      expect(process.memoryUsage().rss - rssBefore).to.be.below(64 * MIB)

      // what was begun is given up after the time that a handshake may take
      await until(() => statistics().pendingHandshakes === 0, 30_000)
      expect(statistics()).to.include({ pendingUpgrades: 0, handshakesRefused: 0 })
    })

    it('that stays below the places is noticed by its rate', async () => {
      await listen({ maxPendingHandshakes: 65_536, maxPendingHandshakesPerIp: 65_536, retryHandshakesPerSecond: 20 })
      const program = await flood({ addresses, portsPerAddress: 1, count: 400, perSecond: 200 })
      await program.said('answers')

      // about 20 of 200 in each second pass without a proof
      expect(statistics().handshakesRetried).to.be.within(200, 380)
    })

    it('costs those a round trip more that prove their address always, with a rate of 0', async () => {
      await listen({ retryHandshakesPerSecond: 0 })
      await dial()
      expect(statistics()).to.include({ handshakesRetried: 1, handshakesRefused: 0, handshakesFailed: 0 })
    })

    it('below the rate costs no round trip', async () => {
      await listen({})
      await dial()
      expect(statistics()).to.include({ handshakesRetried: 0 })
    })
  })

  describe('pending handshakes', () => {
    it('of one address are bounded: it is refused at once, others are not', async () => {
      await listen({ maxPendingHandshakesPerIp: 4, retryHandshakesPerSecond: 0 })
      await stall(8, '127.0.0.2')
      await until(() => statistics().handshakesRefused === 4)
      expect(statistics().pendingHandshakes).to.equal(4)

      const proxy = await Proxy.create(listener.getMultiaddrs()[0])
      proxies.push(proxy)
      proxy.changeAddress('127.0.0.2')
      const neighbour = await nodes.create()
      await expectRefusedAtOnce(neighbour.dial(proxy.address))

      await dial()
      expect(statistics()).to.include({ handshakesRefused: 5 })
    })

    it('are bounded in all: everybody is refused at once, until they are given up', async () => {
      await listen({ maxPendingHandshakes: 4, retryHandshakesPerSecond: 0, handshakeTimeoutMs: 6_000 })
      await Promise.all(['127.0.0.2', '127.0.0.3'].map(async address => stall(2, address)))
      await until(() => statistics().pendingHandshakes === 4)
      await expectRefusedAtOnce(dial())

      stalled.forEach(dials => { dials.fallSilent() })
      await until(() => statistics().pendingHandshakes === 0, 30_000)
      await dial()
      expect(statistics()).to.include({ handshakesFailed: 4, handshakesRefused: 1 })
    })
  })

  it('connections are bounded: further ones are refused at once, until one ends', async () => {
    await listen({ maxConnections: 2 })
    const dialers = await Promise.all([nodes.create(), nodes.create()])
    await Promise.all(dialers.map(async dialer => dialer.dial(listener.getMultiaddrs())))
    await until(() => statistics().connections === 2)

    await expectRefusedAtOnce(dial())
    expect(statistics()).to.include({ connections: 2, handshakesRefused: 1, handshakesFailed: 0 })

    await dialers[0].stop()
    await until(() => statistics().connections < 2)
    await dial()
  })

  it('connections that gaters have not decided on are bounded: further ones are refused at once, until they have', async () => {
    const verdict = Promise.withResolvers<boolean>()
    await listen({ maxPendingUpgrades: 2 }, { connectionGater: { denyInboundConnection: async () => verdict.promise } })
    const dialers = await Promise.all([nodes.create(), nodes.create()])
    await Promise.all(dialers.map(async dialer => dialer.dial(listener.getMultiaddrs())))
    await until(() => statistics().pendingUpgrades === 2)

    await expectRefusedAtOnce(dial())
    expect(statistics()).to.include({ connections: 2, pendingUpgrades: 2, handshakesRefused: 1 })

    verdict.resolve(false)
    await until(() => statistics().pendingUpgrades === 0)
    await dial()
  })
})
