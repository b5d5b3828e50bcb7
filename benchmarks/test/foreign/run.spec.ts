import { expect } from 'aegir/chai'
import { runBenchmark } from '../../src/foreign/run.ts'
import { DEFAULT_WORKLOAD } from '../../src/foreign/workload.ts'
import type { FigureName } from '../../src/foreign/figures.ts'
import type { ForeignPrograms, Needs } from '../../src/foreign/peers.ts'
import type { PairPrograms, RequestCost } from '../../src/foreign/perf-pair.ts'
import type { ContestantPair, RunInit, RunResults, RunSettings } from '../../src/foreign/run.ts'
import type { Program } from '@quicmesh/interop/peers'

const SETTINGS: RunSettings = {
  contestants: ['go-quicmesh', 'rust-rust'],
  figures: ['upload', 'request'],
  rounds: 2,
  workload: DEFAULT_WORKLOAD,
  timeoutMs: 1_000
}

const COST: RequestCost = { seconds: 1, clientCpuSeconds: 1, serverCpuSeconds: 1 }

describe('a run of bench:perf', () => {
  it('lets contestants take turns at each figure of each round, after one that is not counted', async () => {
    const { steps, results: { measurements } } = await run()
    const round = ['upload go-quicmesh', 'upload rust-rust', 'request go-quicmesh', 'request rust-rust']

    expect(steps).to.deep.equal(['start go-quicmesh', 'start rust-rust', ...round, ...round, ...round, 'stop go-quicmesh', 'stop rust-rust'])
    expect(measurements.map(({ contestant, figure, round }) => `${round} ${figure} ${contestant}`)).to.deep.equal([1, 2].flatMap((n) => round.map((step) => `${n} ${step}`)))
  })

  it('takes the client of one peer and the server of the other', async () => {
    const { pairs } = await run()

    expect(pairs[0]).to.deep.equal({ client: { file: 'go', args: [] }, server: { file: 'quicmesh', args: [] }, env: {} })
  })

  it('takes another native binding for both sides of ours', async () => {
    const { pairs } = await run({ contestants: ['new'], builds: { new: '/some/new.node' } })

    expect(pairs).to.deep.equal([{
      client: { file: 'quicmesh', args: [] },
      server: { file: 'quicmesh', args: [] },
      env: { QUICMESH_QUIC_BINDING: '/some/new.node' }
    }])
  })

  it('goes on without those that can not be built, and tells them from those that fail to', async () => {
    const leftOut = [{ contestant: 'go-quicmesh', reason: 'no go' }]
    const failures = [{ contestant: 'go-go', during: 'build', error: 'line 1' }]
    const build = async (needs: Needs[]): Promise<ForeignPrograms> => ({ ...await fakeBuild(needs.filter(({ contestant }) => contestant === 'rust-rust')), leftOut, failures })
    const { results } = await run({}, { build })

    expect(results).to.deep.include({ leftOut, failures })
    expect([...new Set(results.measurements.map(({ contestant }) => contestant))]).to.deep.equal(['rust-rust'])
  })

  it('stops and reports a contestant that fails, and goes on with the others', async () => {
    const { results, steps } = await run({}, {}, (step) => {
      if (step === 'request go-quicmesh') {
        throw new Error('Out of beads')
      }
    })

    expect(results.failures).to.deep.equal([{ contestant: 'go-quicmesh', during: 'warm-up round, request', error: 'Out of beads' }])
    expect(steps.filter((step) => step === 'upload go-quicmesh')).to.have.lengthOf(1)
    expect(results.measurements.map(({ contestant }) => contestant)).to.deep.equal(Array.from({ length: 4 }, () => 'rust-rust'))
  })

  it('gives a figure of a contestant so much time, and no more', async () => {
    const { results } = await run({ timeoutMs: 10, contestants: ['rust-rust'] }, {
      figures: {
        ...FIGURES,
        upload: {
          measure: async (_, { signal }) => {
            await new Promise((resolve) => { signal.addEventListener('abort', resolve) })
            throw signal.reason
          }
        }
      }
    })

    expect(results.failures).to.deep.equal([{ contestant: 'rust-rust', during: 'warm-up round, upload', error: 'Not done within 0.01 s' }])
  })
})

/** Each asks once, for as many bytes as its name has letters. */
const FIGURES: NonNullable<RunInit['figures']> = {
  upload: fakeFigure('upload'),
  download: fakeFigure('download'),
  request: fakeFigure('request')
}

function fakeFigure (name: FigureName): NonNullable<RunInit['figures']>[FigureName] {
  return {
    measure: async (pair, { signal }) => ({ ...await pair.request({ uploadBytes: name.length, downloadBytes: 0 }, signal) })
  }
}

interface Run {
  results: RunResults
  /** As in 'upload rust-rust'. */
  steps: string[]
  pairs: PairPrograms[]
}

async function run (settings: Partial<RunSettings> = {}, init: RunInit = {}, onStep: (step: string) => void = () => {}): Promise<Run> {
  const steps: string[] = []
  const pairs: PairPrograms[] = []
  const contestants = settings.contestants ?? SETTINGS.contestants
  const step = (text: string): void => {
    steps.push(text)
    onStep(text)
  }

  const results = await runBenchmark({ ...SETTINGS, ...settings }, {
    build: fakeBuild,
    figures: FIGURES,
    createPair: (programs): ContestantPair => {
      const name = contestants[pairs.push(programs) - 1]

      return {
        start: async () => { step(`start ${name}`) },
        request: async ({ uploadBytes }) => {
          step(`${Object.keys(FIGURES).find(({ length }) => length === uploadBytes)} ${name}`)

          return COST
        },
        stop: async () => { step(`stop ${name}`) }
      }
    },
    ...init
  })

  return { results, steps, pairs }
}

async function fakeBuild (needs: Needs[]): Promise<ForeignPrograms> {
  const program = (peer: string): [string, Program] => [peer, { file: peer, args: [] }]

  return { programs: new Map(needs.map(({ contestant, peers }) => [contestant, Object.fromEntries(peers.map(program))])), leftOut: [], failures: [] }
}
