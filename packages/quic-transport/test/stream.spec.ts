import { expect } from 'aegir/chai'
import { pEvent } from 'p-event'
import { Uint8ArrayList } from 'uint8arraylist'
import { fill, Nodes, openStream, pattern, readAll, sendAll, until } from './fixtures/nodes.ts'
import type { Pair } from './fixtures/nodes.ts'
import type { StreamMessageEvent } from '@libp2p/interface'

const KIB = 1024
const MIB = 1024 * KIB

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
        // a loop that sends what it may is let go of, and may go on
        expect(remote.send(new Uint8Array(64 * KIB))).to.be.false()
        await remote.onDrain()
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

  describe('tells', () => {
    it('who listens that it is idle, when all was sent at once and when some had to wait', async () => {
      const [local, remote] = await openStream(pair)
      let idle = 0
      remote.addEventListener('message', () => {})
      local.addEventListener('idle', () => { idle++ })

      expect(local.send(new Uint8Array(KIB))).to.be.true()
      expect(idle).to.equal(1)

      remote.pause()
      expect(local.send(pattern(8 * MIB))).to.be.false()
      expect(idle).to.equal(1)
      remote.resume()
      await local.onDrain()
      expect(idle).to.equal(2)
    })

    it('who sends because of that, and sends all of it', async () => {
      const [local, remote] = await openStream(pair)
      let idle = 0
      let received = 0
      remote.addEventListener('message', (evt) => { received += evt.data.byteLength })
      local.addEventListener('idle', () => {
        if (++idle <= 5_000) {
          local.send(new Uint8Array(10))
        }
      })

      local.send(new Uint8Array(10))
      await until(() => received === 10 * 5_001)
      expect(idle).to.equal(5_001)
      expect(local.status).to.equal('open')
    })

    it('who sends what are no bytes, and lives on', async () => {
      const [local, remote] = await openStream(pair)
      const message = pEvent<'message', StreamMessageEvent>(remote, 'message')

      for (const wrong of ['text', new ArrayBuffer(8), new DataView(new ArrayBuffer(8))]) {
        // @ts-expect-error that is what is tested
        expect(() => local.send(wrong)).to.throw()
      }

      local.send(Uint8Array.of(5))
      expect([...(await message).data.subarray()]).to.deep.equal([5])
    })

    it('each message as a list, after what a reader has put back', async () => {
      const [local, remote] = await openStream(pair)
      const messages: Uint8Array[] = []
      remote.addEventListener('message', (evt) => {
        expect(evt.data).to.be.instanceOf(Uint8ArrayList)
        messages.push(evt.data.subarray())

        if (messages.length === 1) {
          remote.unshift(Uint8Array.of(7, 7))
        }
      })

      local.send(Uint8Array.of(1))
      await until(() => messages.length === 2)
      local.send(Uint8Array.of(2))
      await until(() => messages.length === 3)

      expect(messages.map((bytes) => [...bytes])).to.deep.equal([[1], [7, 7], [2]])
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
})
