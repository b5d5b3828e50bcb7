import { randomBytes } from 'node:crypto'
import { receive } from '../streams/receive.ts'
import type { Connection, Stream } from '@libp2p/interface'

const PROTOCOL = '/ipfs/ping/1.0.0'

/** https://github.com/libp2p/specs/blob/master/ping/ping.md */
const PING_BYTES = 32

/**
 * Pings on one stream that stays open, as go-libp2p does, so that a ping is one round trip. `@libp2p/ping`, which answers
 * in this program, opens a stream for each, and tells whole milliseconds: too few for a loopback.
 */
export class Pinger {
  readonly #stream: Stream
  #answer = Promise.withResolvers<void>()
  #expected = new Uint8Array()
  #missing = 0

  private constructor (stream: Stream) {
    this.#stream = stream
    receive(stream, (data) => { this.#onData(data) })
      .then(({ ended }) => { throw new Error(`The peer ended the stream of pings (${ended})`) })
      .catch((err) => { this.#answer.reject(err) })
    // told by the ping that waits for it, if there is one
    this.#answer.promise.catch(() => {})
  }

  static async open (connection: Connection): Promise<Pinger> {
    return new Pinger(await connection.newStream(PROTOCOL))
  }

  /**
   * @returns milliseconds until the answer
   * @throws {Error} when the stream ends before, or the answer is another one
   */
  async ping (): Promise<number> {
    this.#expected = randomBytes(PING_BYTES)
    this.#missing = PING_BYTES
    const startedMs = performance.now()
    this.#stream.send(this.#expected)
    await this.#answer.promise
    const elapsedMs = performance.now() - startedMs
    this.#answer = Promise.withResolvers()
    this.#answer.promise.catch(() => {})

    return elapsedMs
  }

  async close (): Promise<void> {
    await this.#stream.close()
  }

  #onData (data: Uint8Array): void {
    const offset = PING_BYTES - this.#missing

    if (data.byteLength > this.#missing || !data.every((byte, index) => byte === this.#expected[offset + index])) {
      throw new Error('The answer to a ping is another one')
    }

    this.#missing -= data.byteLength

    if (this.#missing === 0) {
      this.#answer.resolve()
    }
  }
}
