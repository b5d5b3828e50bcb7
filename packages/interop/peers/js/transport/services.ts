import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { pattern } from '../streams/pattern.ts'
import { receive, receiveToEnd } from '../streams/receive.ts'
import { send, sendToEnd } from '../streams/send.ts'
import { ENOUGH, FIRST_BYTES, HALF_CLOSE_BYTES, HALF_CLOSE_WAIT_MS, MAX_STREAMS, PROTOCOLS, RESET_WAIT_MS, TRANSFER_BYTES } from './protocols.ts'
import type { Ending } from '../streams/receive.ts'
import type { Implementation } from './implementation.ts'
import type { Node } from './node.ts'
import type { Stream } from '@libp2p/interface'

/** Pieces that an echo holds back while the peer does not read: more abort the stream. */
const MAX_ECHO_BYTES = 1024 * 1024

/** Serves the listener's side of every row. What fails is told on standard error and harms one stream. */
export async function serveRows (node: Node, { reset }: Pick<Implementation, 'reset'>): Promise<void> {
  let observed: { bytes: number } & Ending | { bytes: 0, ended: null, code: null } = { bytes: 0, ended: null, code: null }

  const services: Record<keyof typeof PROTOCOLS, (stream: Stream) => Promise<void>> = {
    echo,
    transfer,
    halfClose,
    stopWriting,
    sink: async (stream) => {
      let bytes = 0
      const ending = await receive(stream, (data) => { bytes += data.byteLength })
      observed = { bytes, ...ending }

      if (ending.ended === 'eof') {
        await stream.close()
      }
    },
    observed: async (stream) => {
      await receiveToEnd(stream, () => {})
      await sendToEnd(stream, [Buffer.from(`${JSON.stringify(observed)}\n`)])
    },
    reset: async (stream) => {
      await firstBytes(stream, 1)
      await send(stream, pattern(FIRST_BYTES))
      await delay(RESET_WAIT_MS)
      reset(stream)
    }
  }

  for (const [name, serve] of Object.entries(services)) {
    const protocol = PROTOCOLS[name as keyof typeof PROTOCOLS]

    await node.handle(protocol, async (stream) => {
      await serve(stream).catch((err) => {
        console.error(`${protocol} - ${err}`)
        stream.abort(err)
      })
    }, { maxInboundStreams: MAX_STREAMS })
  }
}

async function echo (stream: Stream): Promise<void> {
  const received = receiveToEnd(stream, (data) => {
    stream.send(data)

    if (stream.writeBufferLength > MAX_ECHO_BYTES) {
      throw new Error('The peer does not read what it is sent back')
    }
  })
  await received
  await stream.close()
}

async function transfer (stream: Stream): Promise<void> {
  const hash = createHash('sha256')
  await receiveToEnd(stream, (data) => { hash.update(data) })
  await send(stream, [hash.digest()])
  await sendToEnd(stream, pattern(TRANSFER_BYTES))
}

async function halfClose (stream: Stream): Promise<void> {
  await receiveToEnd(stream, () => {})
  await delay(HALF_CLOSE_WAIT_MS)
  await sendToEnd(stream, pattern(HALF_CLOSE_BYTES))
}

async function stopWriting (stream: Stream): Promise<void> {
  await firstBytes(stream, FIRST_BYTES)
  await stream.closeRead()
  await sendToEnd(stream, [Buffer.from(ENOUGH)])
}

/**
 * Waits for the first bytes of a stream and takes whatever has come with them.
 *
 * @throws {Error} when it ends before
 */
async function firstBytes (stream: Stream, bytes: number): Promise<void> {
  const arrived = Promise.withResolvers<void>()
  let left = bytes

  receive(stream, (data) => {
    left -= data.byteLength

    if (left <= 0) {
      arrived.resolve()
    }
  }).then(() => {
    arrived.reject(new Error(`The stream ended with ${left} bytes missing`))
  }, (err) => { arrived.reject(err) })

  await arrived.promise
}
