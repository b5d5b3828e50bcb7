import { expect } from 'aegir/chai'
import { Inbox, PAUSE_ABOVE_BYTES, WORK_PER_TURN } from '../../src/net/inbox.ts'
import { Turn } from '../../src/net/turn.ts'
import type { InboxInit, Job } from '../../src/net/inbox.ts'

/** As many units as the first byte of the frame says, times 10. */
class CountingJob implements Job {
  #left: number
  readonly #log: number[]

  constructor (frame: Uint8Array, log: number[]) {
    this.#left = frame[0] * 10
    this.#log = log
  }

  get isDone (): boolean {
    return this.#left === 0
  }

  run (budget: number): number {
    const units = Math.min(budget, this.#left)
    this.#left -= units
    this.#log.push(units)

    return units
  }
}

function createInbox (init: Partial<InboxInit> = {}): { inbox: Inbox, turn: Turn, log: number[], flow: string[] } {
  const turn = new Turn()
  const log: number[] = []
  const flow: string[] = []
  const inbox = new Inbox({
    turn,
    createJob: frame => new CountingJob(frame, log),
    isBlocked: () => false,
    onPause: () => { flow.push('pause') },
    onResume: () => { flow.push('resume') },
    ...init
  })

  return { inbox, turn, log, flow }
}

describe('an inbox', () => {
  it('works off a small frame at once', () => {
    const { inbox, log } = createInbox()
    inbox.push(Uint8Array.of(1))

    expect(log).to.deep.equal([10])
  })

  it('what comes while a frame is worked off waits until that is done, over turns too', () => {
    const order: string[] = []
    const steps = (name: number): Job => {
      let left = 2

      return {
        get isDone () { return left === 0 },
        run (): number {
          left--
          order.push(`${name}.${2 - left}`)

          if (name === 1 && left === 1) {
            inbox.push(Uint8Array.of(2))
          }

          return WORK_PER_TURN
        }
      }
    }
    const { inbox, turn } = createInbox({ createJob: frame => steps(frame[0]) })

    inbox.push(Uint8Array.of(1))
    turn.end()
    turn.end()
    turn.end()

    expect(order).to.deep.equal(['1.1', '1.2', '2.1', '2.2'])
    expect(inbox.isEmpty).to.equal(true)
  })

  it('gives one peer a share of each turn, and the rest to the next turns', () => {
    const { inbox, turn, log } = createInbox()
    inbox.push(Uint8Array.of(20))
    expect(log).to.deep.equal([WORK_PER_TURN])

    turn.end()
    turn.end()
    turn.end()
    turn.end()
    expect(log).to.deep.equal([WORK_PER_TURN, WORK_PER_TURN, WORK_PER_TURN, 200 - 3 * WORK_PER_TURN])
  })

  it('goes on by itself', async () => {
    const { inbox, log } = createInbox()
    inbox.push(Uint8Array.of(10))

    while (log.length < 2) {
      await new Promise(resolve => setImmediate(resolve))
    }

    expect(log).to.deep.equal([WORK_PER_TURN, 100 - WORK_PER_TURN])
  })

  it('keeps the order of frames across a job that takes time', async () => {
    const order: number[] = []
    const slow = Promise.withResolvers<number>()
    const { inbox } = createInbox({
      createJob: frame => ({
        isDone: true,
        run: () => {
          order.push(frame[0])
          return frame[0] === 1 ? slow.promise : 1
        }
      })
    })
    inbox.push(Uint8Array.of(1))
    inbox.push(Uint8Array.of(2))
    inbox.push(Uint8Array.of(3))
    expect(order).to.deep.equal([1])

    slow.resolve(1)
    await slow.promise
    await Promise.resolve()
    expect(order).to.deep.equal([1, 2, 3])
  })

  it('pauses the stream of a peer that is ahead, and resumes it', () => {
    let isBlocked = true
    const { inbox, turn, flow, log } = createInbox({ isBlocked: () => isBlocked })

    for (let i = 0; i < 3; i++) {
      const frame = new Uint8Array(PAUSE_ABOVE_BYTES / 2)
      frame[0] = 1
      inbox.push(frame)
    }

    expect(flow).to.deep.equal(['pause'])
    expect(log).to.be.empty()
    isBlocked = false
    inbox.resume()
    turn.end()
    expect(flow).to.deep.equal(['pause', 'resume'])
    expect(log).to.deep.equal([10, 10, 10])
  })

  it('pauses for many small frames as for few large ones, and takes empty ones for nothing', () => {
    const { inbox, flow } = createInbox({ isBlocked: () => true })

    for (let i = 0; i < 10_000; i++) {
      inbox.push(new Uint8Array(0))
    }

    expect(inbox.isEmpty).to.equal(true)

    for (let i = 0; i < 10_000; i++) {
      inbox.push(Uint8Array.of(1))
    }

    expect(flow).to.deep.equal(['pause'])
  })

  it('pauses while a job is awaited', () => {
    const pending = Promise.withResolvers<number>()
    const { inbox, flow } = createInbox({ createJob: () => ({ isDone: false, run: async () => pending.promise }) })
    inbox.push(Uint8Array.of(1))
    inbox.push(new Uint8Array(PAUSE_ABOVE_BYTES))

    expect(flow).to.deep.equal(['pause'])
  })

  it('says when everything is worked off', () => {
    let isBlocked = true
    let isEmpty = false
    const { inbox, log } = createInbox({ isBlocked: () => isBlocked })
    inbox.push(Uint8Array.of(1))
    inbox.push(Uint8Array.of(2))
    inbox.onceEmpty(() => { isEmpty = true })

    expect(isEmpty).to.equal(false)
    isBlocked = false
    inbox.resume()

    expect(isEmpty).to.equal(true)
    expect(log).to.deep.equal([10, 20])
  })
})
