import { expect } from 'aegir/chai'
import { openStream, readAll, until } from '../fixtures/nodes.ts'
import { promise } from '../fixtures/promise.ts'

const PROTOCOL = '/test/1.0.0'
const EARLY = 20

describe('opening of streams', () => {
  promise(6, 'streams of the peer that opens them while an async gater thinks are served', async (nodes) => {
    const asked = Promise.withResolvers<void>()
    const decided = Promise.withResolvers<boolean>()
    const listener = await nodes.listen({
      connectionGater: {
        denyInboundUpgradedConnection: async () => {
          asked.resolve()

          return decided.promise
        }
      }
    })
    const dialer = await nodes.create()
    let served = 0
    await listener.handle(PROTOCOL, async (stream) => {
      served++
      stream.send(await readAll(stream))
      await stream.close()
    }, { maxInboundStreams: EARLY })

    const connection = await dialer.dial(listener.getMultiaddrs())
    const echoes = Promise.all(Array.from({ length: EARLY }, async (_, i) => {
      const stream = await connection.newStream(PROTOCOL, { maxOutboundStreams: EARLY })
      const echo = readAll(stream)
      stream.send(Uint8Array.of(i))
      await stream.close()

      return echo
    }))

    await asked.promise
    await until(() => connection.streams.length === EARLY)
    // no event tells that their first bytes have arrived: the listener does not look at them before the gater has decided
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(served).to.equal(0)
    decided.resolve(false)

    expect((await echoes).map(([byte]) => byte)).to.deep.equal(Array.from({ length: EARLY }, (_, i) => i))
  }, { quicOnly: 'the dial waits for the muxer\'s negotiation, which waits for the gater' })

  promise(6, 'streams are served after an async gater has thought', async (nodes) => {
    const { connection, listener } = await nodes.pair({}, {
      connectionGater: { denyInboundUpgradedConnection: async () => new Promise(resolve => { setImmediate(resolve, false) }) }
    })
    await listener.handle(PROTOCOL, async (stream) => {
      stream.send(await readAll(stream))
      await stream.close()
    })
    const stream = await connection.newStream(PROTOCOL)
    const echo = readAll(stream)
    stream.send(Uint8Array.of(7))
    await stream.close()

    expect(await echo).to.equalBytes(Uint8Array.of(7))
  })

  promise(10, 'newStream obeys its signal at the peer\'s stream limit, and works again when a stream is freed', async (nodes) => {
    const pair = await nodes.pair({}, { quic: { maxInboundStreams: 4 } })
    const streams = await Promise.all(Array.from({ length: 4 }, async () => openStream(pair)))
    const controller = new AbortController()
    const blocked = pair.connection.newStream(PROTOCOL, { signal: controller.signal, maxOutboundStreams: 10 })
    setImmediate(() => { controller.abort() })
    await expect(blocked).to.eventually.be.rejected.with.property('name', 'AbortError')

    const waiting = openStream(pair)
    const [[local, remote]] = streams
    await Promise.all([local.close(), remote.close()])
    const [fifth] = await waiting

    expect(fifth.status).to.equal('open')
  }, { quicOnly: 'yamux has no credit for streams: the peer resets what is too many' })

  promise(10, 'newStream at the peer\'s stream limit fails when the connection closes', async (nodes) => {
    const pair = await nodes.pair({}, { quic: { maxInboundStreams: 4 } })
    await Promise.all(Array.from({ length: 4 }, async () => openStream(pair)))
    const blocked = pair.connection.newStream(PROTOCOL, { maxOutboundStreams: 10 }).then(() => undefined, err => err)
    setImmediate(() => { pair.remote.abort(new Error('enough')) })

    expect(await blocked).to.be.an('error')
  }, { quicOnly: 'yamux has no credit for streams' })

  promise(10, 'a hundred calls of newStream wait at the limit and are served in turn', async (nodes) => {
    const { connection, listener } = await nodes.pair({}, { quic: { maxInboundStreams: 4 } })
    await listener.handle(PROTOCOL, async (stream) => {
      stream.send(await readAll(stream))
      await stream.close()
    }, { maxInboundStreams: 200 })

    const echoes = await Promise.all(Array.from({ length: 100 }, async (_, i) => {
      const stream = await connection.newStream(PROTOCOL, { maxOutboundStreams: 200 })
      const echo = readAll(stream)
      stream.send(Uint8Array.of(i))
      await stream.close()

      return echo
    }))

    expect(echoes.map(([byte]) => byte)).to.deep.equal(Array.from({ length: 100 }, (_, i) => i))
  })

  promise(14, 'an id is the same at both ends, and no other stream of the connection has it', async (nodes) => {
    const pair = await nodes.pair()
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

  promise(14, 'ids of streams that both ends open at once are all different', async (nodes) => {
    const pair = await nodes.pair()
    const options = { maxInboundStreams: 300, maxOutboundStreams: 300 }
    await Promise.all([pair.dialer, pair.listener].map(async node => node.handle(PROTOCOL, () => {}, options)))
    const streams = await Promise.all(Array.from({ length: 200 }, async (_, i) => {
      return (i % 2 === 0 ? pair.connection : pair.remote).newStream(PROTOCOL, options)
    }))

    expect(new Set(streams.map(({ id }) => id))).to.have.property('size', 200)
    expect(streams.map(({ id }) => id).join()).to.match(/^[\d,]+$/)
  })
})
