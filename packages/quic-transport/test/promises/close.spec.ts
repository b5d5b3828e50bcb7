import { expect } from 'aegir/chai'
import { closeOf, openStream, pattern, readAll, sendAll, until } from '../fixtures/nodes.ts'
import { promise } from '../fixtures/promise.ts'

const MIB = 1024 * 1024
const RUNS = 20

const DATA = pattern(8 * MIB)

/** It shows as a clean end after half of 8 MiB. */
const TCP_LOSES = 'libp2p closes the socket while yamux has frames queued'

describe('close', () => {
  promise(2, `8 MiB arrive whole when the stream and then the connection are closed, ${RUNS} times`, async (nodes) => {
    for (let i = 0; i < RUNS; i++) {
      const pair = await nodes.pair()
      const [local, remote] = await openStream(pair)
      const reading = readAll(remote)
      await sendAll(local, DATA)
      await pair.connection.close({ signal: AbortSignal.timeout(20_000) })

      expect(Buffer.compare(await reading, DATA)).to.equal(0)
      await nodes.stop()
    }
  }, { quicOnly: TCP_LOSES, timeoutMs: 120_000 })

  promise(2, '8 MiB arrive whole when the connection is closed while the stream is being closed', async (nodes) => {
    const pair = await nodes.pair()
    const [local, remote] = await openStream(pair)
    const reading = readAll(remote)
    local.send(DATA)
    await Promise.all([local.close(), pair.connection.close({ signal: AbortSignal.timeout(20_000) })])

    expect(Buffer.compare(await reading, DATA)).to.equal(0)
  }, { quicOnly: TCP_LOSES })

  promise(2, '8 MiB arrive whole when the sender closes the stream and the reader the connection', async (nodes) => {
    const pair = await nodes.pair()
    const [local, remote] = await openStream(pair)
    const [received] = await Promise.all([readAll(remote), sendAll(local, DATA)])
    await pair.remote.close()

    expect(Buffer.compare(received, DATA)).to.equal(0)
  })

  promise(2, 'nothing is lost when the listener is the one who sends and closes', async (nodes) => {
    const pair = await nodes.pair()
    const [local, remote] = await openStream(pair)
    const reading = readAll(local)
    await sendAll(remote, DATA)
    await pair.remote.close({ signal: AbortSignal.timeout(20_000) })

    expect(Buffer.compare(await reading, DATA)).to.equal(0)
  }, { quicOnly: TCP_LOSES })

  promise(2, 'nothing is lost when the reader begins only after the connection began to close', async (nodes) => {
    const pair = await nodes.pair()
    const [local, remote] = await openStream(pair)
    const chunk = pattern(MIB)
    local.send(chunk)
    await local.close()
    const closing = pair.connection.close({ signal: AbortSignal.timeout(20_000) })
    await until(() => remote.readBufferLength > 0)

    expect(Buffer.compare(await readAll(remote), chunk)).to.equal(0)
    await closing
  }, { quicOnly: TCP_LOSES })

  promise(2, 'nothing is lost when another stream is reset by the peer while the connection closes', async (nodes) => {
    const pair = await nodes.pair()
    const [failing, failingRemote] = await openStream(pair)
    const [local, remote] = await openStream(pair)
    // nobody reads it, so that closing it has to wait
    sendAll(failing, DATA).catch(() => {})
    const reading = readAll(remote)
    local.send(pattern(MIB))
    const closing = pair.connection.close({ signal: AbortSignal.timeout(20_000) })
    failingRemote.abort(new Error('not wanted'))
    await closing

    expect((await reading).byteLength).to.equal(MIB)
    expect(pair.connection.status).to.equal('closed')
  }, { quicOnly: TCP_LOSES })

  promise(2, 'nothing is lost of 50 streams that the connection closes at once', async (nodes) => {
    const pair = await nodes.pair()
    const streams = await Promise.all(Array.from({ length: 50 }, async () => openStream(pair)))
    const reading = Promise.all(streams.map(async ([, remote]) => readAll(remote)))
    streams.forEach(([local], i) => { local.send(new Uint8Array(10_000).fill(i)) })
    await pair.connection.close({ signal: AbortSignal.timeout(20_000) })

    for (const [i, received] of (await reading).entries()) {
      expect(received).to.equalBytes(new Uint8Array(10_000).fill(i))
    }
  }, { quicOnly: TCP_LOSES })

  // not more than what leaves within a stop, which takes less than a second (promise 21) on a busy machine too
  promise(2, 'nothing is lost when the node stops', async (nodes) => {
    const pair = await nodes.pair()
    const [local, remote] = await openStream(pair)
    const reading = readAll(remote)
    await sendAll(local, DATA.subarray(0, MIB))
    await pair.dialer.stop()

    expect(Buffer.compare(await reading, DATA.subarray(0, MIB))).to.equal(0)
  }, { quicOnly: TCP_LOSES })

  promise(2, 'nothing is lost of what is still queued when the node stops', async (nodes) => {
    const pair = await nodes.pair()
    const [local, remote] = await openStream(pair)
    const reading = readAll(remote)
    expect(local.send(DATA.subarray(0, 4 * MIB))).to.be.false()
    await pair.dialer.stop()

    expect(Buffer.compare(await reading, DATA.subarray(0, 4 * MIB))).to.equal(0)
  }, { quicOnly: TCP_LOSES })

  promise(4, 'connection.abort() closes every stream at both ends', async (nodes) => {
    const pair = await nodes.pair()
    const ends = await Promise.all(Array.from({ length: 20 }, async () => openStream(pair)))
    const closes = Promise.all(ends.flat().map(closeOf))
    pair.connection.abort(new Error('enough'))

    expect(pair.connection.streams).to.be.empty()
    expect(ends.map(([local]) => local.status)).to.deep.equal(ends.map(() => 'aborted'))
    await closes
    expect(ends.map(([, remote]) => remote.status)).to.not.include('open')
    expect(pair.remote.streams).to.be.empty()
    await until(() => pair.listener.getConnections().length === 0)
  })
})
