import type { Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'

/** How the peer's writing ended. */
export interface Ending {
  ended: 'eof' | 'reset'
  /** Of the reset, where the implementation tells it. */
  code: number | null
}

/**
 * Hands over whatever arrives until the peer's writing ends.
 *
 * By events, because the iterator of one of the implementations does not end when it was begun after the end had come.
 *
 * @throws {Error} what the stream or its connection failed with, unless it was a reset by the peer
 */
export async function receive (stream: Stream, onData: (data: Uint8Array) => void): Promise<Ending> {
  const ending = Promise.withResolvers<Ending>()

  const onMessage = (evt: StreamMessageEvent): void => {
    try {
      // of a list the parts one by one: to join them is to copy them
      for (const piece of evt.data instanceof Uint8Array ? [evt.data] : evt.data) {
        onData(piece)
      }
    } catch (err) {
      ending.reject(err)
    }
  }

  const onEnd = (): void => {
    // an abort and a reset end the readable side as well, and then tell their error by 'close'
    if (stream.status !== 'aborted' && stream.status !== 'reset') {
      ending.resolve({ ended: 'eof', code: null })
    }
  }

  const onClose = (evt: StreamCloseEvent): void => {
    const error = evt.error ?? new Error('The stream closed before its end was received')

    if (error.name === 'StreamResetError') {
      ending.resolve({ ended: 'reset', code: resetCode(error) })
    } else {
      ending.reject(error)
    }
  }

  stream.addEventListener('message', onMessage)
  stream.addEventListener('end', onEnd)
  stream.addEventListener('close', onClose)

  try {
    if (stream.readableEnded) {
      onEnd()
    }

    return await ending.promise
  } finally {
    stream.removeEventListener('message', onMessage)
    stream.removeEventListener('end', onEnd)
    stream.removeEventListener('close', onClose)
  }
}

/**
 * As `receive`, where nothing but an end is right.
 *
 * @throws {Error} as `receive`, and when the peer resets the stream
 */
export async function receiveToEnd (stream: Stream, onData: (data: Uint8Array) => void): Promise<void> {
  const { ended, code } = await receive(stream, onData)

  if (ended === 'reset') {
    throw new Error(`The peer reset the stream with code ${code ?? 'unknown'}`)
  }
}

function resetCode (error: Error): number | null {
  return 'resetCode' in error && typeof error.resetCode === 'number' ? error.resetCode : null
}
