import type { Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'

/**
 * Hands over whatever arrives until the peer's FIN.
 *
 * @throws {Error} the one that closed the stream before that, and what `onData` throws
 */
export async function receiveToEnd (stream: Stream, onData: (data: Uint8Array | Uint8ArrayList) => void): Promise<void> {
  const ended = Promise.withResolvers<void>()

  const onMessage = (evt: StreamMessageEvent): void => {
    try {
      onData(evt.data)
    } catch (err) {
      ended.reject(err)
    }
  }

  const onEnd = (): void => {
    // an abort and a reset end the readable side as well, and then tell their error by 'close'
    if (stream.status !== 'aborted' && stream.status !== 'reset') {
      ended.resolve()
    }
  }

  const onClose = (evt: StreamCloseEvent): void => {
    ended.reject(evt.error ?? new Error('The stream closed before its end was received'))
  }

  stream.addEventListener('message', onMessage)
  stream.addEventListener('end', onEnd)
  stream.addEventListener('close', onClose)

  try {
    if (stream.readableEnded) {
      onEnd()
    }

    await ended.promise
  } finally {
    stream.removeEventListener('message', onMessage)
    stream.removeEventListener('end', onEnd)
    stream.removeEventListener('close', onClose)
  }
}
