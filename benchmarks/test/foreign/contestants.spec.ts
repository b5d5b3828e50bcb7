import { expect } from 'aegir/chai'
import { CONTESTANT_NAMES, pairOf, peersOf } from '../../src/foreign/contestants.ts'
import { FIGURES } from '../../src/foreign/figures.ts'
import { buildPrograms } from '../../src/foreign/peers.ts'
import { PerfPair } from '../../src/foreign/perf-pair.ts'
import { readMetrics } from '../../src/metric.ts'
import type { Figure } from '../../src/foreign/figures.ts'
import type { ForeignPrograms } from '../../src/foreign/peers.ts'

/** All of go-libp2p and of rust-libp2p, on a busy machine, when nobody has built them before. */
const BUILD_TIMEOUT_MS = 900_000

/** Five clients one after the other, on a busy machine. */
const TEST_TIMEOUT_MS = 60_000

const WORKLOAD = { bytes: 2_000_003, leadBytes: 100_003, requests: 1 }

describe('contestants of bench:perf', () => {
  let built: ForeignPrograms

  before(async function () {
    this.timeout(BUILD_TIMEOUT_MS)
    built = await buildPrograms(CONTESTANT_NAMES.map((contestant) => ({ contestant, peers: peersOf([contestant]), program: 'perf' })))
  })

  it('all build, but for those whose toolchain is not here', () => {
    expect(built.failures).to.deep.equal([])
    expect([...built.programs.keys()]).to.include.members(['quicmesh-quicmesh', 'chainsafe-chainsafe'])

    if (process.env.CI === 'true') {
      expect(built.leftOut).to.deep.equal([])
    }
  })

  const create = (contestant: string): PerfPair | undefined => {
    const programs = built.programs.get(contestant)
    const { client, server } = pairOf(contestant)

    return programs == null ? undefined : new PerfPair({ client: programs[client], server: programs[server] })
  }

  for (const contestant of CONTESTANT_NAMES) {
    it(`measures every figure of ${contestant}, as many bytes as both sides have counted`, async function () {
      this.timeout(TEST_TIMEOUT_MS)

      const pair = create(contestant)

      if (pair == null) {
        return this.skip()
      }

      try {
        await pair.start()

        for (const [name, figure] of Object.entries<Figure>(FIGURES)) {
          const values = await figure.measure(pair, { workload: WORKLOAD, signal: AbortSignal.timeout(TEST_TIMEOUT_MS) })

          expect(Object.keys(readMetrics(figure.metrics, values)), name).to.not.be.empty()
          // no more: so few bytes may take no longer than fewer of them
          expect(values.seconds, name).to.satisfy(Number.isFinite)

          if (name === 'request') {
            expect(values.seconds).to.be.above(0)
          } else if (process.platform === 'linux') {
            expect(values.clientCpuSeconds, name).to.satisfy(Number.isFinite)
            expect(values.serverCpuSeconds, name).to.satisfy(Number.isFinite)
          }
        }
      } finally {
        await pair.stop()
      }
    })
  }
})
