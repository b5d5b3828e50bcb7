import { expect } from 'aegir/chai'
import { closeOf, fill, openStream, readAll, until } from '../fixtures/nodes.ts'
import { promise } from '../fixtures/promise.ts'

const KIB = 1024
const PROTOCOL = '/test/1.0.0'

const NO_COPY = 'yamux keeps the caller\'s buffer until it is encrypted'

describe('careless callers', () => {
  promise(7, 'a buffer that is overwritten right after it was sent arrives as it was', async (nodes) => {
    const [local, remote] = await openStream(await nodes.pair())
    const reading = readAll(remote)
    const chunk = new Uint8Array(KIB).fill(1)
    local.send(chunk)
    chunk.fill(2)
    await local.close()

    expect(await reading).to.equalBytes(new Uint8Array(KIB).fill(1))
  }, { quicOnly: NO_COPY })

  promise(7, 'a buffer that is detached right after it was sent arrives as it was', async (nodes) => {
    const [local, remote] = await openStream(await nodes.pair())
    const reading = readAll(remote)
    const chunk = new Uint8Array(16 * KIB).fill(3)
    local.send(chunk)
    structuredClone(chunk, { transfer: [chunk.buffer] })
    await local.close()

    expect(await reading).to.equalBytes(new Uint8Array(16 * KIB).fill(3))
  }, { quicOnly: NO_COPY })

  promise(7, 'a buffer that is detached while it is queued fails its stream, not the connection', async (nodes) => {
    const pair = await nodes.pair()
    const [local, remote] = await openStream(pair)
    remote.pause()
    fill(local)
    const chunk = new Uint8Array(64 * KIB)
    local.send(chunk)
    structuredClone(chunk, { transfer: [chunk.buffer] })
    const closed = closeOf(local)
    const reading = readAll(remote).then(() => undefined, err => err)
    remote.resume()

    expect((await closed).error).to.be.an('error')
    expect(await reading).to.have.property('name', 'StreamResetError')
    const [other] = await openStream(pair)
    expect(other.status).to.equal('open')
  }, { quicOnly: NO_COPY })

  promise(7, 'values of every wrong kind are refused with an error and leave the stream working', async (nodes) => {
    const pair = await nodes.pair()
    const [, remote] = await openStream(pair)

    for (const wrong of [undefined, null, 1, 'text', {}, [1], Symbol('x'), new ArrayBuffer(8), () => {}]) {
      const [local] = await openStream(pair)

      try {
        Reflect.apply(local.send, local, [wrong])
      } catch (err) {
        expect(err).to.be.an('error')
      }
    }

    for (const view of [new Uint8Array(), new Uint8Array(new SharedArrayBuffer(8)), Buffer.alloc(3)]) {
      remote.send(view)
    }

    expect(remote.status).to.equal('open')
    expect(pair.connection.status).to.equal('open')
  })

  promise(7, 'every call after the end is harmless', async (nodes) => {
    const pair = await nodes.pair()
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

  promise(7, 'every call after the node has stopped is harmless', async (nodes) => {
    const pair = await nodes.pair()
    const [local, remote] = await openStream(pair)
    const [address] = pair.listener.getMultiaddrs()
    await Promise.all([pair.dialer.stop(), pair.listener.stop()])

    for (const stream of [local, remote]) {
      await until(() => stream.status !== 'open')
      expect(() => stream.send(Uint8Array.of(1))).to.throw().with.property('name', 'StreamStateError')
      stream.abort(new Error('again'))
      await stream.close()
      await stream.closeRead()
    }

    for (const connection of [pair.connection, pair.remote]) {
      await connection.close()
      connection.abort(new Error('again'))
      await expect(connection.newStream(PROTOCOL)).to.eventually.be.rejected()
    }

    await expect(pair.dialer.dial(address)).to.eventually.be.rejected()
    await Promise.all([pair.dialer.stop(), pair.listener.stop()])
    expect(pair.listener.getMultiaddrs()).to.be.empty()
  })
})
