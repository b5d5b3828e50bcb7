import { expect } from 'aegir/chai'
import { buildPrograms } from '../src/foreign/peers.ts'
import { FIGURES } from '../src/gossipsub/figures.ts'
import { NODES } from '../src/gossipsub/network/nodes.ts'
import { DEFAULT_WORKLOAD } from '../src/gossipsub/workload.ts'
import type { ContestantInit } from '../src/gossipsub/contestants.ts'
import type { Figure, Sampled, Values } from '../src/gossipsub/figures.ts'

/** Of `nodes-tcp` and `nodes-quic`: messages a second of each node. */
const RATE = 20

const DELIVERIES = RATE * NODES * (NODES - 1)

/** All of go-libp2p, when nobody has built it before. */
const BUILD_TIMEOUT_MS = 570_000

const TIMEOUT_MS = 60_000

describe('networks of nodes', function () {
  this.timeout(TIMEOUT_MS)

  it('tell what deliveries take and cost', async () => {
    await checkEverythingArrives(FIGURES['nodes-quic'], { name: 'quicmesh' })
  })

  it('may be those of a program', async function () {
    // what tells memory is there on Linux alone
    if (process.platform !== 'linux') {
      return this.skip()
    }

    this.timeout(BUILD_TIMEOUT_MS)
    const { programs, leftOut, failures } = await buildPrograms([{ contestant: 'go', peers: ['go'], program: 'gossip-load' }])

    if (leftOut.length > 0 && process.env.CI !== 'true') {
      // eslint-disable-next-line no-console
      console.warn(`${leftOut[0].reason}: its nodes are not tested`)
      this.skip()
    }

    expect(failures).to.deep.equal([])
    await checkEverythingArrives(FIGURES['nodes-tcp'], { name: 'go', program: programs.get('go')?.go })
  })
})

async function checkEverythingArrives (figure: Figure, contestant: ContestantInit): Promise<void> {
  const { values, samples } = sampled(await figure.measure(contestant, { workload: { ...DEFAULT_WORKLOAD, seconds: 1 }, timeoutMs: TIMEOUT_MS / 2 }))

  expect(samples['delivery, ms']).to.have.lengthOf(DELIVERIES)
  expect(values.deliveriesPerSecond).to.be.within(0, DELIVERIES * 1.1)
  expect(values.p50Ms).to.be.within(0, values.p90Ms)
  expect(values.p90Ms).to.be.within(0, values.p99Ms)

  for (const metric of figure.metrics) {
    expect(metric.read(values), metric.name).to.be.above(0)
  }
}

function sampled (measured: Values | Sampled): Sampled {
  if (typeof measured.samples !== 'object' || typeof measured.values !== 'object') {
    throw new Error('It has no samples')
  }

  return { values: measured.values, samples: measured.samples }
}
