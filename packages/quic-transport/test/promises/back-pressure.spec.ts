import { expect } from 'aegir/chai'
import { pEvent } from 'p-event'
import { closeOf, fill, openStream, pattern, readAll, sendAll, until } from '../fixtures/nodes.ts'
import { runProgram } from '../fixtures/program.ts'
import { promise } from '../fixtures/promise.ts'
import type { Nodes, Pair } from '../fixtures/nodes.ts'
import type { Stream } from '@libp2p/interface'

const KIB = 1024
const MIB = 1024 * KIB
const PROTOCOL = '/test/1.0.0'

const LIMITS = {
  streamReceiveWindowBytes: 256 * KIB,
  streamCreditBytes: 64 * KIB,
  streamWriteBufferBytes: 64 * KIB
}

/** Window, credit, both ends' buffers, and one read's overdraft. yamux has the same window, and the system's buffers. */
const BOUND = 256 * KIB + 64 * KIB + 2 * 64 * KIB + 64 * KIB

/** The same by default: windows of 2 MiB, credit and write buffers of 256 KiB. */
const DEFAULT_BOUND = 2 * MIB + 4 * 256 * KIB

/** A stream that moves nothing for this long is taken to be stuck. */
const STUCK_MS = 300

const ABORTED_STREAMS = 10_000
const AT_ONCE = 100

/** What an object that outlives its stream would take at least. */
const HEAP_BYTES = 512

/** Less than a buffer of a stream's would take, more than what the system gives and takes for other reasons. */
const RSS_BYTES = 12 * KIB

async function limitedPair (nodes: Nodes): Promise<Pair> {
  return nodes.pair({ quic: LIMITS }, { quic: LIMITS })
}

/** Sends until the stream takes no more for a while, and returns how much it took. */
async function sendUntilStuck (stream: Stream): Promise<number> {
  let sent = 0

  while (true) {
    sent += 16 * KIB

    if (!stream.send(new Uint8Array(16 * KIB)) &&
        !await pEvent(stream, 'drain', { timeout: STUCK_MS }).then(() => true, () => false)) {
      return sent
    }
  }
}

