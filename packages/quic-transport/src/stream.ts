import { StreamMessageEvent, StreamResetEvent } from '@libp2p/interface'
import { AbstractStream, StreamClosedError } from '@libp2p/utils'
import { raceSignal } from 'race-signal'
import { isUint8ArrayList, Uint8ArrayList } from 'uint8arraylist'
import { QuicConnectionError, QuicStreamResetError, StreamCode, streamCodeFor } from './errors.ts'
import { iterate } from './stream-iterator.ts'
import type { ReadCredit } from './credit.ts'
import type { QuicEndpoint, StreamSink } from './endpoint.ts'
import type { NativeBinding } from './native.ts'
import type { AbortOptions, MessageStreamEvents, StreamCloseEvent } from '@libp2p/interface'
import type { AbstractStreamInit, SendResult } from '@libp2p/utils'

export interface QuicStreamInit extends AbstractStreamInit {
  endpoint: QuicEndpoint
  credit: ReadCredit
  handle: number
}

/** Parts of a list are joined up to this size, so that many small parts cost one call. */
const JOIN_BYTES = 16 * 1024

/**
 * A bidirectional QUIC stream.
 *
 * Writes are copied by the native side at once as far as it has room. What is read is pushed on credit: a stream that
 * nobody reads, or that is paused, holds its credit and no more, and the peer's window closes behind it.
 */
export class QuicStream extends AbstractStream implements StreamSink {
  readonly #endpoint: QuicEndpoint
  readonly #native: NativeBinding
  readonly #credit: ReadCredit
  readonly #handle: number
  /** Bytes delivered whose credit was not yet given to `ReadCredit`. */
  #outstanding = 0
  #hasFin = false
  #isReleased = false
  #endError?: Error
  /** `close()` is under way. */
  #finishing?: Promise<void>

  constructor (init: QuicStreamInit) {
    super(init)

    this.#endpoint = init.endpoint
    this.#native = init.endpoint.native
    this.#credit = init.credit
    this.#handle = init.handle
    this.addEventListener('close', (evt) => { this.#onClose(evt) })
    init.endpoint.adoptStream(init.handle, this)
  }

  /**
   * Why the stream ended, when that was neither `close()` nor the peer's FIN.
   */
  get endError (): Error | undefined {
    return this.#endError
  }

  /**
   * Waits until the stream can take more; each call anew.
   *
   * @throws {StreamClosedError} or the error that ended the stream, and whatever the signal's reason is
   */
  async onDrain (options?: AbortOptions): Promise<void> {
    if (!this.writableNeedsDrain) {
      return
    }

    if (this.writeStatus === 'closed') {
      throw this.#endError ?? new StreamClosedError()
    }

    const drained = Promise.withResolvers<void>()
    const onDrain = (): void => {
      drained.resolve()
    }
    const onClose = (evt: StreamCloseEvent): void => {
      drained.reject(evt.error ?? new StreamClosedError())
    }
    this.addEventListener('drain', onDrain)
    this.addEventListener('close', onClose)

    try {
      await raceSignal(drained.promise, options?.signal)
    } finally {
      this.removeEventListener('drain', onDrain)
      this.removeEventListener('close', onClose)
    }
  }

  /**
   * Sends FIN after everything that was sent. The peer may go on sending. Whoever comes second waits for the same.
   *
   * @throws {Error} the error that ended the stream meanwhile, and whatever the signal's reason is
   */
  async close (options?: AbortOptions): Promise<void> {
    this.#finishing ??= this.#finish(options)

    return raceSignal(this.#finishing, options?.signal)
  }

  async #finish (options?: AbortOptions): Promise<void> {
    // Upstream waits for events of a stream that has ended meanwhile, or rejects with the 'close' event.
    const failed = Promise.withResolvers<void>()
    const onClose = (evt: StreamCloseEvent): void => {
      if (evt.error != null) {
        failed.reject(evt.error)
      }
    }
    this.addEventListener('close', onClose)

    try {
      await Promise.race([super.close(options), failed.promise])
    } catch (err) {
      throw err instanceof Event ? this.#endError ?? new StreamClosedError() : err
    } finally {
      this.removeEventListener('close', onClose)
      this.#finishing = undefined
    }
  }

  [Symbol.asyncIterator] (): AsyncGenerator<Uint8Array | Uint8ArrayList> {
    return iterate(this)
  }

  /** As upstream's, but what nothing waits before goes without a detour through the write buffer. */
  send (data: Uint8Array | Uint8ArrayList): boolean {
    const isFirst = this.writeStatus === 'writable' && !this.writableNeedsDrain && !this.sendingData && this.writeBuffer.byteLength === 0

    // whatever else is passed is refused there before anything is done
    if (!isFirst || !isBytes(data) || data.byteLength === 0) {
      return super.send(data)
    }

    const { sentBytes, canSendMore } = this.#sendOrAbort(data)
    this.writableNeedsDrain = !canSendMore

    if (sentBytes < data.byteLength) {
      return super.send(data instanceof Uint8Array ? data.subarray(sentBytes) : data.sublist(sentBytes))
    }

    return this.listenerCount('idle') === 0 ? canSendMore : this.#tellIdle()
  }

  /** What a listener sends waits until all have been told. */
  #tellIdle (): boolean {
    this.sendingData = true

    try {
      this.safeDispatchEvent('idle')
    } finally {
      this.sendingData = false
    }

    let canSendMore: boolean

    do {
      canSendMore = this.processSendQueue()
    } while (canSendMore && this.writeBuffer.byteLength > 0)

    return canSendMore
  }

  #sendOrAbort (data: Uint8Array | Uint8ArrayList): SendResult {
    try {
      return this.sendData(data)
    } catch (err) {
      this.abort(err instanceof Error ? err : new Error(String(err)))
      throw err
    }
  }

