import { encodeHeader } from './perf.ts'
import { receiveToEnd } from './receive.ts'
import type { Stream, StreamCloseEvent } from '@libp2p/interface'

/** The same messages on many streams, each turn on all of them, as a publisher does. */
export class PerfFanout {
  readonly #streams: Stream[]

  constructor (streams: Stream[]) {
    this.#streams = streams
  }

  /**
   * Once a stream says that it is full, nothing more is sent on any before its 'drain'.
   *
   * @returns the bytes received, which is none
   * @throws {Error} the one that closed a stream
   */
  async send (messageBytes: number, count: number): Promise<number> {
    const message = new Uint8Array(messageBytes)

    for (const stream of this.#streams) {
      stream.send(encodeHeader(0))
    }

    for (let i = 0; i < count; i++) {
      const full = this.#streams.filter((stream) => !stream.send(message))

      if (full.length > 0) {
        await Promise.all(full.map(drained))
      }
    }

    const received = await Promise.all(this.#streams.map(finish))

    return received.reduce((sum, bytes) => sum + bytes, 0)
  }
}

/** FIN, then the server's, who has read everything by then. */
async function finish (stream: Stream): Promise<number> {
  let receivedBytes = 0

  await Promise.all([
    receiveToEnd(stream, (data) => { receivedBytes += data.byteLength }),
    stream.close()
  ])

  return receivedBytes
}

async function drained (stream: Stream): Promise<void> {
  const drained = Promise.withResolvers<void>()
  const onDrain = (): void => { drained.resolve() }
  const onClose = (evt: StreamCloseEvent): void => { drained.reject(evt.error ?? new Error('The stream closed before it drained')) }

  stream.addEventListener('drain', onDrain)
  stream.addEventListener('close', onClose)

  try {
    await drained.promise
  } finally {
    stream.removeEventListener('drain', onDrain)
    stream.removeEventListener('close', onClose)
  }
}
