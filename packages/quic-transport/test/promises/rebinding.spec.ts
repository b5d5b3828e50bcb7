import { expect } from 'aegir/chai'
import { openStream, pattern, readAll, sendAll } from '../fixtures/nodes.ts'
import { promise } from '../fixtures/promise.ts'
import { proxied } from '../fixtures/proxied.ts'

const MIB = 1024 * 1024

const NO_PORTS = 'a TCP connection is its four numbers'

describe('NAT rebinding', () => {
  promise(18, 'a connection that is quiet survives that its client\'s port changes, again and again', async (nodes) => {
    await proxied(nodes, {}, async (pair) => {
      for (let i = 0; i < 5; i++) {
        pair.proxy.changePort()
        // the client is the first to send: a NAT has no way for the listener before that
        const [local, remote] = await openStream(pair)
        const data = pattern(100_000)
        const [received, returned] = await Promise.all([
          readAll(remote), readAll(local), sendAll(local, data), sendAll(remote, data)
        ])

        expect(Buffer.compare(received, data)).to.equal(0)
        expect(Buffer.compare(returned, data)).to.equal(0)
      }

      expect([pair.connection.status, pair.remote.status]).to.deep.equal(['open', 'open'])
      expect(pair.listener.getConnections()).to.deep.equal([pair.remote])
    })
  }, { quicOnly: NO_PORTS })

  promise(18, 'a port that changes in mid-transfer costs no byte in either direction', async (nodes) => {
    await proxied(nodes, { path: { delayMs: 5 } }, async (pair) => {
      const [local, remote] = await openStream(pair)
      const data = pattern(4 * MIB)
      let changes = 0
      let received = 0
      remote.addEventListener('message', evt => {
        received += evt.data.byteLength

        if (received > (changes + 1) * MIB) {
          changes++
          pair.proxy.changePort()
        }
      })
      const [, returned] = await Promise.all([sendAll(local, data), readAll(local), sendAll(remote, data)])

      expect(Buffer.compare(returned, data)).to.equal(0)
      expect(received).to.equal(data.byteLength)
      expect(changes).to.equal(3)
      expect([pair.connection.status, pair.remote.status]).to.deep.equal(['open', 'open'])
    })
  }, { quicOnly: NO_PORTS })

  promise(18, 'a connection that only listens to its peer survives by its keep-alives', async (nodes) => {
    await proxied(nodes, { quic: { keepAliveIntervalMs: 200 } }, async (pair) => {
      const [local, remote] = await openStream(pair)
      const reading = readAll(local)
      pair.proxy.changePort()
      await sendAll(remote, pattern(MIB))

      expect((await reading).byteLength).to.equal(MIB)
    })
  }, { quicOnly: NO_PORTS })
})
