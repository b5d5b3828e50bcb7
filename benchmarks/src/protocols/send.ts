import type { Stream, StreamCloseEvent } from '@libp2p/interface'

/** Bytes given to one `stream.send()`, unless told otherwise. */
export const SEND_BYTES = 64 * 1024

/**
 * Sends zeros under back-pressure: once `send()` returns false nothing more is sent before 'drain'.
 *
 * Listens for the event because upstream's `stream.onDrain()` resolves at once from its second use on.
 *
 * @throws {Error} the one that closed the stream
 */
export async function sendBytes (stream: Stream, bytes: number, sendSize = SEND_BYTES): Promise<void> {
  const chunk = new Uint8Array(sendSize)
  const sent = Promise.withResolvers<void>()
  let left = bytes
  let isPumping = false

  const pump = (): void => {
    if (isPumping) {
      return
    }

    isPumping = true

    try {
      while (left > 0) {
        const size = Math.min(left, sendSize)
        left -= size

        if (!stream.send(chunk.subarray(0, size))) {
          return
        }
      }

      sent.resolve()
    } catch (err) {
      sent.reject(err)
    } finally {
      isPumping = false
    }
  }

  const onClose = (evt: StreamCloseEvent): void => {
    sent.reject(evt.error ?? new Error(`The stream closed with ${left} bytes left to send`))
  }

  stream.addEventListener('drain', pump)
  stream.addEventListener('close', onClose)

  try {
    pump()
    await sent.promise
  } finally {
    stream.removeEventListener('drain', pump)
    stream.removeEventListener('close', onClose)
  }
}
