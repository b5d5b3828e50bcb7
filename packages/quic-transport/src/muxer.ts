import { MuxerClosedError } from '@libp2p/interface'
import { AbstractStreamMuxer } from '@libp2p/utils'
import { raceSignal } from 'race-signal'
import { ReadCredit } from './credit.ts'
import { QuicStream } from './stream.ts'
import type { QuicConnection } from './connection.ts'
import type { QuicConfig } from './options.ts'
import type { AbortOptions, CreateStreamOptions, EventHandler, Logger, MessageStreamDirection, StreamMuxerEvents, StreamMuxerFactory } from '@libp2p/interface'

/** What `connection.multiplexer` says. */
const PROTOCOL = '/quic-v1'

/**
 * Makes the one muxer of one connection: QUIC brings its own.
 */
export class QuicMuxerFactory implements StreamMuxerFactory<QuicMuxer> {
  readonly protocol = PROTOCOL
  readonly #connection: QuicConnection
  readonly #config: QuicConfig

  constructor (connection: QuicConnection, config: QuicConfig) {
    this.#connection = connection
    this.#config = config
  }

  createStreamMuxer (): QuicMuxer {
    return new QuicMuxer(this.#connection, this.#config)
  }
}

/**
 * The streams of one connection. Streams of the peer are taken from the native side once somebody listens for them;
 * until then they wait there, within the peer's stream limit.
 */
export class QuicMuxer extends AbstractStreamMuxer<QuicStream> {
  readonly #connection: QuicConnection
  readonly #credit: ReadCredit
  readonly #maxReadBufferLength: number
  readonly #streamLog: Logger
  #isAccepting = false
  #closing?: Promise<void>

  constructor (connection: QuicConnection, config: QuicConfig) {
    super(connection, { protocol: PROTOCOL, name: 'muxer' })

    this.#connection = connection
    this.#credit = new ReadCredit(connection.endpoint.native, config.streamCreditBytes, config.connectionCreditBytes)
    // Credit is what bounds the buffer; the window comes on top when the connection is lost. Slack for credit overdrawn.
    this.#maxReadBufferLength = config.streamReceiveWindowBytes + 2 * config.streamCreditBytes
    this.#streamLog = this.log.newScope('stream')
    connection.muxer = this

    if (connection.status !== 'open') {
      this.onTransportClosed()
    }
  }

  addEventListener <K extends keyof StreamMuxerEvents<QuicStream>> (type: K, listener: EventHandler<StreamMuxerEvents<QuicStream>[K]> | null, options?: boolean | AddEventListenerOptions): void {
    super.addEventListener(type, listener, options)

    if (type === 'stream' && !this.#isAccepting) {
      this.#isAccepting = true
      this.#connection.endpoint.native.connectionAccept(this.#connection.handle)
    }
  }

  onIncomingStream (handle: number, quicId: number): void {
    this.onRemoteStream(this.#adopt(handle, quicId, 'inbound'))
  }

  /**
   * Waits for the peer to raise its stream limit where need be.
   *
   * @throws {MuxerClosedError} when the muxer closes meanwhile, and whatever the signal's reason is
   */
  async onCreateStream (options: CreateStreamOptions): Promise<QuicStream> {
    const { endpoint, handle } = this.#connection
    const stream = await endpoint.openStream(handle, options.signal, stream => {
      return this.#adopt(stream, endpoint.native.streamId(stream), 'outbound', options)
    })

    if (this.status !== 'open') {
      const err = new MuxerClosedError()
      stream.abort(err)
      throw err
    }

    return stream
  }

  /**
   * Finishes every stream. Whoever comes second waits for the same. A stream that fails meanwhile is closed as well: it
   * does not keep the others, or the connection, from closing.
   *
   * @throws {Error} the signal's reason when that takes too long: the connection is aborted then, as nothing can be done with it any more
   */
  async close (options?: AbortOptions): Promise<void> {
    try {
      await this.finish(options)
    } catch (err) {
      this.#connection.abort(err instanceof Error ? err : new Error(String(err)))
      throw err
    }
  }

  /** As `close()`, for a caller who aborts the connection by himself. */
  async finish (options?: AbortOptions): Promise<void> {
    this.#closing ??= this.#finishStreams(options)

    return raceSignal(this.#closing, options?.signal)
  }

  onData (): void {}

  /** Streams that are not done end with the connection's error: only FIN is an end of stream. */
  onTransportClosed (err: Error | undefined = this.#connection.endError): void {
    this.status = 'closing'

    for (const stream of [...this.streams]) {
      stream.onConnectionClosed(err)
    }

    this.status = 'closed'
  }

  async #finishStreams (options?: AbortOptions): Promise<void> {
    this.status = 'closing'
    await Promise.allSettled(this.streams.map(async stream => stream.close(options)))
    this.status = 'closed'
  }

  #adopt (handle: number, quicId: number, direction: MessageStreamDirection, options: CreateStreamOptions = {}): QuicStream {
    const { inactivityTimeout, maxReadBufferLength, maxWriteBufferLength } = { ...this.streamOptions, ...options }

    return new QuicStream({
      endpoint: this.#connection.endpoint,
      credit: this.#credit,
      handle,
      id: quicId.toString(),
      direction,
      // one for all: to make a scope costs system calls
      log: this.#streamLog,
      inactivityTimeout,
      maxReadBufferLength: maxReadBufferLength ?? this.#maxReadBufferLength,
      maxWriteBufferLength
    })
  }
}
