import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'aegir/chai'
import { buildRawQuinn } from '../src/contestants/raw-quinn.ts'
import { CONTESTANT_NAMES } from '../src/contestants.ts'
import { FIGURE_NAMES, FIGURES, isMeasuredOf } from '../src/figures.ts'
import { runBenchmark } from '../src/run.ts'
import { pointName, pointsOf } from '../src/sweep.ts'
import { TINY_WORKLOAD } from './workloads.ts'
import type { Figure } from '../src/figures.ts'
import type { RunSettings } from '../src/run.ts'

const PACKAGE = fileURLToPath(new URL('../../packages/quic-transport/', import.meta.url))

/** Two hundred crates on a busy machine, when nobody has built them before. */
const BUILD_TIMEOUT_MS = 900_000

/** Each of the contestants takes a few seconds for all figures, most of them to start processes. */
const TEST_TIMEOUT_MS = 120_000

/** The memory of few may be less than what was free before, the slowest of few bytes may have none, and a short moment no other work. */
const MAY_BE_NOTHING = new Set(['KiB/connection', 'KiB/stream', 'slowest/mean', 'other work done, %', 'other work late, p99 ms'])

describe('contestants', () => {
  before(async function () {
    this.timeout(BUILD_TIMEOUT_MS)
    await buildRawQuinn()
  })

  for (const contestant of CONTESTANT_NAMES) {
    it(`measures every figure of ${contestant} to the last byte`, async function () {
      this.timeout(TEST_TIMEOUT_MS)

      const settings: RunSettings = {
        contestants: [contestant],
        figures: FIGURE_NAMES,
        rounds: 1,
        isQuick: true,
        workload: TINY_WORKLOAD,
        timeoutMs: TEST_TIMEOUT_MS / 4
      }
      const results = await runBenchmark(settings)
      const points = FIGURE_NAMES.filter((figure) => isMeasuredOf(figure, contestant)).flatMap((name) => {
        const figure: Figure = FIGURES[name]

        return pointsOf(figure, TINY_WORKLOAD, true).map(({ x, workload }) => ({ name: pointName(name, x), receivedBytes: figure.expectedBytes(workload) }))
      })

      expect(results.failures).to.deep.equal([])
      expect(results.measurements.map(({ figure, x, receivedBytes }) => ({ name: pointName(figure, x), receivedBytes }))).to.deep.equal(points)

      expect(results.measurements.find(({ figure }) => figure === 'echo')?.samples?.['round trip, us']).to.have.lengthOf(TINY_WORKLOAD.echoes)

      for (const { figure: name, ...measurement } of results.measurements) {
        const { metrics }: Figure = FIGURES[name]

        for (const metric of metrics.filter(({ isHeadline }) => isHeadline)) {
          const value = metric.read(measurement)

          expect(Number.isFinite(value), `${name} ${metric.name}`).to.equal(true)
          expect(MAY_BE_NOTHING.has(metric.name) || value > 0, `${name} ${metric.name}: ${value}`).to.equal(true)
        }
      }
    })
  }

  it('takes another native binding or another folder of the package for ours', async function () {
    this.timeout(TEST_TIMEOUT_MS)

    const { failures, measurements } = await runBenchmark({
      contestants: ['binding', 'folder', 'wrong'],
      figures: ['echo'],
      builds: { binding: addonPath(), folder: PACKAGE, wrong: join(PACKAGE, 'src') },
      rounds: 1,
      workload: TINY_WORKLOAD,
      timeoutMs: TEST_TIMEOUT_MS / 4
    })

    expect(measurements.map(({ contestant }) => contestant)).to.deep.equal(['binding', 'folder'])
    expect(failures).to.have.lengthOf(1)
    expect(failures[0]).to.include({ contestant: 'wrong', during: 'start' })
  })
})

function addonPath (): string {
  const name = readdirSync(PACKAGE).find((name) => name.endsWith('.node'))

  if (name == null) {
    throw new Error('The native binding is not built')
  }

  return join(PACKAGE, name)
}
