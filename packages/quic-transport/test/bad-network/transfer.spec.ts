import { expect } from 'aegir/chai'
import { Nodes, openStream, pattern, readAll, sendAll } from '../fixtures/nodes.ts'
import { proxied } from '../fixtures/proxied.ts'
import { seedOfRun } from '../fixtures/seeded-random.ts'
import type { Conditions, LinkCounts } from '../fixtures/link.ts'
import type { ProxiedPair } from '../fixtures/proxied.ts'
import type { Proxy } from '../fixtures/proxy.ts'

const MIB = 1024 * 1024

/** Congestion control halves its window at each loss: at 5 % and 50 ms some 150 KB/s are left. */
const TIMEOUT_MS = 60_000

interface Path {
  conditions: Partial<Conditions>
  /** Sent each way, at once. */
  byteLength: number
  /** What must have happened to datagrams of both directions, so that the path was bad indeed. */
  suffered: keyof LinkCounts
}

const PATHS: Record<string, Path> = {
  '1 % loss at 50 ms': { conditions: { loss: 0.01, delayMs: 25 }, byteLength: 3 * MIB, suffered: 'lost' },
  '5 % loss at 50 ms': { conditions: { loss: 0.05, delayMs: 25 }, byteLength: MIB, suffered: 'lost' },
  '10 % of datagrams behind those that were sent after them': {
    conditions: { reorder: 0.1, lateMs: 5, delayMs: 5 }, byteLength: 2 * MIB, suffered: 'reordered'
  },
  '20 % of datagrams twice': { conditions: { duplicate: 0.2, delayMs: 5 }, byteLength: 4 * MIB, suffered: 'duplicated' },
  'bits flipped in 2 % of datagrams': { conditions: { corrupt: 0.02, delayMs: 5 }, byteLength: 2 * MIB, suffered: 'corrupted' },
  'a delay that varies by more than a round trip': { conditions: { delayMs: 2, jitterMs: 10 }, byteLength: MIB, suffered: 'received' },
  '2 MB/s with a queue of 64 KiB': {
    conditions: { bytesPerSecond: 2_000_000, queueBytes: 64 * 1024, delayMs: 10 }, byteLength: 3 * MIB, suffered: 'overflowed'
  },
  'everything at once': {
    conditions: { loss: 0.01, reorder: 0.02, duplicate: 0.02, corrupt: 0.01, delayMs: 10, jitterMs: 2, bytesPerSecond: 5_000_000 },
    byteLength: MIB / 2,
    suffered: 'corrupted'
  }
}

/** Sends both ways at once, and acts whenever another mebibyte has reached the listener. */
async function transfer (pair: ProxiedPair, byteLength: number, onMebibyte: (nth: number) => void = () => {}): Promise<void> {
  const [local, remote] = await openStream(pair)
  const data = pattern(byteLength)
  let received = 0
  remote.addEventListener('message', evt => {
    const before = Math.floor(received / MIB)
    received += evt.data.byteLength

    if (Math.floor(received / MIB) > before) {
      onMebibyte(Math.floor(received / MIB))
    }
  })
  const [atListener, atDialer] = await Promise.all([
    readAll(remote), readAll(local), sendAll(local, data), sendAll(remote, data)
  ])

  expect(Buffer.compare(atListener, data)).to.equal(0)
  expect(Buffer.compare(atDialer, data)).to.equal(0)
  expect([pair.connection.status, pair.remote.status]).to.deep.equal(['open', 'open'])
}

describe(`transfers over bad networks (QUICMESH_SEED=${seedOfRun()})`, function () {
  this.timeout(TIMEOUT_MS)
  const nodes = new Nodes()

  afterEach(async () => {
    await nodes.stop()
  })

  for (const [what, { conditions, byteLength, suffered }] of Object.entries(PATHS)) {
    it(`${byteLength / MIB} MiB each way stay intact: ${what}`, async () => {
      await proxied(nodes, { path: conditions }, async (pair) => {
        await transfer(pair, byteLength)

        for (const counts of [pair.proxy.counts.up, pair.proxy.counts.down]) {
          expect(counts[suffered]).to.be.above(0)
        }
      })
    })
  }

  const CHANGES: Record<string, (proxy: Proxy) => void> = {
    'the client appears at another port': (proxy) => { proxy.changePort() },
    'the path suddenly carries no more than 1,250 bytes a datagram': (proxy) => { proxy.set({ maxDatagramBytes: 1_250 }) },
    'the path becomes ten times as long': (proxy) => { proxy.set({ delayMs: 50 }) },
    'the path becomes narrow': (proxy) => { proxy.set({ bytesPerSecond: 2_000_000, queueBytes: 32 * 1024 }) }
  }

  for (const [what, change] of Object.entries(CHANGES)) {
    it(`a transfer survives that ${what}`, async () => {
      await proxied(nodes, { path: { delayMs: 5 } }, async (pair) => {
        let changes = 0
        await transfer(pair, 4 * MIB, nth => {
          if (nth === 1) {
            changes++
            change(pair.proxy)
          }
        })

        expect(changes).to.equal(1)
      })
    })
  }

  it('a path that carries no more than 1,250 bytes a datagram was found out by losing larger ones', async () => {
    await proxied(nodes, { path: { delayMs: 5 } }, async (pair) => {
      await transfer(pair, 4 * MIB, () => { pair.proxy.set({ maxDatagramBytes: 1_250 }) })
      const { tooLarge } = pair.proxy.counts.up
      expect(tooLarge).to.be.above(0)

      // from now on they fit, but for probes
      await transfer(pair, MIB)
      expect(pair.proxy.counts.up.tooLarge - tooLarge).to.be.below(50)
    })
  })
})
