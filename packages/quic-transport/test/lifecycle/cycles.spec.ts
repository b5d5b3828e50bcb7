import { expect } from 'aegir/chai'
import { Child } from './fixtures/child.ts'
import type { CyclesArgument, CyclesReport } from './programs/cycles.ts'

const KIB = 1024
const ROUNDS = 7
const CYCLES_PER_ROUND = 300
const CYCLES_PER_DIAL = 10

/** JavaScript keeps nothing of a node. */
const HEAP_BYTES_PER_CYCLE = KIB

/** The native side's allocator takes more in steps, some MiB at a time and ever more rarely; a leak grows in every round. */
const RSS_BYTES_PER_CYCLE = 6 * KIB

describe('starting and stopping', function () {
  this.timeout(180_000)

  it(`${ROUNDS * CYCLES_PER_ROUND} nodes that were started and stopped leave no handle, no file descriptor and no memory behind`, async () => {
    const argument: CyclesArgument = { rounds: ROUNDS, cyclesPerRound: CYCLES_PER_ROUND }
    const child = new Child(new URL('programs/cycles.ts', import.meta.url), {
      argument,
      execArgv: ['--expose-gc', '--max-semi-space-size=1']
    })
    const { exchanges, samples } = await child.said() as CyclesReport
    // nothing holds the process
    expect(await child.ended()).to.deep.equal({ code: 0, signal: null, errors: '' })
    expect(exchanges).to.equal(ROUNDS * CYCLES_PER_ROUND / CYCLES_PER_DIAL)

    const [first, ...later] = samples
    const growths = later.map(({ rss }, i) => rss - samples[i].rss)
    expect(Math.min(...growths)).to.be.below(CYCLES_PER_ROUND * RSS_BYTES_PER_CYCLE)

    for (const { heap, fds, resources } of later) {
      expect(fds).to.equal(first.fds)
      expect(resources).to.be.at.most(first.resources + 2)
      expect(heap - first.heap).to.be.below(CYCLES_PER_ROUND * HEAP_BYTES_PER_CYCLE * later.length)
    }
  })
})
