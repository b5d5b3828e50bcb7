import { expect } from 'aegir/chai'
import { pEvent } from 'p-event'
import { QuicConnectionError } from '../src/index.ts'
import { connectionFrom, Nodes, openStream, pattern, readAll, sendAll, until } from './fixtures/nodes.ts'
import { Proxy } from './fixtures/proxy.ts'
import type { Connection, Stream, StreamCloseEvent } from '@libp2p/interface'

const MIB = 1024 * 1024

async function closeOf (subject: Connection | Stream): Promise<StreamCloseEvent> {
  return pEvent<'close', StreamCloseEvent>(subject, 'close')
}

describe('close', () => {
  const nodes = new Nodes()

  afterEach(async () => {
    await nodes.stop()
  })

  describe('promise 2: loses nothing', () => {
    const data = pattern(8 * MIB)

    it('of 8 MiB when the stream and then the connection are closed, ten times', async function () {
      this.timeout(120_000)

      for (let i = 0; i < 10; i++) {
        const pair = await nodes.pair()
        const [local, remote] = await openStream(pair)
        const reading = readAll(remote)
        await sendAll(local, data)
        await pair.connection.close({ signal: AbortSignal.timeout(20_000) })

        expect(Buffer.compare(await reading, data)).to.equal(0)
        await nodes.stop()
      }
    })

    it('when the reader begins late', async () => {
      const pair = await nodes.pair()
      const [local, remote] = await openStream(pair)
      // as much as can be under way: the read window and the credit
      const chunk = pattern(MIB)
      local.send(chunk)
      await local.close()
      const closing = pair.connection.close({ signal: AbortSignal.timeout(20_000) })
      await new Promise(resolve => setTimeout(resolve, 100))

      expect(Buffer.compare(await readAll(remote), chunk)).to.equal(0)
      await closing
    })

    it('when another stream is reset by the peer while the connection closes', async () => {
      const pair = await nodes.pair()
      const [failing, failingRemote] = await openStream(pair)
      const [local, remote] = await openStream(pair)
      // nobody reads it, so that closing it has to wait
      sendAll(failing, data).catch(() => {})
      const reading = readAll(remote)
      local.send(pattern(MIB))
      const closing = pair.connection.close({ signal: AbortSignal.timeout(20_000) })
      failingRemote.abort(new Error('not wanted'))
      await closing

      expect((await reading).byteLength).to.equal(MIB)
      expect(pair.connection.status).to.equal('closed')
    })

    it('of many streams that are closed at once', async () => {
      const pair = await nodes.pair()
      const streams = await Promise.all(Array.from({ length: 50 }, async () => openStream(pair)))
      const reading = Promise.all(streams.map(async ([, remote]) => readAll(remote)))
      streams.forEach(([local], i) => { local.send(new Uint8Array(10_000).fill(i)) })
      await pair.connection.close({ signal: AbortSignal.timeout(20_000) })

      for (const [i, received] of (await reading).entries()) {
        expect(received).to.equalBytes(new Uint8Array(10_000).fill(i))
      }
    })

    it('when the node stops', async () => {
      const pair = await nodes.pair()
      const [local, remote] = await openStream(pair)
      const reading = readAll(remote)
      await sendAll(local, data)
      await pair.dialer.stop()

      expect(Buffer.compare(await reading, data)).to.equal(0)
    })

    it('that is still queued when the node stops', async () => {
      const pair = await nodes.pair()
      const [local, remote] = await openStream(pair)
      const reading = readAll(remote)
      expect(local.send(data)).to.be.false()
      await pair.dialer.stop()

      expect(Buffer.compare(await reading, data)).to.equal(0)
    })
  })

  it('is a clean end for the peer', async () => {
    const pair = await nodes.pair()
    const [closed] = await Promise.all([closeOf(pair.remote), pair.connection.close()])

    expect(closed.error).to.be.undefined()
    expect(pair.remote.status).to.equal('closed')
    expect(pair.connection.status).to.equal('closed')
    expect(pair.connection.timeline.close).to.be.a('number')
  })

  it('of both ends at once succeeds', async () => {
    const pair = await nodes.pair()
    const [local] = await openStream(pair)
    local.send(pattern(100_000))
    await Promise.all([pair.connection.close(), pair.remote.close()])

    expect(pair.connection.status).to.equal('closed')
    expect(pair.remote.status).to.equal('closed')
  })

  it('with a peer that does not answer gives up with its signal', async () => {
    const listener = await nodes.listen()
    const proxy = await Proxy.create(listener.getMultiaddrs()[0])
    const dialer = await nodes.create()
    const opened = connectionFrom(listener)
    const connection = await dialer.dial(proxy.address)
    const [local] = await openStream({ dialer, listener, connection, remote: await opened })
    proxy.isCut = true
    local.send(pattern(100_000))
    await local.close()

    const start = Date.now()
    await expect(connection.close({ signal: AbortSignal.timeout(200) })).to.eventually.be.rejected
      .with.property('name', 'TimeoutError')
    expect(Date.now() - start).to.be.below(500)
    await until(() => connection.status === 'closed')
    proxy.close()
  })

  describe('promise 4: abort', () => {
    it('closes every stream at both ends', async () => {
      const pair = await nodes.pair()
      await Promise.all(Array.from({ length: 20 }, async () => openStream(pair)))
      const streams = [...pair.connection.streams]
      const err = new Error('enough')
      pair.connection.abort(err)

      expect(pair.connection.streams).to.be.empty()
      expect(streams.map(({ status }) => status)).to.deep.equal(streams.map(() => 'aborted'))
      await until(() => pair.remote.streams.length === 0)
      await until(() => pair.listener.getConnections().length === 0)
    })
  })

  describe('promise 3: an unfinished stream', () => {
    it('ends with an error when the peer aborts the connection', async () => {
      const pair = await nodes.pair()
      const [, remote] = await openStream(pair)
      const reading = readAll(remote)
      pair.connection.abort(new Error('enough'))

      await expect(reading).to.eventually.be.rejected()
    })

    it('ends with an error when the connection is lost', async () => {
      const quic = { maxIdleTimeoutMs: 300, keepAliveIntervalMs: 100 }
      const listener = await nodes.listen({ quic })
      const proxy = await Proxy.create(listener.getMultiaddrs()[0])
      const dialer = await nodes.create({ quic })
      const opened = connectionFrom(listener)
      const connection = await dialer.dial(proxy.address)
      const [local, remote] = await openStream({ dialer, listener, connection, remote: await opened })
      proxy.isCut = true

      await expect(readAll(local)).to.eventually.be.rejected.with.property('name', 'TimeoutError')
      await expect(readAll(remote)).to.eventually.be.rejected.with.property('name', 'TimeoutError')
      proxy.close()
    })
  })

  describe('promise 17: why a connection ended is known', () => {
    it('when it timed out', async () => {
      const quic = { maxIdleTimeoutMs: 300, keepAliveIntervalMs: 100 }
      const listener = await nodes.listen({ quic })
      const proxy = await Proxy.create(listener.getMultiaddrs()[0])
      const dialer = await nodes.create({ quic })
      const connection = await dialer.dial(proxy.address)
      // keep-alives carry it over many idle time-outs
      await new Promise(resolve => setTimeout(resolve, 900))
      expect(connection.status).to.equal('open')

      proxy.isCut = true
      const { error, local } = await closeOf(connection)
      expect(error).to.be.instanceOf(QuicConnectionError)
      expect(error).to.include({ name: 'TimeoutError', kind: 'timedOut', code: 'ERR_QUIC_TIMED_OUT' })
      expect(local).to.be.false()
      proxy.close()
    })

    it('when the peer aborted it', async () => {
      const pair = await nodes.pair()
      pair.connection.abort(new Error('enough'))
      const { error, local } = await closeOf(pair.remote)

      expect(error).to.include({ name: 'ConnectionClosedError', kind: 'closedByPeer', closeCode: 1, reason: '' })
      expect(local).to.be.false()
      expect(pair.remote.status).to.equal('reset')
    })

    it('when the peer\'s process has forgotten it', async () => {
      const pair = await nodes.pair()
      const closed = closeOf(pair.remote)
      await pair.dialer.stop()
      const { error } = await closed

      expect(error == null || error instanceof QuicConnectionError).to.be.true()
      expect(pair.remote.status).to.not.equal('open')
    })
  })
})
