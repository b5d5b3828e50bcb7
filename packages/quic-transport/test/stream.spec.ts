import { expect } from 'aegir/chai'
import { pEvent } from 'p-event'
import { Uint8ArrayList } from 'uint8arraylist'
import { QuicStreamResetError } from '../src/index.ts'
import { fill, Nodes, openStream, pattern, readAll, sendAll, until } from './fixtures/nodes.ts'
import type { Pair } from './fixtures/nodes.ts'
import type { Stream, StreamCloseEvent } from '@libp2p/interface'

const KIB = 1024
const MIB = 1024 * KIB
const PROTOCOL = '/test/1.0.0'

describe('stream', () => {
  const nodes = new Nodes()
  let pair: Pair

  beforeEach(async () => {
    pair = await nodes.pair()
  })

  afterEach(async () => {
    await nodes.stop()
  })

  describe('carries bytes', () => {
    it('both ways at once, and each side may end first', async () => {
      const [local, remote] = await openStream(pair)
      const [upload, download] = [pattern(3 * MIB), pattern(2 * MIB)]
      const [received, returned] = await Promise.all([
        readAll(remote), readAll(local), sendAll(local, upload), sendAll(remote, download)
      ])

      expect(Buffer.compare(received, upload)).to.equal(0)
      expect(Buffer.compare(returned, download)).to.equal(0)
      await until(() => local.status === 'closed' && remote.status === 'closed')
    })

    it('when sent as a list of many small parts', async () => {
      const [local, remote] = await openStream(pair)
      const data = pattern(MIB)
      const list = new Uint8ArrayList()

      for (let offset = 0; offset < data.byteLength;) {
        const size = 1 + offset % 97
        list.append(data.subarray(offset, offset + size))
        offset += size
      }

      const reading = readAll(remote)
      if (!local.send(list)) {
        await local.onDrain()
      }
      await local.close()

      expect(Buffer.compare(await reading, data)).to.equal(0)
    })

    it('to a reader that begins after everything and the end has come', async () => {
      const [local, remote] = await openStream(pair)
      local.send(Uint8Array.of(1, 2, 3))
      await local.close()
      await until(() => remote.remoteWriteStatus === 'closed')

      expect(await readAll(remote)).to.equalBytes(Uint8Array.of(1, 2, 3))
    })

    it('to a reader that begins after the connection has closed', async () => {
      const [local, remote] = await openStream(pair)
      local.send(Uint8Array.of(1, 2, 3))
      await local.close()
      await pair.connection.close()
      await until(() => remote.status !== 'open')

      expect(await readAll(remote)).to.equalBytes(Uint8Array.of(1, 2, 3))
    })

    it('that are not what a later owner of the buffer writes into it', async () => {
      const [local, remote] = await openStream(pair)
      const reading = readAll(remote)
      const chunk = new Uint8Array(KIB).fill(1)
      local.send(chunk)
      chunk.fill(2)
      await local.close()

      expect((await reading).every(byte => byte === 1)).to.be.true()
    })
  })

  describe('half-close', () => {
    it('leaves the other direction open', async () => {
      const [local, remote] = await openStream(pair)
      await local.close()
      expect(await readAll(remote)).to.be.empty()
      expect(remote.writeStatus).to.equal('writable')

      remote.send(Uint8Array.of(7))
      await remote.close()
      expect(await readAll(local)).to.equalBytes(Uint8Array.of(7))
    })

    it('of the read side ends reading, and the peer\'s writes go nowhere', async () => {
      const [local, remote] = await openStream(pair)
      await Promise.all([pEvent(local, 'remoteCloseWrite'), local.closeRead()])
      await until(() => remote.remoteReadStatus === 'closed')

      expect(remote.status).to.equal('open')
      for (let i = 0; i < 100; i++) {
        expect(remote.send(new Uint8Array(64 * KIB))).to.be.true()
      }
      await Promise.all([pEvent(local, 'close'), pEvent(remote, 'close'), remote.close(), local.close()])
      expect(local.status).to.equal('closed')
      expect(remote.status).to.equal('closed')
    })

    it('of the read side releases a writer that waits for drain', async () => {
      const [local, remote] = await openStream(pair)
      local.pause()
      fill(remote)
      const drained = remote.onDrain()
      await local.closeRead()

      await drained
      expect(remote.status).to.equal('open')
    })

    it('promise 16: STOP_SENDING along with FIN is no error and loses nothing unread', async () => {
      const [local, remote] = await openStream(pair)
      const data = pattern(128 * KIB)
      // as go-libp2p's Close()
      expect(local.send(data)).to.be.true()
      await local.closeRead()
      await local.close()
      await until(() => remote.remoteReadStatus === 'closed')

      expect(remote.status).to.equal('open')
      expect(Buffer.compare(await readAll(remote), data)).to.equal(0)
      await Promise.all([pEvent(remote, 'close'), remote.close()])
      expect(remote.status).to.equal('closed')
    })
  })

  describe('promise 3: ends', () => {
    it('with FIN only: a reset is an error that carries its code', async () => {
      const [local, remote] = await openStream(pair)
      const reading = readAll(remote).then(() => undefined, err => err)
      const closed = pEvent<'close', StreamCloseEvent>(remote, 'close')
      local.abort(new Error('enough'))

      const { error, local: isLocal } = await closed
      expect(isLocal).to.be.false()
      expect(error).to.be.instanceOf(QuicStreamResetError)
      expect(error).to.have.property('name', 'StreamResetError')
      expect(error).to.have.property('resetCode', 0)
      expect(await reading).to.equal(error)
      expect(remote.status).to.equal('reset')
      expect(() => remote.send(Uint8Array.of(1))).to.throw().with.property('name', 'StreamStateError')
    })

    it('with a code that says why where libp2p has one', async () => {
      const { connection, listener } = pair
      await listener.handle(PROTOCOL, () => {}, { maxInboundStreams: 1 })
      const first = await connection.newStream(PROTOCOL, { maxOutboundStreams: 10 })
      const second = connection.newStream(PROTOCOL, { maxOutboundStreams: 10 }).then(readAll)

      await expect(second).to.eventually.be.rejected.with.property('resetName', 'resourceLimitExceeded')
      expect(first.status).to.equal('open')
    })

    it('once, with what was received before a reset still there to read', async () => {
      const [local, remote] = await openStream(pair)
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
    })

    it('with an error on every stream when the connection is aborted', async () => {
      const ends = await Promise.all(Array.from({ length: 5 }, async () => openStream(pair)))
      const closes = ends.map(async ([, remote]) => pEvent<'close', StreamCloseEvent>(remote, 'close'))
      pair.connection.abort(new Error('enough'))

      for (const { error } of await Promise.all(closes)) {
        expect(error).to.be.an('error')
      }
    })
  })

  describe('promise 5: back-pressure', () => {
    const limits = {
      streamReceiveWindowBytes: 256 * KIB,
      streamCreditBytes: 64 * KIB,
      streamWriteBufferBytes: 64 * KIB
    }
    /** Window, credit, both ends' buffers, and one read's overdraft. */
    const bound = 256 * KIB + 64 * KIB + 2 * 64 * KIB + 64 * KIB

    beforeEach(async () => {
      pair = await nodes.pair({ quic: limits }, { quic: limits })
    })

    /** Sends until the stream takes no more for a while, and returns how much it took. */
    async function sendUntilStuck (stream: Stream): Promise<number> {
      let sent = 0

      while (true) {
        sent += 16 * KIB

        if (!stream.send(new Uint8Array(16 * KIB)) &&
            !await stream.onDrain({ signal: AbortSignal.timeout(300) }).then(() => true, () => false)) {
          return sent
        }
      }
    }

    it('a paused stream stops its sender, and goes on when resumed', async () => {
      const [local, remote] = await openStream(pair)
      let received = 0
      remote.addEventListener('message', evt => { received += evt.data.byteLength })
      remote.pause()
      const sent = await sendUntilStuck(local)

      expect(sent).to.be.below(bound)
      expect(received).to.equal(0)
      expect(remote.status).to.equal('open')

      remote.resume()
      await local.close()
      await until(() => remote.remoteWriteStatus === 'closed')
      expect(received).to.equal(sent)
    })

    it('a stream that nobody reads stops its sender, and loses nothing', async () => {
      const [local, remote] = await openStream(pair)
      const sent = await sendUntilStuck(local)

      expect(sent).to.be.below(bound)
      expect(remote.readBufferLength).to.be.at.most(128 * KIB)
      const [received] = await Promise.all([readAll(remote), local.close()])
      expect(received.byteLength).to.equal(sent)
    })

    it('a slow loop over a stream stops its sender', async () => {
      const [local, remote] = await openStream(pair)
      const iterator = remote[Symbol.asyncIterator]()
      const first = iterator.next()
      const sent = await sendUntilStuck(local)
      // the first part is the loop's
      expect(sent).to.be.below(bound + 64 * KIB)

      let received = (await first).value?.byteLength ?? 0
      const closing = local.close()
      for await (const part of { [Symbol.asyncIterator]: () => iterator }) {
        received += part.byteLength
      }
      await closing
      expect(received).to.equal(sent)
    })

    it('a handler that pauses in each message gets everything', async () => {
      const [local, remote] = await openStream(pair)
      let received = 0
      remote.addEventListener('message', evt => {
        received += evt.data.byteLength
        remote.pause()
        setImmediate(() => {
          if (remote.readStatus === 'paused') {
            remote.resume()
          }
        })
      })
      await sendAll(local, new Uint8Array(2 * MIB))
      await until(() => received === 2 * MIB)
      expect(remote.status).to.equal('open')
    })

    it('another stream of the connection goes on beside a paused one', async () => {
      const [paused, pausedRemote] = await openStream(pair)
      pausedRemote.pause()
      await sendUntilStuck(paused)
      const [local, remote] = await openStream(pair)
      const [received] = await Promise.all([readAll(remote), sendAll(local, pattern(2 * MIB))])

      expect(received.byteLength).to.equal(2 * MIB)
    })

    it('promise 19: 100 unread streams hold less than 8 MiB', async () => {
      pair = await nodes.pair()
      const streams = await Promise.all(Array.from({ length: 100 }, async () => openStream(pair)))
      const before = process.memoryUsage().rss
      await Promise.all(streams.map(async ([local]) => {
        for (let i = 0; i < 4; i++) {
          local.send(new Uint8Array(64 * KIB))
        }
      }))
      await new Promise(resolve => setTimeout(resolve, 500))
      const held = streams.reduce((sum, [, remote]) => sum + remote.readBufferLength, 0)

      expect(held).to.be.within(1, 3 * MIB)
      // both ends live in this process: what the senders keep counts as well
      expect(process.memoryUsage().rss - before).to.be.below(64 * MIB)
    })

    it('returns the credit of many streams that each consume little', async () => {
      const small = { streamCreditBytes: 32 * KIB, connectionCreditBytes: 64 * KIB }
      pair = await nodes.pair({ quic: small }, { quic: small })
      const streams = await Promise.all(Array.from({ length: 50 }, async () => openStream(pair)))
      let received = 0
      streams.forEach(([, remote]) => { remote.addEventListener('message', evt => { received += evt.data.byteLength }) })

      // each stays below the batch of a stream, all together exceed the connection's credit
      streams.forEach(([local]) => { local.send(new Uint8Array(4 * KIB)) })
      await until(() => received === 50 * 4 * KIB)
      expect(received).to.equal(50 * 4 * KIB)
    })
  })

  describe('onDrain', () => {
    it('waits each time that the stream is full', async () => {
      const [local, remote] = await openStream(pair)
      let received = 0
      remote.addEventListener('message', evt => { received += evt.data.byteLength })

      for (let i = 1; i <= 3; i++) {
        remote.pause()
        local.send(new Uint8Array(8 * MIB))
        expect(local.writableNeedsDrain).to.be.true()
        const drained = local.onDrain()
        remote.resume()
        await drained

        expect(local.writeBufferLength).to.equal(0)
        expect(received).to.be.above((8 * i - 4) * MIB)
      }
    })

    it('obeys its signal', async () => {
      const [local, remote] = await openStream(pair)
      remote.pause()
      fill(local)

      await expect(local.onDrain({ signal: AbortSignal.timeout(20) })).to.eventually.be.rejected
        .with.property('name', 'TimeoutError')
    })

    it('rejects when the stream ends, and from then on', async () => {
      const [local, remote] = await openStream(pair)
      remote.pause()
      fill(local)
      const drained = local.onDrain().then(() => undefined, err => err)
      const err = new Error('enough')
      local.abort(err)

      expect(await drained).to.equal(err)
      await expect(local.onDrain()).to.eventually.be.rejectedWith(err)
    })

    it('resolves when all that was queued has gone', async () => {
      const [local, remote] = await openStream(pair)
      const reading = readAll(remote)
      expect(local.send(new Uint8Array(8 * MIB))).to.be.false()
      await local.onDrain()
      expect(local.writeBufferLength).to.equal(0)

      await local.close()
      expect((await reading).byteLength).to.equal(8 * MIB)
    })
  })

  describe('close', () => {
    it('waits until what was queued is handed over', async () => {
      const [local, remote] = await openStream(pair)
      const reading = readAll(remote)
      local.send(new Uint8Array(4 * MIB))
      await local.close()

      expect((await reading).byteLength).to.equal(4 * MIB)
    })

    it('obeys its signal', async () => {
      const [local, remote] = await openStream(pair)
      remote.pause()
      local.send(new Uint8Array(8 * MIB))

      await expect(local.close({ signal: AbortSignal.timeout(20) })).to.eventually.be.rejected
        .with.property('name', 'TimeoutError')
    })

    it('rejects with the error that ends the stream meanwhile', async () => {
      const [local, remote] = await openStream(pair)
      remote.pause()
      local.send(new Uint8Array(8 * MIB))
      const closing = local.close().then(() => undefined, err => err)
      const err = new Error('enough')
      local.abort(err)

      expect(await closing).to.equal(err)
    })
  })

  describe('promise 7: survives', () => {
    it('a buffer that is detached right after it was sent', async () => {
      const [local, remote] = await openStream(pair)
      const reading = readAll(remote)
      const chunk = new Uint8Array(16 * KIB).fill(3)
      local.send(chunk)
      structuredClone(chunk, { transfer: [chunk.buffer] })
      await local.close()

      expect((await reading).every(byte => byte === 3)).to.be.true()
    })

    it('a buffer that is detached while it is queued: the stream fails, the connection does not', async () => {
      const [local, remote] = await openStream(pair)
      remote.pause()
      fill(local)
      const chunk = new Uint8Array(64 * KIB)
      local.send(chunk)
      structuredClone(chunk, { transfer: [chunk.buffer] })
      const closed = pEvent<'close', StreamCloseEvent>(local, 'close')
      const reading = readAll(remote).then(() => undefined, err => err)
      remote.resume()

      expect((await closed).error).to.be.an('error')
      expect(await reading).to.have.property('name', 'StreamResetError')
      const [other] = await openStream(pair)
      expect(other.status).to.equal('open')
    })

    it('every call after the end', async () => {
      const [local, remote] = await openStream(pair)
      local.abort(new Error('enough'))
      await until(() => remote.status === 'reset')

      for (const stream of [local, remote]) {
        expect(() => stream.send(Uint8Array.of(1))).to.throw().with.property('name', 'StreamStateError')
        stream.abort(new Error('again'))
        await stream.close()
        await stream.closeRead()
        await stream.onDrain()
      }

      await pair.connection.close()
      await pair.connection.close()
      pair.connection.abort(new Error('again'))
      await expect(pair.connection.newStream(PROTOCOL)).to.eventually.be.rejected
        .with.property('name', 'ConnectionClosedError')
    })
  })

  describe('promise 8: abort', () => {
    it('of a stream that is blocked on flow control reaches the peer at once', async () => {
      const [local, remote] = await openStream(pair)
      remote.pause()
      fill(local)
      await new Promise(resolve => setTimeout(resolve, 100))
      const closed = pEvent(remote, 'close')
      const start = performance.now()
      local.abort(new Error('enough'))
      await closed

      expect(performance.now() - start).to.be.below(200)
    })

    it('of 2,000 streams leaks none', async () => {
      await pair.listener.handle(PROTOCOL, () => {}, { maxInboundStreams: 10_000 })

      const { connection } = pair

      for (let i = 0; i < 20; i++) {
        const streams = await Promise.all(Array.from({ length: 100 }, async () => {
          return connection.newStream(PROTOCOL, { maxOutboundStreams: 10_000 })
        }))
        streams.forEach((stream, j) => {
          stream.send(new Uint8Array(j * 100))
          stream.abort(new Error('enough'))
        })
      }

      await until(() => pair.remote.streams.length === 0)
      expect(pair.connection.streams).to.be.empty()
    })
  })

  describe('promise 10: at the peer\'s stream limit', () => {
    beforeEach(async () => {
      pair = await nodes.pair({}, { quic: { maxInboundStreams: 4 } })
      // identify's streams are among those that count
      await until(() => pair.connection.streams.length === 0)
    })

    it('newStream obeys its signal, and works again when a stream is freed', async () => {
      const streams = await Promise.all(Array.from({ length: 4 }, async () => openStream(pair)))
      const controller = new AbortController()
      const blocked = pair.connection.newStream(PROTOCOL, { signal: controller.signal, maxOutboundStreams: 10 })
      setTimeout(() => { controller.abort() }, 20)
      const start = performance.now()
      await expect(blocked).to.eventually.be.rejected.with.property('name', 'AbortError')
      expect(performance.now() - start).to.be.below(120)

      const waiting = openStream(pair)
      const [[local, remote]] = streams
      await Promise.all([local.close(), remote.close()])
      const [fifth] = await waiting

      expect(fifth.status).to.equal('open')
    })

    it('newStream fails when the connection closes meanwhile', async () => {
      await Promise.all(Array.from({ length: 4 }, async () => openStream(pair)))
      const blocked = pair.connection.newStream(PROTOCOL, { maxOutboundStreams: 10 }).then(() => undefined, err => err)
      await new Promise(resolve => setTimeout(resolve, 20))
      pair.remote.abort(new Error('enough'))

      expect(await blocked).to.be.an('error')
    })
  })

  it('promise 14: has an id that no other of the connection has', async () => {
    await pair.dialer.handle('/back/1.0.0', () => {}, { maxInboundStreams: 100 })
    const ids = new Set<string>()

    for (let i = 0; i < 20; i++) {
      const [local, remote] = await openStream(pair)
      const back = await pair.remote.newStream('/back/1.0.0', { maxOutboundStreams: 100 })
      expect(remote.id).to.equal(local.id)
      ids.add(local.id).add(back.id)
      await local.close()
      await remote.close()
    }

    expect(ids).to.have.property('size', 40)
  })
})
