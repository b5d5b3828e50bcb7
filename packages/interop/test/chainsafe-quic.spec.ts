import { quic as chainsafeQuic } from '@chainsafe/libp2p-quic'
import { identify } from '@libp2p/identify'
import { quic } from '@quicmesh/quic-transport'
import { expect } from 'aegir/chai'
import { createLibp2p } from 'libp2p'
import type { Libp2p, Stream } from '@libp2p/interface'
import type { Libp2pOptions } from 'libp2p'

const ECHO = '/quicmesh/echo/1.0.0'
const HALF_CLOSE = '/quicmesh/half-close/1.0.0'
const PAYLOAD_BYTES = 1024 * 1024

const implementations: Record<string, NonNullable<Libp2pOptions['transports']>[number]> = {
  quicmesh: quic(),
  chainsafe: chainsafeQuic()
}

for (const [dialer, listener] of [['quicmesh', 'chainsafe'], ['chainsafe', 'quicmesh']]) {
  describe(`QUIC: ${dialer} dials ${listener}`, () => {
    let client: Libp2p
    let server: Libp2p

    beforeEach(async () => {
      [client, server] = await Promise.all([start(dialer, []), start(listener, ['/ip4/127.0.0.1/udp/0/quic-v1'])])
    })

    afterEach(async () => {
      await Promise.all([client.stop(), server.stop()])
    })

    it('proves the peer id and identifies', async () => {
      const identified = new Promise(resolve => {
        client.addEventListener('peer:identify', (evt) => { resolve(evt.detail.peerId.toString()) })
      })
      const connection = await client.dial(server.getMultiaddrs())

      expect(connection.remotePeer.equals(server.peerId)).to.equal(true)
      expect(await identified).to.equal(server.peerId.toString())
    })

    it('echoes 1 MiB intact', async () => {
      await server.handle(ECHO, (stream) => { void echo(stream) })
      const sent = pattern(PAYLOAD_BYTES)
      const stream = await client.dialProtocol(server.getMultiaddrs(), ECHO)
      const received = read(stream)
      await write(stream, sent)
      await stream.close()

      expect(Buffer.compare(await received, sent)).to.equal(0)
    })

    it('lets the reader answer after the writer has closed', async () => {
      await server.handle(HALF_CLOSE, async (stream) => {
        const request = await read(stream)
        await write(stream, Buffer.from(`${request.byteLength} bytes`))
        await stream.close()
      })
      const stream = await client.dialProtocol(server.getMultiaddrs(), HALF_CLOSE)
      const answer = read(stream)
      await write(stream, pattern(100_000))
      await stream.close()

      expect((await answer).toString()).to.equal('100000 bytes')
    })

    it('runs 32 streams at once', async () => {
      await server.handle(ECHO, (stream) => { void echo(stream) })
      const connection = await client.dial(server.getMultiaddrs())
      const answers = await Promise.all(Array.from({ length: 32 }, async (_, index) => {
        const stream = await connection.newStream(ECHO)
        const received = read(stream)
        await write(stream, Buffer.from(`stream ${index}`))
        await stream.close()

        return (await received).toString()
      }))

      expect(answers).to.deep.equal(answers.map((_, index) => `stream ${index}`))
    })
  })
}

async function start (implementation: string, listen: string[]): Promise<Libp2p> {
  return createLibp2p({
    addresses: { listen },
    transports: [implementations[implementation]],
    services: { identify: identify() }
  })
}

async function echo (stream: Stream): Promise<void> {
  for await (const data of stream) {
    await write(stream, data.subarray())
  }

  await stream.close()
}

async function read (stream: Stream): Promise<Buffer> {
  const chunks: Uint8Array[] = []

  for await (const data of stream) {
    chunks.push(data.subarray())
  }

  return Buffer.concat(chunks)
}

async function write (stream: Stream, data: Uint8Array): Promise<void> {
  if (!stream.send(data)) {
    // not `onDrain()`, which resolves at once after its first use
    await new Promise((resolve, reject) => {
      stream.addEventListener('drain', resolve, { once: true })
      stream.addEventListener('close', reject, { once: true })
    })
  }
}

/** Bytes whose order and loss show. */
function pattern (length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 31) >> 3))
}