  /** Most often nobody listens, and an event costs more than a write. */
  safeDispatchEvent <Detail> (type: keyof MessageStreamEvents, detail?: CustomEventInit<Detail>): boolean {
    return this.listenerCount(type) === 0 || super.safeDispatchEvent(type, detail)
  }

  sendData (data: Uint8Array | Uint8ArrayList): SendResult {
    const total = data.byteLength
    let sentBytes = 0

    for (const part of partsOf(data)) {
      const accepted = this.#native.streamWrite(this.#handle, part)

      if (accepted === -1) {
        // Stopped by the peer, who wants no more, or ended: an event tells. To throw would abort the stream; to ask for
        // more at once would keep a loop that sends what it may from ever hearing the event.
        setImmediate(() => { this.onWritable() })

        return { sentBytes: total, canSendMore: false }
      }

      sentBytes += accepted
      this.#endpoint.onCommand(accepted)

      if (accepted < part.byteLength) {
        return { sentBytes, canSendMore: false }
      }
    }

    if (sentBytes < total) {
      throw new TypeError('A buffer was detached before it could be sent')
    }

    return { sentBytes, canSendMore: true }
  }

  async sendCloseWrite (): Promise<void> {
    this.#native.streamFinish(this.#handle)
    this.#endpoint.onCommand()
  }

  /**
   * Once stopped, the native side tells nothing more of the read side: the peer's end is taken for granted. Later, so
   * that a caller can await both in turn.
   */
  async sendCloseRead (): Promise<void> {
    this.#native.streamStop(this.#handle, StreamCode.none)
    this.#endpoint.onCommand()
    setImmediate(() => { this.onRemoteCloseWrite() })
  }

  sendReset (err: Error): void {
    const code = streamCodeFor(err)
    this.#native.streamReset(this.#handle, code)
    this.#native.streamStop(this.#handle, code)
    this.#endpoint.onCommand()
  }

  /** Nothing to send: a reader that does not consume returns no credit. */
  sendPause (): void {}

  sendResume (): void {}

  onBytes (bytes: Uint8Array): void {
    this.#outstanding += bytes.byteLength
    this.onData(bytes)
  }

  /** As upstream's, but what nothing waits before goes without a detour through the read buffer. */
  onData (data: Uint8Array | Uint8ArrayList): void {
    const isFirst = this.readStatus === 'readable' && this.remoteWriteStatus !== 'closed' && this.readBuffer.byteLength === 0

    if (!isFirst || data.byteLength === 0 || this.listenerCount('message') === 0) {
      super.onData(data)
      return
    }

    this.dispatchEvent(new StreamMessageEvent(new Uint8ArrayList(data)))

    // ended by a listener
    if (this.remoteWriteStatus === 'closed') {
      this.dispatchReadBuffer()
    } else {
      this.#returnCredit()
    }
  }

  onFin (): void {
    this.#hasFin = true
    this.#returnCredit()
    this.onRemoteCloseWrite()
  }

  /** RESET_STREAM ends libp2p's stream both ways, so our side is reset as well. */
  onReset (code: number): void {
    this.#native.streamReset(this.#handle, StreamCode.none)
    this.#endpoint.onCommand()
    this.#fail(new QuicStreamResetError(code))
  }

