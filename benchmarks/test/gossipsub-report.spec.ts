import { expect } from 'aegir/chai'
import { FIGURES } from '../src/gossipsub/figures.ts'
import { formatJson, formatText } from '../src/gossipsub/report.ts'
import { runBenchmark } from '../src/gossipsub/run.ts'
import { summarise } from '../src/gossipsub/summary.ts'
import { DEFAULT_WORKLOAD } from '../src/gossipsub/workload.ts'
import type { Environment } from '../src/environment.ts'
import type { Values } from '../src/gossipsub/figures.ts'
import type { Report } from '../src/gossipsub/report.ts'
import type { RunResults, RunSettings } from '../src/gossipsub/run.ts'

const ENVIRONMENT: Environment = {
  date: '2030-01-02T03:04:05.000Z',
  cpuModel: 'Abacus 9000',
  cores: 2,
  system: 'linux 1.0 x64',
  node: 'v24.0.0',
  commit: 'abc1234',
  loadAverage: 0.1,
  isBusy: false,
  packages: { '@libp2p/gossipsub': '17.0.0' }
}

const SETTINGS: RunSettings = {
  contestants: ['quicmesh', 'libp2p-17'],
  figures: ['subscribe'],
  rounds: 3,
  workload: DEFAULT_WORKLOAD,
  timeoutMs: 1_000
}

const FRAMES = { quicmesh: [100, 300, 100], 'libp2p-17': [1_000, 1_000, 2_000] }

describe('the report of bench:gossipsub', () => {
  it('tells machine, commit, versions and load', () => {
    const text = formatText(report())

    expect(text).to.include('Abacus 9000, 2 cores')
    expect(text).to.include('commit abc1234')
    expect(text).to.include('@libp2p/gossipsub 17.0.0')
    expect(text).to.include('load average before the run: 0.10')
  })

  it('gives medians with min and max, ratios per round and goals', () => {
    const text = formatText(report())

    expect(text).to.match(/quicmesh +100 \[100 to 300\] +0\.10 +7/)
    expect(text).to.match(/libp2p-17 +1000 \[1000 to 2000\] +1\.00 +7/)
    expect(text).to.include('goal met by quicmesh: frames <= 200, is 100')
  })

  it('says when a goal is missed, also by another build of ours', () => {
    const settings = { ...SETTINGS, contestants: ['new', ...SETTINGS.contestants], builds: { new: '/some/folder' } }
    const measurements = [...results().measurements, ...[1, 2, 3].map((round) => measurement('new', round, 500))]
    const text = formatText(report(settings, { measurements, failures: [] }))

    expect(text).to.match(/new +500 \[500 to 500\] +0\.50 +5\.00 +7/)
    expect(text).to.include('goal MISSED by new: frames <= 200, is 500')
  })

  it('leaves out who failed and says why', () => {
    const failures = [{ contestant: 'quicmesh', during: 'round 2 of 3, subscribe', error: 'Out of beads' }]
    const text = formatText(report(SETTINGS, { ...results(), failures }))

    expect(text).to.include('FAILED: quicmesh (round 2 of 3, subscribe)\n  Out of beads')
    expect(text).to.not.match(/quicmesh +100/)
  })

  it('has every round in JSON', () => {
    const { environment, summary, measurements } = JSON.parse(formatJson(report()))

    expect(environment).to.deep.equal(ENVIRONMENT)
    expect(measurements).to.have.lengthOf(6)
    expect(summary[0].metrics[0].contestants[0].rounds).to.deep.equal(FRAMES.quicmesh)
  })
})

describe('a run of bench:gossipsub', () => {
  it('lets contestants take turns and goes on without one that fails', async () => {
    const turns: string[] = []
    const measure = async ({ name }: { name: string }): Promise<Values> => {
      turns.push(name)

      if (name === 'libp2p-17' && turns.length > 2) {
        throw new Error('Out of beads')
      }

      return { frames: 1, sends: 1 }
    }
    const { measurements, failures } = await runBenchmark(SETTINGS, { figures: { ...FIGURES, subscribe: { measure } } })

    expect(turns).to.deep.equal(['quicmesh', 'libp2p-17', 'quicmesh', 'libp2p-17', 'quicmesh'])
    expect(measurements).to.have.lengthOf(4)
    expect(failures).to.deep.equal([{ contestant: 'libp2p-17', during: 'round 2 of 3, subscribe', error: 'Out of beads' }])
  })
})

function report (settings = SETTINGS, run = results()): Report {
  return { environment: ENVIRONMENT, settings, results: run, summary: summarise(settings, run) }
}

function results (): RunResults {
  const measurements = Object.entries(FRAMES).flatMap(([contestant, rounds]) => rounds.map((frames, i) => measurement(contestant, i + 1, frames)))

  return { measurements, failures: [] }
}

function measurement (contestant: string, round: number, frames: number): RunResults['measurements'][number] {
  return { contestant, figure: 'subscribe', round, values: { frames, sends: 7 } }
}
