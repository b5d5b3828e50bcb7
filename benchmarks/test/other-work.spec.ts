import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { expect } from 'aegir/chai'
import { beginOtherWork, PERIOD_MS, TurnCounter } from '../src/processes/other-work.ts'

const START_MS = 1_000

describe('other work', () => {
  it('has a turn in every period', () => {
    const turns = new TurnCounter(START_MS)

    expect(turns.waitMs(START_MS)).to.equal(0)
    take(turns, START_MS, 5)
    expect(turns.waitMs(START_MS + 5)).to.equal(PERIOD_MS - 5)
    take(turns, START_MS + PERIOD_MS, 5)

    expect(turns.tally(START_MS + PERIOD_MS + 5)).to.deep.equal({ done: 2, due: 2, lateP99Ms: 0 })
  })

  it('tells how late turns are, and does not make up for those that were missed', () => {
    const turns = new TurnCounter(START_MS)
    const late = START_MS + 25

    take(turns, late, 5)
    expect(turns.waitMs(late + 5)).to.equal(0)
    take(turns, late + 5, 5)
    expect(turns.waitMs(late + PERIOD_MS)).to.equal(5)

    expect(turns.tally(START_MS + 4 * PERIOD_MS)).to.deep.equal({ done: 2, due: 5, lateP99Ms: 25 })
  })

  it('is told of a time without a turn', () => {
    expect(new TurnCounter(START_MS).tally(START_MS + 3)).to.deep.equal({ done: 0, due: 1, lateP99Ms: 0 })
  })

  it('takes the time of the event loop, to the end and no longer', async () => {
    const end = beginOtherWork(50)
    const { active } = await busyFor(10 * PERIOD_MS)
    const { done, due } = end()

    expect(due).to.be.at.least(9)
    expect(done).to.be.within(1, due)
    expect(active).to.be.at.least(done * PERIOD_MS / 2 * 0.9)
    expect((await busyFor(5 * PERIOD_MS)).utilization).to.be.below(0.2)
  })
})

function take (turns: TurnCounter, beginMs: number, workMs: number): void {
  turns.begin(beginMs)
  turns.end(beginMs + workMs)
}

async function busyFor (ms: number): Promise<ReturnType<typeof performance.eventLoopUtilization>> {
  const before = performance.eventLoopUtilization()
  await setTimeout(ms)

  return performance.eventLoopUtilization(before)
}
