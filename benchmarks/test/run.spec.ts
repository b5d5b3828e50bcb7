import { expect } from 'aegir/chai'
import { FIGURES } from '../src/figures.ts'
import { runBenchmark } from '../src/run.ts'
import { TINY_WORKLOAD } from './workloads.ts'
import type { ContestantName } from '../src/contestants.ts'
import type { Figure, FigureName, Measurement } from '../src/figures.ts'
import type { ContestantPair, RunSettings } from '../src/run.ts'

const SETTINGS: RunSettings = {
  contestants: ['quicmesh', 'chainsafe-quic', 'tcp-noise-yamux'],
  figures: ['upload', 'echo'],
  rounds: 2,
  workload: TINY_WORKLOAD,
  timeoutMs: 1_000
}

const MEASUREMENT: Measurement = {
  wallSeconds: 1,
  clientCpuSeconds: 1,
  serverCpuSeconds: 1,
  receivedBytes: { atServer: 1_000, atClient: 0 },
  values: {}
}

describe('a run', () => {
  it('lets the contestants take turns at each figure of each round', async () => {
    const { steps, createPair } = fakePairs()
    await runBenchmark({ ...SETTINGS, rounds: 1 }, { createPair })

    const turns = (figure: string): string[] => SETTINGS.contestants.map((contestant) => `${figure} ${contestant}`)
    const round = [...turns('upload'), ...turns('echo')]

    expect(steps).to.deep.equal([...turns('start'), ...round, ...round, ...turns('stop')])
  })

  it('does not count the warm-up round', async () => {
    const { steps, createPair } = fakePairs()
    const { measurements } = await runBenchmark(SETTINGS, { createPair })
    const isQuicmeshUpload = (m: { contestant: string, figure: string }): boolean => m.contestant === 'quicmesh' && m.figure === 'upload'

    expect(measurements.filter(isQuicmeshUpload).map(({ round }) => round)).to.deep.equal([1, 2])
    expect(steps.filter((step) => step === 'upload quicmesh')).to.have.lengthOf(3)
  })

  it('starts new processes for a figure of memory, in counted rounds alone', async () => {
    const { steps, createPair } = fakePairs()
    await runBenchmark({ ...SETTINGS, contestants: ['quicmesh'], figures: ['idle'], rounds: 2 }, { createPair })
    const inNewProcesses = ['start quicmesh', 'idle quicmesh', 'stop quicmesh']

    expect(steps).to.deep.equal(['start quicmesh', ...inNewProcesses, ...inNewProcesses, 'stop quicmesh'])
  })

  it('measures at each value of a sweep in turns, after a warm-up at each', async () => {
    const { steps, createPair } = fakePairs()
    const upload: Figure = { ...FIGURES.upload, sweep: { label: 'bytes', scale: 'log', values: [10, 20], apply: (workload, bytes) => ({ ...workload, bytes }) } }
    const settings: RunSettings = { ...SETTINGS, contestants: ['quicmesh', 'chainsafe-quic'], figures: ['upload'], rounds: 1 }
    const { measurements } = await runBenchmark(settings, { createPair, figures: { ...FIGURES, upload } })

    expect(steps.filter((step) => step.startsWith('upload'))).to.have.lengthOf(2 * 2 * 2)
    expect(measurements.map(({ contestant, x }) => [contestant, x])).to.deep.equal([
      ['quicmesh', 10], ['chainsafe-quic', 10], ['quicmesh', 20], ['chainsafe-quic', 20]
    ])
    expect(measurements.map(({ values }) => values.bytes)).to.deep.equal([10, 10, 20, 20])
  })

  it('measures what takes long in some of the rounds, and warms it up all the same', async () => {
    const { steps, createPair } = fakePairs()
    const upload: Figure = { ...FIGURES.upload, everyNthRound: 2 }
    const settings: RunSettings = { ...SETTINGS, contestants: ['quicmesh'], figures: ['upload'], rounds: 4 }
    const { measurements } = await runBenchmark(settings, { createPair, figures: { ...FIGURES, upload } })

    expect(measurements.map(({ round }) => round)).to.deep.equal([1, 3])
    expect(steps.filter((step) => step === 'upload quicmesh')).to.have.lengthOf(3)
  })

  it('leads no TCP through a relay of datagrams', async () => {
    const { steps, createPair } = fakePairs()
    await runBenchmark({ ...SETTINGS, figures: ['loss'], rounds: 1, isQuick: true }, { createPair })
    const atAPoint = ['loss quicmesh', 'loss chainsafe-quic']

    expect(steps.filter((step) => step.startsWith('loss'))).to.deep.equal([...atAPoint, ...atAPoint])
  })

  it('keeps no event loop busy that is not there', async () => {
    const { steps, createPair } = fakePairs()
    await runBenchmark({ ...SETTINGS, contestants: ['raw-quinn', 'tcp-noise-yamux'], figures: ['busy-echo'], rounds: 1, isQuick: true }, { createPair })

    expect(new Set(steps.filter((step) => step.startsWith('busy-echo')))).to.deep.equal(new Set(['busy-echo tcp-noise-yamux']))
  })

  it('goes on without a contestant that fails in a round', async () => {
    const { steps, createPair } = fakePairs('echo quicmesh')
    const { failures, measurements } = await runBenchmark(SETTINGS, { createPair })

    expect(failures).to.deep.equal([{ contestant: 'quicmesh', during: 'warm-up round, echo', error: 'echo quicmesh' }])
    expect(steps.filter((step) => step.endsWith(' quicmesh')))
      .to.deep.equal(['start quicmesh', 'upload quicmesh', 'echo quicmesh', 'stop quicmesh'])
    expect(measurements).to.have.lengthOf(2 * 2 * 2)
  })

  it('goes on without a contestant that does not start', async () => {
    const { steps, createPair } = fakePairs('start chainsafe-quic')
    const { failures, measurements } = await runBenchmark(SETTINGS, { createPair })

    expect(failures).to.deep.equal([{ contestant: 'chainsafe-quic', during: 'start', error: 'start chainsafe-quic' }])
    expect(steps.filter((step) => step.endsWith(' chainsafe-quic'))).to.deep.equal(['start chainsafe-quic', 'stop chainsafe-quic'])
    expect(measurements).to.have.lengthOf(2 * 2 * 2)
  })

  it('tells what it is doing, and how much is left', async () => {
    const told: string[] = []
    const { createPair } = fakePairs()
    await runBenchmark(SETTINGS, { createPair, onProgress: ({ text, done, total }) => { told.push(`${done} of ${total}: ${text}`) } })

    expect(told[0]).to.equal('0 of 21: start, quicmesh')
    expect(told).to.include('3 of 21: warm-up round, upload, quicmesh')
    expect(told.at(-1)).to.equal('20 of 21: round 2 of 2, echo, tcp-noise-yamux')
  })
})

/** Pairs that record what is asked of them; the step named `failing` fails. */
function fakePairs (failing?: string): { steps: string[], createPair (): ContestantPair } {
  const steps: string[] = []

  const take = (step: string): void => {
    steps.push(step)

    if (step === failing) {
      throw new Error(step)
    }
  }

  const createPair = (): ContestantPair => {
    let name: ContestantName

    return {
      start: async (contestant: ContestantName) => {
        name = contestant
        take(`start ${name}`)
      },
      measure: async (figure: FigureName, { workload }) => {
        take(`${figure} ${name}`)

        return { ...MEASUREMENT, values: { bytes: workload.bytes } }
      },
      stop: async () => { take(`stop ${name}`) }
    }
  }

  return { steps, createPair }
}
