import type { Stream, StreamCloseEvent } from '@libp2p/interface'

/**
 * Sends one piece after the other under back-pressure: once `send()` returns false nothing more is sent before 'drain'.
 *
 * Listens for the event because upstream's `stream.onDrain()` resolves at once from its second use on.
 *
 * @param onSent - told of the bytes of each piece when the stream has taken it
 * @returns whether all was sent; false when the peer wants no more (STOP_SENDING)
 * @throws {Error} the one that closed the stream
 */
export async function send (stream: Stream, pieces: Iterable<Uint8Array>, onSent?: (bytes: number) => void): Promise<boolean> {
  const iterator = pieces[Symbol.iterator]()
  const sent = Promise.withResolvers<boolean>()
  let isPumping = false

  const pump = (): void => {
    if (isPumping) {
      return
    }

    isPumping = true

    try {
      while (stream.remoteReadStatus !== 'closed') {
        const { value, done } = iterator.next()

        if (done === true) {
          sent.resolve(true)
          return
        }

        const canSendMore = stream.send(value)
        onSent?.(value.byteLength)

        if (!canSendMore) {
          return
        }
      }

      sent.resolve(false)
    } catch (err) {
      sent.reject(err)
    } finally {
      isPumping = false
    }
  }

  const onClose = (evt: StreamCloseEvent): void => {
    sent.reject(evt.error ?? new Error('The stream closed before everything was sent'))
  }

  stream.addEventListener('drain', pump)
  stream.addEventListener('close', onClose)

  try {
    pump()

    return await sent.promise
  } finally {
    stream.removeEventListener('drain', pump)
    stream.removeEventListener('close', onClose)
  }
}

/**
 * Sends all of it and then ends this side's writing.
 *
 * @throws {Error} as `send`, and when the peer wants no more before the end
 */
export async function sendToEnd (stream: Stream, pieces: Iterable<Uint8Array>, onSent?: (bytes: number) => void): Promise<void> {
  if (!await send(stream, pieces, onSent)) {
    throw new Error('The peer stopped reading before everything was sent')
  }

  await stream.close()
}
