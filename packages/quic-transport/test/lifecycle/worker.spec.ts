import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'aegir/chai'
import { seedOfRun } from '../fixtures/seeded-random.ts'
import { Child } from './fixtures/child.ts'
import type { WorkersArgument, WorkersReport } from './programs/workers.ts'

const MIB = 1024 * 1024
const WORKERS = 100

/** The threads' memory is the allocator's for reuse by then. */
const WARM_UP = 20

/** How connections end: CONNECTION_CLOSE comes, or, when it is lost each time that it is said, the idle time-out of 5 s. */
const TOLD = 'closedByPeer 0x1006'
const NOT_TOLD = 'timedOut 0x0'
const MIN_TOLD = WORKERS - 5

/** After its thread. */
const END_MS = 10_000

/** Per terminated worker: its node alone holds several times as much in native memory, not to speak of its isolate. */
const GROWTH_BYTES_PER_WORKER = MIB / 4

describe('workers', function () {
  this.timeout(180_000)
  let cache: string

  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), 'quic-transport-'))
  })

  afterEach(async () => {
    await rm(cache, { recursive: true })
  })

  it(`${WORKERS} workers that are terminated in mid-transfer leave nothing behind, and their peer learns it each time`, async () => {
    const argument: WorkersArgument = { workers: WORKERS, warmUp: WARM_UP, seed: seedOfRun() }
    const child = new Child(new URL('programs/workers.ts', import.meta.url), {
      argument,
      execArgv: ['--expose-gc'],
      // so that libp2p is compiled once, not in each worker
      env: { NODE_COMPILE_CACHE: cache }
    })
    const { ends, slowestEndMs, exchanges, before, after } = await child.said() as WorkersReport
    expect(await child.ended()).to.deep.equal({ code: 0, signal: null, errors: '' })

    const { [TOLD]: told = 0, [NOT_TOLD]: notTold = 0, ...others } = ends
    expect(others, `seed ${argument.seed}`).to.deep.equal({})
    expect(told + notTold).to.equal(WORKERS)
    expect(told, `seed ${argument.seed}`).to.be.at.least(MIN_TOLD)
    expect(slowestEndMs).to.be.below(END_MS)
    expect(exchanges).to.equal(WORKERS / 2)
    expect(after.fds).to.equal(before.fds)
    expect(after.resources).to.be.at.most(before.resources + 2)
    expect(after.rss - before.rss).to.be.below((WORKERS - WARM_UP) * GROWTH_BYTES_PER_WORKER)
  })
})