  /**
   * STOP_SENDING closes our write side and is no error: go-libp2p's `Close()` sends it along with FIN. The native side
   * has answered with RESET_STREAM (RFC 9000 section 3.5).
   */
  onStopped (): void {
    if (this.writeStatus === 'closed') {
      return
    }

    this.onRemoteCloseRead()

    if (this.writableNeedsDrain) {
      this.safeDispatchEvent('drain')
    }
  }

  /** 'drain' is told when what waited here has gone as well: before that, `send()` would only queue. */
  onWritable (): void {
    if (!this.writableNeedsDrain || this.writeStatus === 'closed') {
      return
    }

    this.writableNeedsDrain = false

    try {
      if (this.processSendQueue()) {
        this.safeDispatchEvent('drain')
      }
    } catch (err) {
      // what waits here can't be sent, for example because a buffer was detached meanwhile
      this.abort(err instanceof Error ? err : new Error(String(err)))
    }
  }

  /** Without an error: this node closed the connection. Only FIN is an end of stream, so otherwise one is missing. */
  onConnectionClosed (err?: Error): void {
    const isDone = this.remoteWriteStatus === 'closed' && this.writeBuffer.byteLength === 0
    const isClean = err instanceof QuicConnectionError && err.isClean

    if (err == null || (isDone && isClean)) {
      this.onTransportClosed()
    } else {
      this.#fail(err)
    }
  }

  /** Every way in which buffered data reaches the reader ends here. */
  protected dispatchReadBuffer (): void {
    super.dispatchReadBuffer()
    this.#returnCredit()
  }

  #returnCredit (): void {
    if (this.#isReleased) {
      return
    }

    // more than was delivered is buffered when the reader has put bytes back
    const consumed = Math.max(0, this.#outstanding - this.readBufferLength)
    this.#outstanding -= consumed

    if (consumed > 0) {
      this.#credit.consume(this.#handle, consumed)
    }

    if (this.#hasFin) {
      // no more data for which it would matter, but the native side keeps the stream until all is returned
      this.#credit.flush(this.#handle)
    }
  }

  /** As an abort, but told as the peer's doing; what was received before can still be read. */
  #fail (err: Error): void {
    if (this.status === 'aborted' || this.status === 'reset' || this.status === 'closed') {
      return
    }

    this.status = 'reset'
    this.writeStatus = 'closed'
    this.remoteWriteStatus = 'closed'
    this.remoteReadStatus = 'closed'
    this.timeline.close = Date.now()
    this.writeBuffer.consume(this.writeBuffer.byteLength)
    this.#endError = err

    if (this.readBuffer.byteLength === 0) {
      this.readStatus = 'closed'
      this.maybeDispatchEnd()
    }

    this.dispatchEvent(new StreamResetEvent(err))
  }

  /** Whatever is still unread lies in JavaScript's memory now: the native side can let go of the stream. */
  #onClose (evt: StreamCloseEvent): void {
    this.#endError ??= evt.error
    this.#isReleased = true
    this.#credit.forget(this.#handle)
    this.#native.streamStop(this.#handle, StreamCode.none)
    this.#endpoint.onCommand()
  }
}

function isBytes (data: unknown): boolean {
  return data instanceof Uint8Array || isUint8ArrayList(data)
}

/** What is written in one call each. */
function partsOf (data: Uint8Array | Uint8ArrayList): Iterable<Uint8Array> {
  if (data instanceof Uint8Array) {
    return [data]
  }

  return data.byteLength <= JOIN_BYTES ? [data.subarray()] : joinParts(data)
}

/** The parts of a list, runs of small ones joined. */
function * joinParts (list: Uint8ArrayList): Generator<Uint8Array> {
  let run: Uint8Array[] = []
  let runBytes = 0

  for (const part of list) {
    if (runBytes > 0 && runBytes + part.byteLength > JOIN_BYTES) {
      yield join(run, runBytes)
      run = []
      runBytes = 0
    }

    run.push(part)
    runBytes += part.byteLength
  }

  yield join(run, runBytes)
}

function join (parts: Uint8Array[], byteLength: number): Uint8Array {
  if (parts.length === 1) {
    return parts[0]
  }

  const joined = new Uint8Array(byteLength)
  let offset = 0

  for (const part of parts) {
    joined.set(part, offset)
    offset += part.byteLength
  }

  return joined
}
