import { expect } from 'aegir/chai'
import { GUARDED, WORKLOADS } from '../../src/guard/guarded.ts'
import { measureRatios, roundsOf } from '../../src/guard/measure.ts'
import { quic } from '../../src/suites/quic.ts'
import type { GuardedRatio } from '../../src/guard/guarded.ts'
import type { RunSettings, Suite, SuiteMeasurement } from '../../src/suite.ts'

const UP: GuardedRatio = { name: 'up', suite: quic, figure: 'upload', metric: 'MB/s', yardstick: 'raw-quinn', work: { bytes: 1_000 } }
const COST: GuardedRatio = { ...UP, name: 'cost', metric: 'CPU s/GB' }
const LATENCY: GuardedRatio = { name: 'latency', suite: quic, figure: 'echo', metric: 'p50 us', yardstick: 'tcp-noise-yamux', work: { echoes: 10 } }

describe('guarded ratios', () => {
  it('are of figures, metrics and contestants that there are', () => {
    expect(GUARDED).to.not.be.empty()

    for (const { name, suite, figure, metric, yardstick } of GUARDED) {
      expect(suite.figures, name).to.have.property(figure)
      expect(suite.figures[figure].metrics.map(({ name }) => name), name).to.include(metric)
      expect(suite.contestants, name).to.include.members([suite.ours, yardstick])
      expect(WORKLOADS, name).to.have.property(suite.name)
    }
  })

  it('name all numbers of the workload that their figures are described by', () => {
    for (const { name, suite, figure, work } of GUARDED) {
      const read: Record<string, number> = {}
      const workload = new Proxy(WORKLOADS[suite.name], {
        get: (numbers, key) => {
          const value = Reflect.get(numbers, key)
          read[String(key)] = value

          return value
        }
      })
      suite.figures[figure].describe(workload)

      expect(work, name).to.include(read)
      expect(work, name).to.not.be.empty()
    }
  })

  it('have names of their own', () => {
    expect(new Set(GUARDED.map(({ name }) => name)).size).to.equal(GUARDED.length)
  })

  it('are above 1 where ours is ahead, of what should be high and of what should be low', () => {
    const measurements = [told('quicmesh', 1, 200, 1), told('raw-quinn', 1, 100, 4), told('quicmesh', 2, 50, 2), told('raw-quinn', 2, 100, 1)]

    expect(roundsOf(UP, { measurements, failures: [] }, 2)).to.deep.equal({ name: 'up', ratios: [2, 0.5] })
    expect(roundsOf(COST, { measurements, failures: [] }, 2)).to.deep.equal({ name: 'cost', ratios: [4, 0.5] })
  })

  it('tell why there are none when a contestant failed', () => {
    const measurements = [told('quicmesh', 1, 200, 1), told('raw-quinn', 1, 100, 4), told('quicmesh', 2, 50, 2)]
    const failures = [{ contestant: 'raw-quinn', during: 'round 2 of 2, upload', error: 'no answer' }]

    expect(roundsOf(UP, { measurements, failures }, 2)).to.deep.equal({ name: 'up', ratios: [], failure: 'raw-quinn failed (round 2 of 2, upload): no answer' })
  })

  it('are none of values that are no measure', () => {
    for (const value of [0, -1, NaN, Infinity]) {
      const measurements = [told('quicmesh', 1, value, 1), told('raw-quinn', 1, 100, 4)]

      expect(roundsOf(UP, { measurements, failures: [] }, 1).failure, `${value}`).to.include(`of 1 rounds quicmesh has ${value}; raw-quinn has 100`)
    }

    expect(roundsOf(UP, { measurements: [], failures: [] }, 1).failure).to.include('quicmesh has none')
  })

  it('of one suite and yardstick are measured in one run, those of another in a run of their own', async () => {
    const runs: Array<RunSettings<object>> = []
    const suite: Suite = {
      ...quic,
      run: async (settings: RunSettings<object>) => {
        runs.push(settings)
        const measurements = settings.contestants.flatMap((contestant) => settings.figures.map((figure) => ({
          contestant, figure, round: 1, values: { 'MB/s': 3, 'CPU s/GB': 2, 'p50 us': 1 }, measured: {}
        })))

        return { measurements, failures: [] }
      }
    }
    const measured = await measureRatios([LATENCY, UP, COST].map((ratio) => ({ ...ratio, suite })), 1)

    expect(measured).to.deep.equal([{ name: 'latency', ratios: [1] }, { name: 'up', ratios: [1] }, { name: 'cost', ratios: [1] }])
    expect(runs.map(({ contestants, figures, rounds }) => ({ contestants, figures, rounds }))).to.deep.equal([
      { contestants: ['quicmesh', 'tcp-noise-yamux'], figures: ['echo'], rounds: 1 },
      { contestants: ['quicmesh', 'raw-quinn'], figures: ['upload'], rounds: 1 }
    ])
  })
})

function told (contestant: string, round: number, megabytesPerSecond: number, cpuSeconds: number): SuiteMeasurement {
  return { contestant, figure: 'upload', round, values: { 'MB/s': megabytesPerSecond, 'CPU s/GB': cpuSeconds }, measured: {} }
}
