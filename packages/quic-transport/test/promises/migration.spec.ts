import { expect } from 'aegir/chai'
import { closeOf, openStream, pattern, readAll, sendAll } from '../fixtures/nodes.ts'
import { promise } from '../fixtures/promise.ts'
import { proxied } from '../fixtures/proxied.ts'

const NO_MIGRATION = 'a TCP connection is its four numbers'

/** Another host of the loopback network. */
const OTHER_HOST = '127.0.0.2'

describe('migration', () => {
  promise(18, 'a connection whose client\'s IP address changes is refused: nothing from there arrives, and it ends', async (nodes) => {
    await proxied(nodes, { quic: { maxIdleTimeoutMs: 1_000, keepAliveIntervalMs: 200 } }, async (pair) => {
      const [local, remote] = await openStream(pair)
      let received = 0
      remote.addEventListener('message', evt => { received += evt.data.byteLength })
      const closes = Promise.all([closeOf(pair.connection), closeOf(pair.remote)])
      pair.proxy.changeAddress(OTHER_HOST)
      local.send(pattern(1_000))

      for (const { error } of await closes) {
        expect(error).to.be.an('error')
      }
      expect(received).to.equal(0)
      expect(pair.proxy.counts.up.received).to.be.above(0)

      // the listener serves others, from there too
      await expect(pair.dialer.dial(pair.proxy.address)).to.eventually.have.property('status', 'open')
    })
  }, { quicOnly: NO_MIGRATION })

  promise(18, 'a connection whose client\'s IP address changes survives where allowIpMigration says so', async (nodes) => {
    await proxied(nodes, { listener: { quic: { allowIpMigration: true } } }, async (pair) => {
      const [local, remote] = await openStream(pair)
      pair.proxy.changeAddress(OTHER_HOST)
      const data = pattern(100_000)
      const [received, returned] = await Promise.all([
        readAll(remote), readAll(local), sendAll(local, data), sendAll(remote, data)
      ])

      expect(Buffer.compare(received, data)).to.equal(0)
      expect(Buffer.compare(returned, data)).to.equal(0)
      expect([pair.connection.status, pair.remote.status]).to.deep.equal(['open', 'open'])
    })
  }, { quicOnly: NO_MIGRATION })
})
