import { expect } from 'aegir/chai'
import { HeartbeatTimer } from '../src/heartbeat-timer.ts'

const INTERVAL_MS = 20

/** Keep the event loop from turning. */
function block (ms: number): void {
  const end = performance.now() + ms

  while (performance.now() < end) {
    // wait
  }
}

describe('the heartbeat timer', () => {
  it('keeps its rate however long a tick takes', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const ticks: number[] = []
    const startedAt = performance.now()
    const timer = new HeartbeatTimer(INTERVAL_MS, () => {
      ticks.push(performance.now() - startedAt)
      block(INTERVAL_MS / 2)

      if (ticks.length === 20) {
        resolve()
      }
    })
    timer.start(0)
    await promise
    timer.stop()

    // 19 intervals later; with drift of half an interval each it would be 570 ms
    expect(ticks[19]).to.be.within(19 * INTERVAL_MS - 5, 25 * INTERVAL_MS)
  })

  it('ticks once after it was held up, not once for each tick that was missed', async () => {
    let ticks = 0
    const timer = new HeartbeatTimer(INTERVAL_MS, () => { ticks++ })
    timer.start(0)
    block(10 * INTERVAL_MS)
    await new Promise(resolve => setTimeout(resolve, 1))
    const afterBlock = ticks
    timer.stop()

    expect(afterBlock).to.be.within(1, 2)
  })

  it('stops from within a tick', async () => {
    let ticks = 0
    const timer = new HeartbeatTimer(1, () => {
      ticks++
      timer.stop()
    })
    timer.start(0)
    await new Promise(resolve => setTimeout(resolve, 20))

    expect(ticks).to.equal(1)
  })
})
