import { beginOtherWork } from '../processes/other-work.ts'
import { receiveToEnd } from './receive.ts'
import type { OtherWorkTally } from '../processes/other-work.ts'
import type { AbortOptions, Connection, Stream } from '@libp2p/interface'

/** The client sends a byte of percent. The server answers with a line feed, works until the client's FIN, and tells its tally as JSON. */
export const OTHER_WORK_PROTOCOL = '/quicmesh-bench/other-work/1.0.0'

/** The server's side: does that work. It ends with a stream that fails, too. */
export async function serveOtherWork (stream: Stream): Promise<void> {
  let end: (() => OtherWorkTally) | undefined
  let tally: OtherWorkTally | undefined

  try {
    await receiveToEnd(stream, (data) => {
      end ??= beginOtherWork(data.subarray()[0])
      stream.send(encode('\n'))
    })
  } finally {
    tally = end?.()
  }

  stream.send(encode(JSON.stringify(tally)))
  await stream.close()
}

/** The client's side: what the server has to do beside what is measured. */
export class OtherWork {
  readonly #stream: Stream
  readonly #begun = Promise.withResolvers<void>()
  readonly #ended: Promise<void>
  #text = ''

  constructor (stream: Stream) {
    const decoder = new TextDecoder()

    this.#stream = stream
    this.#ended = receiveToEnd(stream, (data) => {
      this.#text += decoder.decode(data.subarray(), { stream: true })
      this.#begun.resolve()
    })
    // told by whoever waits for the one or the other
    this.#ended.catch((err) => { this.#begun.reject(err) })
  }

  /**
   * Resolves when the server is at it. The signal bounds that and `end()`.
   *
   * @throws {Error} of the signal or of the stream
   */
  static async begin (connection: Connection, percent: number, { signal }: AbortOptions = {}): Promise<OtherWork> {
    const stream = await connection.newStream(OTHER_WORK_PROTOCOL, { signal })
    signal?.addEventListener('abort', () => { stream.abort(signal.reason) })
    const work = new OtherWork(stream)
    stream.send(Uint8Array.of(percent))
    await work.#begun.promise

    return work
  }

  async end (): Promise<OtherWorkTally> {
    await Promise.all([this.#ended, this.#stream.close()])

    return JSON.parse(this.#text)
  }
}

function encode (text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