describe('back-pressure', () => {
  promise(5, 'pause() stops the sender, and resume() lets it go on', async (nodes) => {
    const [local, remote] = await openStream(await limitedPair(nodes))
    let received = 0
    remote.addEventListener('message', evt => { received += evt.data.byteLength })
    remote.pause()
    const sent = await sendUntilStuck(local)

    expect(sent).to.be.below(BOUND)
    expect(received).to.equal(0)
    expect(remote.status).to.equal('open')

    remote.resume()
    await local.close()
    await until(() => remote.remoteWriteStatus === 'closed')
    expect(received).to.equal(sent)
  })

  promise(5, 'a stream that nobody has read yet stops its sender, and loses nothing', async (nodes) => {
    const [local, remote] = await openStream(await limitedPair(nodes))
    const sent = await sendUntilStuck(local)

    expect(sent).to.be.below(BOUND)
    expect(remote.readBufferLength).to.be.at.most(128 * KIB)
    expect(remote.status).to.equal('open')
    const [received] = await Promise.all([readAll(remote), local.close()])
    expect(received.byteLength).to.equal(sent)
  }, { quicOnly: 'yamux resets a stream of which 4 MiB lie unread' })

  promise(5, 'with default options as well, a stream that nobody reads stops its sender and stays open', async (nodes) => {
    const [local, remote] = await openStream(await nodes.pair())
    const sent = await sendUntilStuck(local)

    expect(sent).to.be.below(DEFAULT_BOUND)
    expect(remote.readBufferLength).to.be.at.most(512 * KIB)
    expect([local.status, remote.status]).to.deep.equal(['open', 'open'])
    const [received] = await Promise.all([readAll(remote), local.close()])
    expect(received.byteLength).to.equal(sent)
  }, { quicOnly: 'yamux resets a stream of which 4 MiB lie unread' })

  promise(5, 'a stream that is read only after a long time was never aborted for being slow', async (nodes) => {
    const [local, remote] = await openStream(await nodes.pair())
    const data = pattern(16 * MIB)
    const sending = sendAll(local, data)
    await new Promise(resolve => setTimeout(resolve, 3_000))
    expect(remote.status).to.equal('open')
    const [received] = await Promise.all([readAll(remote), sending])

    expect(Buffer.compare(received, data)).to.equal(0)
  }, { quicOnly: 'yamux resets a stream of which 4 MiB lie unread' })

  promise(5, 'a slow loop over a stream stops its sender', async (nodes) => {
    const [local, remote] = await openStream(await limitedPair(nodes))
    const iterator = remote[Symbol.asyncIterator]()
    const first = iterator.next()
    const sent = await sendUntilStuck(local)
    // the first part is the loop's
    expect(sent).to.be.below(BOUND + 64 * KIB)

    let received = (await first).value?.byteLength ?? 0
    const closing = local.close()
    for await (const part of { [Symbol.asyncIterator]: () => iterator }) {
      received += part.byteLength
    }
    await closing
    expect(received).to.equal(sent)
  }, { quicOnly: 'upstream\'s iterator queues without bound' })

  promise(5, 'a handler that pauses in each message gets everything', async (nodes) => {
    const [local, remote] = await openStream(await limitedPair(nodes))
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

  promise(5, 'another stream of the connection goes on beside a paused one', async (nodes) => {
    const pair = await limitedPair(nodes)
    const [paused, pausedRemote] = await openStream(pair)
    pausedRemote.pause()
    await sendUntilStuck(paused)
    const [local, remote] = await openStream(pair)
    const [received] = await Promise.all([readAll(remote), sendAll(local, pattern(2 * MIB))])

    expect(received.byteLength).to.equal(2 * MIB)
  })

  promise(8, 'aborting a stream that is blocked on flow control reaches the peer at once', async (nodes) => {
    const pair = await nodes.pair()
    const elapsed: number[] = []

    // the best of three: others use this machine too
    for (let i = 0; i < 3; i++) {
      const [local, remote] = await openStream(pair)
      remote.pause()
      fill(local)
      await sendUntilStuck(local)
      const closed = closeOf(remote)
      const start = performance.now()
      local.abort(new Error('enough'))
      const { error } = await closed
      elapsed.push(performance.now() - start)

      expect(error).to.have.property('name', 'StreamResetError')
    }

    expect(Math.min(...elapsed)).to.be.below(200)
  })

  promise(8, 'aborting a blocked stream reaches the peer while other streams are blocked as well', async (nodes) => {
    const pair = await limitedPair(nodes)
    const ends = await Promise.all(Array.from({ length: 20 }, async () => openStream(pair)))
    ends.forEach(([local, remote]) => {
      remote.pause()
      fill(local)
    })
    const closes = Promise.all(ends.map(async ([, remote]) => closeOf(remote)))
    ends.forEach(([local]) => { local.abort(new Error('enough')) })
    await closes

    await until(() => pair.remote.streams.length === 0)
    expect(pair.connection.streams).to.be.empty()
  })

  promise(8, `of ${ABORTED_STREAMS.toLocaleString('en')} aborted streams none is left at either end`, async (nodes) => {
    const pair = await nodes.pair()
    const { connection } = pair
    await pair.listener.handle(PROTOCOL, () => {}, { maxInboundStreams: ABORTED_STREAMS })

    for (let i = 0; i < ABORTED_STREAMS; i += AT_ONCE) {
      const streams = await Promise.all(Array.from({ length: AT_ONCE }, async () => {
        return connection.newStream(PROTOCOL, { maxOutboundStreams: ABORTED_STREAMS })
      }))
      streams.forEach((stream, j) => {
        stream.send(new Uint8Array(j * 100))
        stream.abort(new Error('enough'))
      })
    }

    await until(() => pair.remote.streams.length === 0, 20_000)
    expect(pair.connection.streams).to.be.empty()
    // the places of all of them are free again
    const streams = await Promise.all(Array.from({ length: 200 }, async () => openStream(pair)))
    expect(streams.map(([local]) => local.status)).to.not.include('reset')
  }, { timeoutMs: 120_000, quicOnly: 'covered by the two above, and slow' })

  promise(8, `of ${ABORTED_STREAMS.toLocaleString('en')} aborted streams no memory is left`, async () => {
    // a process of its own, as the tests before this one have left their garbage here
    const { stdout, stderr } = await runProgram('abort-program.ts', String(ABORTED_STREAMS))
    expect(stderr).to.equal('')
    const { heapBytes, rssBytes } = JSON.parse(stdout)

    // over the second half
    expect(heapBytes).to.be.below(ABORTED_STREAMS / 2 * HEAP_BYTES)
    expect(rssBytes).to.be.below(ABORTED_STREAMS / 2 * RSS_BYTES)
  }, { timeoutMs: 120_000, quicOnly: 'covered by the two above, and slow' })

  promise(19, '100 unread streams of one peer hold less than 8 MiB in all, and lose nothing', async (nodes) => {
    const pair = await nodes.pair()
    const streams = await Promise.all(Array.from({ length: 100 }, async () => openStream(pair)))
    // both ends live in this process: what is out of the sender and not read is held by the receiver
    const sent = await Promise.all(streams.map(async ([local]) => sendUntilStuck(local)))
    const queued = streams.reduce((sum, [local]) => sum + local.writeBufferLength, 0)
    const held = streams.reduce((sum, [, remote]) => sum + remote.readBufferLength, 0)
    const total = sent.reduce((sum, bytes) => sum + bytes, 0)
    const senderBuffers = 100 * 256 * KIB

    expect(held).to.be.within(1, 8 * MIB)
    expect(total - queued - senderBuffers).to.be.below(8 * MIB)

    const received = await Promise.all(streams.map(async ([local, remote]) => {
      const [bytes] = await Promise.all([readAll(remote), local.close()])

      return bytes.byteLength
    }))
    expect(received).to.deep.equal(sent)
  }, { quicOnly: 'yamux gives each stream a window of its own: 25 MiB', timeoutMs: 60_000 })
})
