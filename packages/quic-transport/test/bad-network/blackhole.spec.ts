import { expect } from 'aegir/chai'
import { QuicConnectionError } from '../../src/index.ts'
import { closeOf, fill, Nodes, openStream, pattern, readAll, sendAll } from '../fixtures/nodes.ts'
import { proxied } from '../fixtures/proxied.ts'
import { seedOfRun } from '../fixtures/seeded-random.ts'
import type { Proxy } from '../fixtures/proxy.ts'

const MIB = 1024 * 1024

const IDLE_MS = 1_500

/** RFC 9000 section 10.1: counted anew from what is sent after the last that was received. This machine has others to serve. */
const SLACK_MS = 2_000

const QUIC = { maxIdleTimeoutMs: IDLE_MS, keepAliveIntervalMs: 300 }

function cut (proxy: Proxy, forMs: number): void {
  proxy.isCut = true
  setTimeout(() => { proxy.isCut = false }, forMs)
}

describe(`black holes (QUICMESH_SEED=${seedOfRun()})`, function () {
  this.timeout(30_000)
  const nodes = new Nodes()

  afterEach(async () => {
    await nodes.stop()
  })

  for (const isBusy of [false, true]) {
    it(`a path that is cut ${isBusy ? 'in mid-transfer' : 'in silence'} ends the connection and its streams with a time-out at both ends`, async () => {
      await proxied(nodes, { quic: QUIC, path: { delayMs: 5 } }, async (pair) => {
        const ends = await openStream(pair)
        const reading = Promise.allSettled(ends.map(async stream => readAll(stream)))

        if (isBusy) {
          ends.forEach(stream => { fill(stream) })
        }

        const closes = Promise.all([closeOf(pair.connection), closeOf(pair.remote)])
        const start = performance.now()
        pair.proxy.isCut = true

        for (const { error } of await closes) {
          expect(error).to.be.instanceOf(QuicConnectionError)
          expect(error).to.include({ name: 'TimeoutError', kind: 'timedOut', code: 'ERR_QUIC_TIMED_OUT' })
        }
        expect(performance.now() - start).to.be.within(IDLE_MS / 2, IDLE_MS + SLACK_MS)

        for (const ended of await reading) {
          expect(ended).to.have.property('status', 'rejected')
          expect(ended).to.have.nested.property('reason.name', 'TimeoutError')
        }
      })
    })
  }

  for (const direction of ['up', 'down'] as const) {
    it(`a path that is cut in one direction (${direction}) ends the connection at both ends`, async () => {
      await proxied(nodes, { quic: QUIC }, async (pair) => {
        const closes = Promise.all([closeOf(pair.connection), closeOf(pair.remote)])
        const start = performance.now()
        pair.proxy[direction].loss = 1

        for (const { error } of await closes) {
          expect(error).to.have.property('name', 'TimeoutError')
        }
        // who still hears the other waits until that has given up
        expect(performance.now() - start).to.be.below(2 * (IDLE_MS + SLACK_MS))
      })
    })
  }

  it('a transfer survives cuts that are shorter than the idle time-out', async () => {
    await proxied(nodes, { quic: { maxIdleTimeoutMs: 10_000, keepAliveIntervalMs: 300 }, path: { delayMs: 5 } }, async (pair) => {
      const [local, remote] = await openStream(pair)
      const data = pattern(3 * MIB)
      let cuts = 0
      let received = 0
      remote.addEventListener('message', evt => {
        received += evt.data.byteLength

        if (received > (cuts + 1) * MIB) {
          cuts++
          cut(pair.proxy, 500)
        }
      })
      const [atListener, atDialer] = await Promise.all([
        readAll(remote), readAll(local), sendAll(local, data), sendAll(remote, data)
      ])

      expect(cuts).to.equal(2)
      expect(Buffer.compare(atListener, data)).to.equal(0)
      expect(Buffer.compare(atDialer, data)).to.equal(0)
    })
  })

  it('a dial gives up with a time-out when the path is cut in its handshake, and the next succeeds', async () => {
    await proxied(nodes, { quic: { handshakeTimeoutMs: 1_000 } }, async ({ connection, dialer, proxy }) => {
      const closed = closeOf(connection)
      await connection.close()
      await closed
      proxy.down.loss = 1
      await expect(dialer.dial(proxy.address)).to.eventually.be.rejected.with.property('name', 'TimeoutError')
      proxy.down.loss = 0

      await expect(dialer.dial(proxy.address)).to.eventually.have.property('status', 'open')
    })
  })

  it('dials succeed at 20 % loss', async () => {
    await proxied(nodes, { quic: { handshakeTimeoutMs: 25_000 } }, async ({ connection, dialer, proxy }) => {
      await connection.close()
      proxy.set({ loss: 0.2, delayMs: 5 })

      // a lost first datagram costs a second: nothing is known of the path yet (RFC 9002 section 6.2.2)
      for (let i = 0; i < 4; i++) {
        const again = await dialer.dial(proxy.address, { signal: AbortSignal.timeout(25_000) })
        expect(again).to.not.equal(connection)
        expect(again.status).to.equal('open')
        again.abort(new Error('enough'))
      }
    })
  })
})
