import { expect } from 'aegir/chai'
import { QuicStreamResetError } from '../../src/index.ts'
import { closeOf, openStream, pattern, readAll, sendAll, until } from '../fixtures/nodes.ts'
import { promise } from '../fixtures/promise.ts'
import { proxied } from '../fixtures/proxied.ts'

const KIB = 1024

const NO_ERROR_FROM_UPSTREAM = 'the stream\'s iterator ends as if all were well'

describe('end of a stream', () => {
  promise(3, 'FIN is an end without an error', async (nodes) => {
    const [local, remote] = await openStream(await nodes.pair())
    const reading = readAll(remote)
    const closed = closeOf(remote)
    local.send(Uint8Array.of(1, 2, 3))
    await local.close()

    expect(await reading).to.equalBytes(Uint8Array.of(1, 2, 3))
    expect(remote.status).to.equal('open')
    await remote.close()
    expect((await closed).error).to.be.undefined()
    expect(remote.status).to.equal('closed')
  })

  promise(3, 'all that came before FIN is there for who begins to read after it', async (nodes) => {
    const { listener, connection } = await nodes.pair()
    const data = pattern(100 * KIB)

    for (const bytes of [data.subarray(0, 24), data]) {
      const closed = Promise.withResolvers<void>()
      await listener.handle('/speaks-first', async stream => {
        stream.send(bytes)
        closed.resolve(stream.close())
      }, { force: true })
      // its negotiation reads ahead and hands back
      const stream = await connection.newStream('/speaks-first')
      await closed.promise
      await new Promise(resolve => setTimeout(resolve, 20))

      expect(await readAll(stream)).to.equalBytes(bytes)
    }
  }, { quicOnly: 'the iterator of others hangs' })

  promise(3, 'bytes that share their memory with others cannot be moved elsewhere, and all goes on', async (nodes) => {
    const [local, remote] = await openStream(await nodes.pair())
    const data = pattern(1024 * KIB)
    const received: Uint8Array[] = []
    let refused = 0
    remote.addEventListener('message', ({ data }) => {
      for (const part of data instanceof Uint8Array ? [data] : data) {
        received.push(part.slice())

        try {
          structuredClone(part.buffer, { transfer: [part.buffer as ArrayBuffer] })
        } catch (err) {
          expect(err).to.have.property('name', 'DataCloneError')
          refused++
        }
      }
    })
    await sendAll(local, data)
    await until(() => remote.remoteWriteStatus === 'closed')

    expect(Buffer.concat(received)).to.equalBytes(data)
    expect(refused).to.be.greaterThan(0)
  }, { quicOnly: 'others hand on memory that nobody shares' })

  promise(3, 'a reset is an error of the stream', async (nodes) => {
    const [local, remote] = await openStream(await nodes.pair())
    const closed = closeOf(remote)
    local.abort(new Error('enough'))
    const { error, local: isLocal } = await closed

    expect(isLocal).to.be.false()
    expect(error).to.have.property('name', 'StreamResetError')
    expect(remote.status).to.equal('reset')
    expect(() => remote.send(Uint8Array.of(1))).to.throw().with.property('name', 'StreamStateError')
  })

  promise(3, 'a reset is an error for who reads, and carries its code', async (nodes) => {
    const [local, remote] = await openStream(await nodes.pair())
    const reading = readAll(remote).then(() => undefined, err => err)
    const closed = closeOf(remote)
    local.abort(new Error('enough'))
    const { error } = await closed

    expect(error).to.be.instanceOf(QuicStreamResetError)
    expect(error).to.have.property('resetCode', 0)
    expect(await reading).to.equal(error)
  }, { quicOnly: 'yamux resets without a code' })

  promise(3, 'a reset carries the code that the application gives it, of 32 bits', async (nodes) => {
    const pair = await nodes.pair()

    for (const [given, seen] of [[42, 42], [0xffff_ffff, 0xffff_ffff], [2 ** 32, 0], [-1, 0], [1.5, 0], [NaN, 0]]) {
      const [local, remote] = await openStream(pair)
      const closed = closeOf(remote)
      local.abort(new QuicStreamResetError(given))

      expect((await closed).error).to.have.property('resetCode', seen)
    }
  }, { quicOnly: 'yamux resets without a code' })

  promise(3, 'a reset says why where libp2p has a code for it', async (nodes) => {
    const { connection, listener } = await nodes.pair()
    await listener.handle('/once/1.0.0', () => {}, { maxInboundStreams: 1 })
    const first = await connection.newStream('/once/1.0.0', { maxOutboundStreams: 10 })
    const second = connection.newStream('/once/1.0.0', { maxOutboundStreams: 10 }).then(readAll)

    await expect(second).to.eventually.be.rejected.with.property('resetName', 'resourceLimitExceeded')
    expect(first.status).to.equal('open')
  }, { quicOnly: 'yamux resets without a code' })

  promise(3, 'what came before a reset can still be read, then the error', async (nodes) => {
    const [local, remote] = await openStream(await nodes.pair())
    local.send(Uint8Array.of(1, 2, 3))
    await until(() => remote.readBufferLength === 3)
    let closes = 0
    remote.addEventListener('close', () => { closes++ })
    local.abort(new Error('enough'))
    await until(() => closes > 0)

    const received: number[] = []
    const reading = (async () => {
      for await (const part of remote) {
        received.push(...part.subarray())
      }
    })()
    await expect(reading).to.eventually.be.rejected.with.property('name', 'StreamResetError')
    expect(received).to.deep.equal([1, 2, 3])
    expect(closes).to.equal(1)
  }, { quicOnly: NO_ERROR_FROM_UPSTREAM })

  promise(3, 'every stream ends with an error when the peer aborts the connection', async (nodes) => {
    const pair = await nodes.pair()
    const ends = await Promise.all(Array.from({ length: 5 }, async () => openStream(pair)))
    const closes = Promise.all(ends.map(async ([, remote]) => closeOf(remote)))
    const reading = readAll(ends[0][1])
    reading.catch(() => {})
    pair.connection.abort(new Error('enough'))

    for (const { error } of await closes) {
      expect(error).to.be.an('error')
    }
    await expect(reading).to.eventually.be.rejected()
  }, { quicOnly: 'yamux tells the end of an aborted connection as a clean one' })

  promise(3, 'a stream ends with an error when the connection is lost', async (nodes) => {
    await proxied(nodes, { quic: { maxIdleTimeoutMs: 1_000, keepAliveIntervalMs: 200 } }, async ({ proxy, ...pair }) => {
      const ends = await openStream(pair)
      const reading = Promise.allSettled(ends.map(async stream => readAll(stream)))
      proxy.isCut = true

      for (const ended of await reading) {
        expect(ended).to.have.property('status', 'rejected')
        expect(ended).to.have.nested.property('reason.name', 'TimeoutError')
      }
    })
  }, { quicOnly: 'the lost path is one of UDP' })

  promise(16, 'STOP_SENDING along with FIN is no error and loses nothing unread', async (nodes) => {
    const [local, remote] = await openStream(await nodes.pair())
    const data = pattern(128 * KIB)
    // as go-libp2p's Close()
    local.send(data)
    await local.closeRead()
    await local.close()
    await until(() => remote.remoteReadStatus === 'closed')

    expect(remote.status).to.equal('open')
    expect(Buffer.compare(await readAll(remote), data)).to.equal(0)
    const closed = closeOf(remote)
    await remote.close()
    expect((await closed).error).to.be.undefined()
    expect(remote.status).to.equal('closed')
  }, { quicOnly: 'yamux has no STOP_SENDING' })

  promise(16, 'STOP_SENDING and FIN leave the peer time to read more than the window, late', async (nodes) => {
    const [local, remote] = await openStream(await nodes.pair())
    const data = pattern(8 * 1024 * KIB)
    local.send(data)
    const closing = local.closeRead().then(async () => local.close())
    await until(() => remote.remoteReadStatus === 'closed')
    // swallowed: the peer does not want it; but a loop that sends what it may is let go of
    expect(remote.send(new Uint8Array(64 * KIB))).to.be.false()
    await remote.onDrain()

    expect(Buffer.compare(await readAll(remote), data)).to.equal(0)
    await closing
    await remote.close()
    expect(remote.status).to.equal('closed')
  }, { quicOnly: 'yamux has no STOP_SENDING' })

  promise(16, 'a peer that stops reading does not keep a loop that sends what it may from ending', async (nodes) => {
    const [local, remote] = await openStream(await nodes.pair())
    const chunk = new Uint8Array(64 * KIB)
    await local.closeRead()
    await until(() => remote.remoteReadStatus === 'closed')
    let sent = 0

    while (remote.send(chunk) && sent < 1_000) {
      sent++
    }

    expect(sent).to.be.below(1_000)
    await remote.onDrain()
    await remote.close()
    await local.close()
  }, { quicOnly: 'yamux has no STOP_SENDING' })

  promise(16, 'STOP_SENDING and FIN of both ends at once close both cleanly', async (nodes) => {
    const [local, remote] = await openStream(await nodes.pair())
    const closes = Promise.all([closeOf(local), closeOf(remote)])
    local.send(Uint8Array.of(1))
    remote.send(Uint8Array.of(2))
    await Promise.all([local, remote].map(async stream => {
      await stream.closeRead()
      await stream.close()
    }))

    for (const { error } of await closes) {
      expect(error).to.be.undefined()
    }
  })
})
