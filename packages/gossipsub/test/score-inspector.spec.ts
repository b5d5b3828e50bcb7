import { expect } from 'aegir/chai'
import pWaitFor from 'p-wait-for'
import { ScoreInspector } from '../src/score-inspector.ts'
import type { Logger } from '@libp2p/interface'

const INTERVAL_MS = 20
const ATTEMPTS = 10

type Scores = Map<string, { score: number }>

describe('the score inspector', () => {
  it('shows new scores each time, and once more at the end', async () => {
    const looks: Scores[] = []
    const inspector = create(scores => { looks.push(scores) })

    inspector.start()
    expect(looks, 'looks at the start').to.be.empty()
    await until(() => looks.length >= 2)
    const before = looks.length
    inspector.stop()

    expect(looks.length).to.equal(before + 1)
    expect(looks.map(scores => scores.get('peer')?.score)).to.deep.equal(looks.map((_, i) => i))
  })

  it('keeps its rate however long a look takes', async () => {
    // a machine that is busy with something else may miss looks, but it never gains time that was lost by drift
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const timeOfTenth = await timeOfTenthLook()

      if (timeOfTenth < 14 * INTERVAL_MS) {
        expect(timeOfTenth).to.be.at.least(10 * INTERVAL_MS - 5)
        return
      }
    }

    expect.fail('each time the tenth look was late')
  })

  it('shows nothing after it was stopped, nor before it was started', async () => {
    let looks = 0
    const inspector = create(() => { looks++ })

    inspector.stop()
    expect(looks).to.equal(0)

    inspector.start()
    inspector.stop()
    inspector.stop()
    expect(looks).to.equal(1)

    await passed(3 * INTERVAL_MS)
    expect(looks).to.equal(1)
  })

  it('has one timer, however often it is started', async () => {
    let looks = 0
    const inspector = create(() => { looks++ })

    inspector.start()
    inspector.start()
    inspector.stop()
    await passed(3 * INTERVAL_MS)

    expect(looks).to.equal(1)
  })

  it('can be started again', async () => {
    let looks = 0
    const inspector = create(() => { looks++ })

    inspector.start()
    inspector.stop()
    inspector.start()
    await until(() => looks >= 3)
    inspector.stop()

    expect(looks).to.be.at.least(4)
  })

  it('goes on after a look that throws or rejects, and logs it', async () => {
    const errors: unknown[] = []
    let looks = 0
    const inspector = create(() => {
      looks++

      if (looks === 1) {
        throw new Error('thrown')
      }

      return Promise.reject(new Error('rejected'))
    }, errors)

    inspector.start()
    await until(() => looks >= 3)
    inspector.stop()
    await until(() => errors.length >= 4)

    expect(errors.slice(0, 2).map(String)).to.deep.equal(['Error: thrown', 'Error: rejected'])
  })

  it('waits for a look that takes longer than the interval', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    let looks = 0
    const inspector = create(async () => {
      looks++
      await promise
    })

    inspector.start()
    await until(() => looks === 1)
    await passed(5 * INTERVAL_MS)
    expect(looks).to.equal(1)

    resolve()
    await until(() => looks >= 2)
    inspector.stop()
  })

  for (const intervalMs of [0, -1, NaN, Infinity, 2 ** 31]) {
    it(`takes no interval of ${intervalMs}`, () => {
      expect(() => create(() => {}, [], intervalMs)).to.throw('scoreInspector.intervalMs').with.property('name', 'InvalidParametersError')
    })
  }
})

/** With looks that take half an interval. If they delayed the next ones it would be 290 ms or more. */
async function timeOfTenthLook (): Promise<number> {
  const times: number[] = []
  const startedAt = performance.now()
  const inspector = create(() => {
    times.push(performance.now() - startedAt)
    block(INTERVAL_MS / 2)
  })

  inspector.start()
  await until(() => times.length >= 10)
  inspector.stop()

  return times[9]
}

/** The score of the one peer counts the snapshots. */
function create (inspect: (scores: Scores) => void | Promise<void>, errors: unknown[] = [], intervalMs = INTERVAL_MS): ScoreInspector<{ score: number }> {
  const log = { error: (_: string, err: unknown) => { errors.push(err) } } as unknown as Logger
  let snapshots = 0

  return new ScoreInspector({
    intervalMs,
    inspect,
    snapshot: () => new Map([['peer', { score: snapshots++ }]]),
    log
  })
}

async function until (condition: () => boolean): Promise<void> {
  await pWaitFor(condition, { interval: 1, timeout: 10_000 })
}

async function passed (ms: number): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, ms))
}

/** Keep the event loop from turning. */
function block (ms: number): void {
  const end = performance.now() + ms

  while (performance.now() < end) {
    // wait
  }
}
