import { expect } from 'aegir/chai'
import { closeOf, connectionFrom, Nodes } from '../fixtures/nodes.ts'
import { Child } from './fixtures/child.ts'
import { answerForever } from './fixtures/traffic.ts'
import type { End } from './fixtures/child.ts'
import type { SenderArgument } from './programs/sender.ts'
import type { StreamCloseEvent } from '@libp2p/interface'

const EXIT_CODE = 3

/** How a peer learns of it. */
const SHUTDOWN = { kind: 'closedByPeer', closeName: 'shutdown' }

const IDLE_TIMEOUT_MS = 1_500

/** The idle time-out starts anew with what is still under way; and a busy machine is late. */
const SLACK_MS = 1_500

/** Ending a process amid traffic may take this long. */
const EXIT_MS = 1_000

const RUNS = 2

interface Observed {
  end: End
  /** Why the peer's connection ended. */
  error: StreamCloseEvent['error']
  /** From the last sign of life to the end of the process. */
  endMs: number
  /** From the end of the process to when its peer knew; may be below 0. */
  toldMs: number
}

describe('the end of a process amid traffic', function () {
  this.timeout(120_000)
  const nodes = new Nodes()

  afterEach(async () => {
    await nodes.stop()
  })

  /** Runs a program that sends to a node of ours, and tells how both of them ended. */
  async function observe (then: SenderArgument['then'], signal?: NodeJS.Signals): Promise<Observed> {
    const options = { maxIdleTimeoutMs: IDLE_TIMEOUT_MS, keepAliveIntervalMs: 500 }
    const peer = await nodes.listen({ quic: options })
    await answerForever(peer)
    const opened = connectionFrom(peer)
    const argument: SenderArgument = { address: peer.getMultiaddrs()[0].toString(), then, exitCode: EXIT_CODE, quic: options }
    const child = new Child(new URL('./programs/sender.ts', import.meta.url), { argument })
    const connection = await opened
    const closed = closeOf(connection).then(({ error }) => ({ error, at: performance.now() }))
    await child.said()
    const lastSignAt = performance.now()

    if (signal != null) {
      child.kill(signal)
    }

    const ended = child.ended().then(end => ({ end, at: performance.now() }))
    const [{ end, at: endedAt }, { error, at: toldAt }] = await Promise.all([ended, closed])
    // its streams have ended with it, and nothing is left of it
    expect(connection.streams).to.be.empty()
    expect(peer.getConnections()).to.be.empty()

    return { end, error, endMs: endedAt - lastSignAt, toldMs: toldAt - endedAt }
  }

  async function observeAll (then: SenderArgument['then'], signal?: NodeJS.Signals): Promise<Observed[]> {
    const all: Observed[] = []

    for (let i = 0; i < RUNS; i++) {
      all.push(await observe(then, signal))
    }

    return all
  }

  it('process.exit() ends at once with its code, and the peer learns it', async () => {
    const all = await observeAll('exit')

    for (const { end, error } of all) {
      expect(end).to.deep.equal({ code: EXIT_CODE, signal: null, errors: '' })
      expect(error).to.include(SHUTDOWN)
    }

    expectInTime(all)
  })

  it('an uncaught error ends at once with code 1, and the peer learns it', async () => {
    const all = await observeAll('throw')

    for (const { end, error } of all) {
      expect(end).to.include({ code: 1, signal: null })
      expect(end.errors).to.include('meant to be uncaught')
      expect(error).to.include(SHUTDOWN)
    }

    expectInTime(all)
  })

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`${signal} can't be told: the peer's idle time-out ends the connection`, async () => {
      const all = await observeAll('stay', signal)

      for (const { end, error } of all) {
        expect(end).to.deep.equal({ code: null, signal, errors: '' })
        expect(error).to.include({ kind: 'timedOut', name: 'TimeoutError' })
      }

      expectInTime(all)
    })
  }
})

/** The best of the runs counts: others use the machine too. */
function expectInTime (all: Observed[]): void {
  expect(Math.min(...all.map(({ endMs }) => endMs))).to.be.below(EXIT_MS)
  expect(Math.min(...all.map(({ toldMs }) => toldMs))).to.be.below(IDLE_TIMEOUT_MS + SLACK_MS)
}
