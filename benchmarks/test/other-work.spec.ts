import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { expect } from 'aegir/chai'
import { startNode } from '../src/processes/node.ts'
import { beginOtherWork, PERIOD_MS, TurnCounter } from '../src/processes/other-work.ts'
import { OTHER_WORK_PROTOCOL, OtherWork, serveOtherWork } from '../src/protocols/other-work.ts'
import type { Connection, Libp2p, StreamHandler } from '@libp2p/interface'

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

describe('the protocol of other work', () => {
  let server: Libp2p
  let client: Libp2p

  beforeEach(async () => {
    server = await startNode('tcp-noise-yamux', 'server')
    client = await startNode('tcp-noise-yamux', 'client')
  })

  afterEach(async () => {
    await Promise.all([client.stop(), server.stop()])
  })

  it('tells at the end what there was of it', async () => {
    const work = await OtherWork.begin(await connectTo(serve), 50)
    await setTimeout(5 * PERIOD_MS)
    const { done, due } = await work.end()

    expect(due).to.be.at.least(5)
    expect(done).to.be.within(1, due)
  })

  it('ends with a stream that fails', async () => {
    const connection = await connectTo(serve)
    await OtherWork.begin(connection, 50)

    expect((await busyFor(10 * PERIOD_MS)).utilization).to.be.above(0.4)
    connection.abort(new Error('The client is gone'))
    await setTimeout(5 * PERIOD_MS)
    expect((await busyFor(10 * PERIOD_MS)).utilization).to.be.below(0.2)
  })

  it('waits no longer than its signal for a server that is silent', async () => {
    const connection = await connectTo(() => {})

    await expect(OtherWork.begin(connection, 0, { signal: AbortSignal.timeout(10 * PERIOD_MS) })).to.eventually.be.rejected()
  })

  it('waits no longer than its signal for the end', async () => {
    const connection = await connectTo((stream) => {
      stream.addEventListener('message', () => { stream.send(Uint8Array.of(1)) })
    })
    const work = await OtherWork.begin(connection, 0, { signal: AbortSignal.timeout(50 * PERIOD_MS) })

    await expect(work.end()).to.eventually.be.rejected()
  })

  async function connectTo (handler: StreamHandler): Promise<Connection> {
    await server.handle(OTHER_WORK_PROTOCOL, handler)

    return client.dial(server.getMultiaddrs())
  }
})

const serve: StreamHandler = (stream) => {
  serveOtherWork(stream).catch((err) => { stream.abort(err) })
}

function take (turns: TurnCounter, beginMs: number, workMs: number): void {
  turns.begin(beginMs)
  turns.end(beginMs + workMs)
}

async function busyFor (ms: number): Promise<ReturnType<typeof performance.eventLoopUtilization>> {
  const before = performance.eventLoopUtilization()
  await setTimeout(ms)

  return performance.eventLoopUtilization(before)
}
