import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'aegir/chai'
import { fill, Nodes } from '../fixtures/nodes.ts'
import { Child } from '../lifecycle/fixtures/child.ts'
import type { Growth, Items } from './fixtures/growth.ts'
import type { StreamsArgument } from './programs/streams.ts'
import type { TransferReport } from './programs/transfer.ts'
import type { UnreadArgument } from './programs/unread.ts'
import type { Stream } from '@libp2p/interface'

const KIB = 1024
const MIB = 1024 * KIB

/** Below what the smallest leak of interest, a KiB per item, would add. */
const HEAP_BYTES_PER_ITEM = 512
const RSS_BYTES_PER_ITEM = 768

/** What the allocators of V8 and of the native side keep more or less of, whatever the number of items. */
const RSS_NOISE_BYTES = 6 * MIB

const TRANSFER_MIB = 500

/** Windows and buffers of both ends: 2 MiB to send, 4 MiB and 2 MiB of credit to receive; the rest is young garbage. */
const TRANSFER_BYTES = 64 * MIB

/** Promise 19: what unread streams of one connection hold. */
const UNREAD_BYTES_PER_CONNECTION = 8 * MIB
const UNREAD_CONNECTIONS = 4
const UNREAD_STREAMS_PER_CONNECTION = 100

const IDLE_MS = 4_000

/** A new generation of 1 MiB: garbage makes less noise. */
const EXEC_ARGV = ['--expose-gc', '--max-semi-space-size=1']

async function run (program: string, argument: unknown): Promise<unknown> {
  const child = new Child(new URL(`programs/${program}.ts`, import.meta.url), { argument, execArgv: EXEC_ARGV })
  const report = await child.said()
  expect(await child.ended()).to.deep.equal({ code: 0, signal: null, errors: '' })

  return report
}

function perItem ({ items, before, after }: Growth): { heap: number, rss: number } {
  const rss = Math.max(0, after.rss - before.rss - RSS_NOISE_BYTES)

  return { heap: (after.heap - before.heap) / items, rss: rss / items }
}

function expectNoGrowth (growth: Growth): void {
  const { heap, rss } = perItem(growth)

  expect(heap).to.be.below(HEAP_BYTES_PER_ITEM)
  expect(rss).to.be.below(RSS_BYTES_PER_ITEM)
  expect(growth.after.fds).to.equal(growth.before.fds)
  expect(growth.after.resources).to.be.at.most(growth.before.resources + 2)
}

describe('memory', function () {
  this.timeout(180_000)

  it('would show a leak of a KiB per item', async () => {
    const { heap, rss } = perItem(await run('leak', { items: 40_000, warmUp: 5_000 } satisfies Items) as Growth)

    expect(heap).to.be.above(HEAP_BYTES_PER_ITEM)
    expect(rss).to.be.above(RSS_BYTES_PER_ITEM)
  })

  it('is what it was after 2,000 connections', async () => {
    const report = await run('connections', { items: 2_000, warmUp: 2_000 } satisfies Items) as Growth & { echoes: number }

    expect(report.echoes).to.equal(report.handled)
    expectNoGrowth(report)
  })

  const STREAMS: Record<string, StreamsArgument> = {
    '40,000 streams': { items: 40_000, warmUp: 10_000, ending: 'closed' },
    '10,000 streams that were aborted amid what they sent': { items: 10_000, warmUp: 5_000, ending: 'aborted' },
    '10,000 streams that the peer reset': { items: 10_000, warmUp: 5_000, ending: 'reset' }
  }

  for (const [what, argument] of Object.entries(STREAMS)) {
    it(`is what it was after ${what}`, async () => {
      const report = await run('streams', argument) as Growth & { messages: number }

      expect(report.messages).to.equal(report.handled)
      expectNoGrowth(report)
    })
  }

  it('of idle connections does not grow with time', async () => {
    const report = await run('idle', IDLE_MS) as Growth & { connections: number }

    expect(report.connections).to.equal(32)
    expectNoGrowth(report)
    expect(report.after.rss - report.before.rss).to.be.below(2 * MIB)
  })

  it(`stays within the windows while ${TRANSFER_MIB} MiB are sent`, async () => {
    const { receivedBytes, before, most } = await run('transfer', TRANSFER_MIB) as TransferReport

    expect(receivedBytes).to.equal(TRANSFER_MIB * MIB)
    expect(most - before).to.be.below(TRANSFER_BYTES)
  })

  it('of unread streams is bounded by their connections', async () => {
    const argument: UnreadArgument = { protocol: '/unread/1.0.0', streams: UNREAD_CONNECTIONS * UNREAD_STREAMS_PER_CONNECTION }
    const child = new Child(new URL('programs/unread.ts', import.meta.url), { argument, execArgv: EXEC_ARGV })
    const address = multiaddr(String(await child.said()))
    const nodes = new Nodes()

    for (let i = 0; i < UNREAD_CONNECTIONS; i++) {
      const connection = await (await nodes.create()).dial(address)

      const streams: Stream[] = []

      for (let j = 0; j < UNREAD_STREAMS_PER_CONNECTION; j++) {
        streams.push(await connection.newStream(argument.protocol, { maxOutboundStreams: Infinity }))
      }

      // afterwards: full windows would hold up the negotiation of further streams
      streams.forEach(stream => { fill(stream) })
    }

    const { before, after } = await child.said() as Growth
    await nodes.stop()
    expect(await child.ended()).to.deep.equal({ code: 0, signal: null, errors: '' })
    // they did send as much as they could
    expect(after.rss - before.rss).to.be.above(UNREAD_CONNECTIONS * MIB)
    expect(after.rss - before.rss).to.be.below(UNREAD_CONNECTIONS * UNREAD_BYTES_PER_CONNECTION + RSS_NOISE_BYTES)
  })
})
