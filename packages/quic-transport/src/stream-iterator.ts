import type { QuicStream } from './stream.ts'
import type { StreamMessageEvent } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'

/**
 * What a stream receives, in order, until the peer's FIN.
 *
 * Unlike upstream's iterator it pauses the stream while the consumer is busy, so that a slow loop slows the sender; it
 * ends when it was begun after FIN or close had come; and it throws what the stream failed with after what was received.
 */
export async function * iterate (stream: QuicStream): AsyncGenerator<Uint8Array | Uint8ArrayList> {
  const queue: Array<Uint8Array | Uint8ArrayList> = []
  let isClosed = stream.status !== 'open'
  let isHeld = false
  let news = Promise.withResolvers<void>()

  const onMessage = (evt: StreamMessageEvent): void => {
    queue.push(evt.data)
    news.resolve()

    if (stream.readStatus === 'readable') {
      isHeld = true
      stream.pause()
    }
  }
  const release = (): void => {
    // once it is closed, a pause holds nobody back but the reader
    if ((isHeld || isClosed) && stream.readStatus === 'paused') {
      isHeld = false
      stream.resume()
    }
  }
  const onEnd = (): void => {
    news.resolve()
  }
  const onClose = (): void => {
    isClosed = true
    news.resolve()
  }

  stream.addEventListener('message', onMessage)
  stream.addEventListener('end', onEnd)
  stream.addEventListener('close', onClose)

  try {
    while (true) {
      release()
      const next = queue.shift()

      if (next != null) {
        yield next
      } else if ((stream.readableEnded || isClosed) && stream.readBufferLength === 0) {
        // what was handed back after the end, by `push()`, is still to come otherwise
        break
      } else {
        await news.promise
        news = Promise.withResolvers()
      }
    }

    if (stream.endError != null) {
      throw stream.endError
    }
  } finally {
    stream.removeEventListener('message', onMessage)
    stream.removeEventListener('end', onEnd)
    stream.removeEventListener('close', onClose)
    release()
  }
}
