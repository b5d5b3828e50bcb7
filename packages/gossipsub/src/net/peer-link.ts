/** What we hold of one peer, however many connections there are to it: one stream each way and what waits on either side. */
import { FrameDecoder } from '../wire/frame-decoder.ts'
import type { Inbox } from './inbox.ts'
import type { Outbox } from './outbox.ts'
import type { PeerIdStr } from '../router/events.ts'
import type { FrameBuffers } from '../wire/frame-buffers.ts'
import type { PeerId, Stream, StreamMessageEvent } from '@libp2p/interface'

/**
 * What the buffer of a paused stream may hold: the largest receive window of known muxers, since what is in flight when we pause still
 * arrives, and exceeding the buffer would reset the stream.
 */
const MAX_READ_BUFFER_BYTES = 16 * 1_024 * 1_024

/** How long a stream that we close may take to send what it holds and to be closed by the other end. */
const CLOSE_TIMEOUT_MS = 1_000

export interface PeerLinkInit {
  id: PeerIdStr
  peerId: PeerId
  maxFrameBytes: number
  /** Shared by all peers. */
  frameBuffers: FrameBuffers
  /** Whether large frames are given to the inbox in their pieces, too. */
  keepsPieces: boolean
  createInbox(link: PeerLink): Inbox
  createOutbox(link: PeerLink): Outbox
  /** The bytes of the inbound stream are no frames: it has been reset. */
  onBadFrame(link: PeerLink, err: Error): void
}

export class PeerLink {
  readonly id: PeerIdStr
  /** The same object for as long as the peer is known. */
  readonly peerId: PeerId
  readonly inbox: Inbox
  readonly outbox: Outbox
  readonly #init: PeerLinkInit
  #inbound?: Stream
  #outbound?: Stream

  /** Attempts to open the outbound stream since it was last seen to work. */
  attempts = 0
  openedAtMs = 0
  isOpening = false
  /** False while the peer cannot be written to and the router was told that it is gone. */
  isReachable = true
  /** Aborted when the peer is forgotten. */
  readonly gone = new AbortController()
  retryTimer?: NodeJS.Timeout

  constructor (init: PeerLinkInit) {
    this.#init = init
    this.id = init.id
    this.peerId = init.peerId
    this.inbox = init.createInbox(this)
    this.outbox = init.createOutbox(this)
  }

  get inbound (): Stream | undefined {
    return this.#inbound
  }

  get outbound (): Stream | undefined {
    return this.#outbound
  }

  /** Read from this stream from now on; an older one is reset. */
  read (stream: Stream): void {
    const older = this.#inbound
    const decoder = new FrameDecoder(this.#init.maxFrameBytes, this.#init.frameBuffers, this.#init.keepsPieces)
    this.#inbound = stream
    older?.abort(new Error('The peer opened a newer stream'))
    stream.maxReadBufferLength = Math.max(stream.maxReadBufferLength, MAX_READ_BUFFER_BYTES)

    stream.addEventListener('message', (evt) => { this.#onData(stream, decoder, evt) })
    // not before all is read: a paused stream holds what came before its end
    const release = (): void => {
      if (this.#inbound === stream && isOver(stream) && stream.readBufferLength === 0) {
        this.#inbound = undefined
      }
    }
    stream.addEventListener('end', () => {
      void closeStream(stream)
      release()
    })
    stream.addEventListener('close', release)

    if (this.inbox.isPaused) {
      this.pauseReading()
    }
  }

  /** Write to this stream from now on. */
  write (stream: Stream, onClose: () => void): void {
    this.#outbound = stream
    this.outbox.attach(stream)

    stream.addEventListener('close', () => {
      if (this.#outbound === stream) {
        this.#outbound = undefined
        this.outbox.detach()
        onClose()
      }
    })
  }

  pauseReading (): void {
    if (this.#inbound?.readStatus === 'readable') {
      this.#inbound.pause()
    }
  }

  resumeReading (): void {
    if (this.#inbound?.readStatus === 'paused') {
      this.#inbound.resume()
    }
  }

  /** Wait until everything that waits for the peer is handed to its stream, a second at most. */
  async drained (): Promise<void> {
    const drained = Promise.withResolvers<void>()
    const timer = setTimeout(drained.resolve, CLOSE_TIMEOUT_MS)
    this.outbox.onceEmpty(drained.resolve)

    try {
      await drained.promise
    } finally {
      clearTimeout(timer)
    }
  }

  /** Let go of both streams; what has been handed to the outbound one is still sent. */
  async close (): Promise<void> {
    const outbound = this.#outbound
    const inbound = this.#inbound
    this.#outbound = undefined
    this.#inbound = undefined
    clearTimeout(this.retryTimer)
    this.gone.abort()
    this.outbox.clear()
    this.inbox.clear()
    inbound?.abort(new Error('Pubsub with this peer has ended'))

    if (outbound != null) {
      await closeStream(outbound)
    }
  }

  #onData (stream: Stream, decoder: FrameDecoder, evt: StreamMessageEvent): void {
    // bytes of a stream that was replaced may still arrive
    if (this.#inbound !== stream) {
      return
    }

    try {
      for (const frame of decoder.push(evt.data)) {
        this.inbox.push(frame, decoder.takePieces(frame))

        if (this.inbox.isEmpty) {
          decoder.recycle(frame)
        }
      }
    } catch (err) {
      this.#onBadFrame(stream, err instanceof Error ? err : new Error(String(err)))
      return
    }

    if (decoder.failure != null) {
      this.#onBadFrame(stream, decoder.failure)
    }
  }

  #onBadFrame (stream: Stream, err: Error): void {
    this.#inbound = undefined
    stream.abort(err)
    this.#init.onBadFrame(this, err)
  }
}

/** End our side, then wait for the other end to do the same: resetting the stream at once could lose what is on its way. */
async function closeStream (stream: Stream): Promise<void> {
  const closed = Promise.withResolvers<void>()
  const onClose = (): void => { closed.resolve() }
  const timer = setTimeout(() => { stream.abort(new Error(`The stream did not close within ${CLOSE_TIMEOUT_MS} ms`)) }, CLOSE_TIMEOUT_MS)
  stream.addEventListener('close', onClose)

  try {
    await stream.close()

    if (!isOver(stream)) {
      await closed.promise
    }
  } catch (err) {
    stream.abort(err instanceof Error ? err : new Error(String(err)))
  } finally {
    clearTimeout(timer)
    stream.removeEventListener('close', onClose)
  }
}

function isOver (stream: Stream): boolean {
  return stream.status === 'closed' || stream.status === 'aborted' || stream.status === 'reset'
}
