import { receiveToEnd } from './receive.ts'
import type { Stream } from '@libp2p/interface'

export const ECHO_PROTOCOL = '/quicmesh-bench/echo/1.0.0'

/** As many as libp2p's ping. */
export const ECHO_BYTES = 32

/**
 * Sends back whatever arrives, at once and in the pieces in which it came, until the client's FIN. The client has one
 * message on the way at a time, so there is nothing to wait for between sends.
 */
export async function serveEcho (stream: Stream, onPayload: (bytes: number) => void): Promise<void> {
  await receiveToEnd(stream, (data) => {
    onPayload(data.byteLength)
    stream.send(data)
  })

  await stream.close()
}

/** One message on the way at a time. */
export class EchoClient {
  readonly #stream: Stream
  readonly #message = new Uint8Array(ECHO_BYTES)
  #awaitedBytes = 0
  #answered = Promise.withResolvers<void>()

  constructor (stream: Stream) {
    this.#stream = stream

    receiveToEnd(stream, (data) => { this.#onData(data.byteLength) })
      .then(() => { throw new Error('The server ended the stream') })
      .catch((err) => {
        this.#answered.promise.catch(() => {})
        this.#answered.reject(err)
      })
  }

  /**
   * @throws {Error} what ended the stream
   */
  async roundTrip (): Promise<void> {
    this.#answered = Promise.withResolvers()
    this.#awaitedBytes = ECHO_BYTES
    this.#stream.send(this.#message)
    await this.#answered.promise
  }

  #onData (bytes: number): void {
    this.#awaitedBytes -= bytes

    if (this.#awaitedBytes < 0) {
      throw new RangeError(`${-this.#awaitedBytes} bytes more than were sent came back`)
    }

    if (this.#awaitedBytes === 0) {
      this.#answered.resolve()
    }
  }
}

/**
 * One echo and the end of the stream in both directions.
 *
 * @returns the bytes that came back
 * @throws {Error} what ended the stream
 */
export async function echoOnce (stream: Stream): Promise<number> {
  const echoed = Promise.withResolvers<void>()
  let receivedBytes = 0

  const received = receiveToEnd(stream, (data) => {
    receivedBytes += data.byteLength

    if (receivedBytes >= ECHO_BYTES) {
      echoed.resolve()
    }
  })
  stream.send(new Uint8Array(ECHO_BYTES))
  await Promise.race([echoed.promise, received])
  await Promise.all([received, stream.close()])

  return receivedBytes
}
