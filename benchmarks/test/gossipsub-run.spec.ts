import { expect } from 'aegir/chai'
import { FIGURES } from '../src/gossipsub/figures.ts'
import { runBenchmark } from '../src/gossipsub/run.ts'
import { DEFAULT_WORKLOAD } from '../src/gossipsub/workload.ts'
import type { Figure, Values } from '../src/gossipsub/figures.ts'
import type { RunResults, RunSettings } from '../src/gossipsub/run.ts'

const SETTINGS: RunSettings = {
  contestants: ['quicmesh', 'libp2p-17'],
  figures: ['subscribe'],
  rounds: 3,
  workload: DEFAULT_WORKLOAD,
  timeoutMs: 1_000
}

describe('a run of bench:gossipsub', () => {
  it('lets contestants take turns, and does not try again what has failed', async () => {
    const turns: string[] = []
    const { measurements, failures } = await run({
      measure: async ({ name }) => {
        turns.push(name)

        if (name === 'libp2p-17' && turns.length > 2) {
          throw new Error('Out of beads')
        }

        return { frames: 1, sends: 1 }
      }
    })

    expect(turns).to.deep.equal(['quicmesh', 'libp2p-17', 'quicmesh', 'libp2p-17', 'quicmesh'])
    expect(measurements).to.have.lengthOf(4)
    expect(failures).to.deep.equal([{ contestant: 'libp2p-17', during: 'round 2 of 3, subscribe', error: 'Out of beads' }])
  })

  it('goes on with other figures of a contestant that has failed in one', async () => {
    const subscribe: Pick<Figure, 'measure'> = { measure: async () => { throw new Error('Out of beads') } }
    const unique: Pick<Figure, 'measure'> = { measure: async () => ({ us1: 1 }) }
    const { measurements, failures } = await runBenchmark({ ...SETTINGS, figures: ['subscribe', 'unique'] }, { figures: { ...FIGURES, subscribe, unique } })

    expect(failures.map(({ contestant, during }) => [contestant, during])).to.deep.equal([
      ['quicmesh', 'round 1 of 3, subscribe'], ['libp2p-17', 'round 1 of 3, subscribe']
    ])
    expect(measurements.map(({ figure }) => figure)).to.deep.equal(Array.from({ length: 6 }, () => 'unique'))
  })

  it('measures at each value of a sweep, with the contestants still taking turns', async () => {
    const { measurements } = await run({
      sweep: { label: 'messages/s', scale: 'log', values: [10, 100], apply: (workload, rate) => ({ ...workload, rate }) },
      measure: async (_, { workload }): Promise<Values> => ({ frames: workload.rate })
    })

    expect(measurements.slice(0, 4).map(({ contestant, x, values }) => [contestant, x, values.frames])).to.deep.equal([
      ['quicmesh', 10, 10], ['libp2p-17', 10, 10], ['quicmesh', 100, 100], ['libp2p-17', 100, 100]
    ])
  })

  it('leaves programs out of figures that are not of whole nodes, and hands them on to those that are', async () => {
    const program = { file: '/usr/bin/go-nodes', args: [] }
    const asked: Array<[figure: string, contestant: string, program?: string]> = []
    const figure = (name: string): Pick<Figure, 'measure'> => ({
      measure: async (contestant) => {
        asked.push([name, contestant.name, contestant.program?.file])

        return { frames: 1 }
      }
    })

    await runBenchmark({ ...SETTINGS, contestants: ['quicmesh', 'go'], figures: ['subscribe', 'nodes-tcp'], rounds: 1 }, {
      figures: { ...FIGURES, subscribe: figure('subscribe'), 'nodes-tcp': { ...figure('nodes-tcp'), isOfNodes: true } },
      programs: { go: program }
    })

    expect(asked).to.deep.equal([['subscribe', 'quicmesh', undefined], ['nodes-tcp', 'quicmesh', undefined], ['nodes-tcp', 'go', program.file]])
  })

  it('measures what takes long in some of the rounds', async () => {
    const { measurements } = await run({ everyNthRound: 2, measure: async () => ({ frames: 1 }) })

    expect(measurements.map(({ contestant, round }) => [contestant, round])).to.deep.equal([
      ['quicmesh', 1], ['libp2p-17', 1], ['quicmesh', 3], ['libp2p-17', 3]
    ])
  })

  it('hands on samples beside the values', async () => {
    const { measurements } = await run({ measure: async () => ({ values: { frames: 3 }, samples: { 'delivery, ms': [1, 2] } }) })

    expect(measurements[0]).to.deep.equal({ contestant: 'quicmesh', figure: 'subscribe', round: 1, values: { frames: 3 }, samples: { 'delivery, ms': [1, 2] } })
  })
})

async function run (subscribe: Pick<Figure, 'measure' | 'sweep' | 'everyNthRound'>): Promise<RunResults> {
  return runBenchmark(SETTINGS, { figures: { ...FIGURES, subscribe } })
}
