import { closedLocally, connectionEnd, ConnectionCode } from './errors.ts'
import { NativeEvent, RECORD_STRIDE } from './native.ts'
import { Requests } from './requests.ts'
import { Slab } from './slab.ts'
import type { QuicConnectionError } from './errors.ts'
import type { SocketAddress } from './multiaddr.ts'
import type { NativeBinding, NativeEndpointConfig, NativeEndpointStats } from './native.ts'
import type { Logger } from '@libp2p/interface'

/** What an endpoint tells the owner of a connection. */
export interface ConnectionSink {
  onIncomingStream (stream: number, quicId: number): void
  /** The connection is gone. Comes once, after everything else about it and its streams. */
  onClosed (end: QuicConnectionError): void
  /** Ends it gracefully if the signal allows, hard otherwise. Never rejects. */
  shutdown (signal: AbortSignal): Promise<void>
}

/** What an endpoint tells the owner of a stream. */
export interface StreamSink {
  onBytes (bytes: Uint8Array): void
  onFin (): void
  onReset (code: number): void
  onStopped (code: number): void
  onWritable (): void
}

export interface QuicEndpointInit {
  native: NativeBinding
  config: NativeEndpointConfig
  log: Logger
  /** An inbound handshake is done. The owner must `adoptConnection` or close it. */
  onIncoming?(connection: number): void
  /** Whether a handshake is unwanted; needed when the configuration says that handshakes are gated. */
  denyHandshake?(remote: SocketAddress): boolean | Promise<boolean>
  /** What is left of its connections is about to be closed: `stats()` answers for the last time. */
  onClosing?(): void
}

/** Records taken in one call of `drain`. */
const RECORDS_PER_DRAIN = 256

/** Calls of `drain` in one turn of the loop; then timers and other sockets have theirs. */
const DRAINS_PER_TURN = 4

/** After a drain that failed, for want of memory say. */
const DRAIN_RETRY_MS = 100

/** Written bytes that do not wait for the end of the turn: the peer shall not wait for a long one. */
const FLUSH_BYTES = 64 * 1024

/** How long connections may take to flush when their endpoint closes. */
const GRACE_MS = 400

/** When the native side does not say that an endpoint is closed, which takes it 100 ms. */
const CLOSED_TIMEOUT_MS = 500

/** The longest that a timer can be. */
const FOREVER_MS = 0x7fff_ffff

const textDecoder = new TextDecoder()

/**
 * One UDP socket: dials and accepts, drains the native events and gives each to its connection, stream or request.
 */
export class QuicEndpoint {
  readonly native: NativeBinding
  readonly address: SocketAddress

  readonly #handle: number
  readonly #config: NativeEndpointConfig
  readonly #log: Logger
  readonly #onIncoming?: (connection: number) => void
  readonly #denyHandshake?: (remote: SocketAddress) => boolean | Promise<boolean>
  readonly #onClosing?: () => void
  readonly #connections = new Map<number, ConnectionSink>()
  readonly #streams = new Map<number, StreamSink>()
  readonly #requests: Requests
  readonly #records = new Float64Array(RECORDS_PER_DRAIN * RECORD_STRIDE)
  readonly #slab = new Slab()
  readonly #closed = Promise.withResolvers<void>()
  #closing?: Promise<void>
  #isListening: boolean
  #unflushedBytes = 0
  #willFlush = false
  #keepAlive?: NodeJS.Timeout

  /**
   * Binds the socket.
   *
   * @throws {Error} with the `code` of the operating system or of the binding
   */
  constructor (init: QuicEndpointInit) {
    this.native = init.native
    this.#config = init.config
    this.#log = init.log
    this.#onIncoming = init.onIncoming
    this.#denyHandshake = init.denyHandshake
    this.#onClosing = init.onClosing
    this.#isListening = init.config.isListening
    this.#handle = init.native.endpointCreate(init.config, () => { this.#drain() })
    this.#requests = new Requests({
      cancel: (request) => { init.native.cancel(this.#handle, request) },
      onChange: () => { this.#updateKeepAlive() }
    })
    this.address = {
      ...init.native.endpointAddress(this.#handle),
      family: init.config.address.includes(':') ? 6 : 4
    }
    this.#updateKeepAlive()
  }

  get isOpen (): boolean {
    return this.#closing == null
  }

  get connectionCount (): number {
    return this.#connections.size
  }

  /** What it has counted; null once it is closed. */
  stats (): NativeEndpointStats | null {
    return this.native.endpointStats(this.#handle)
  }

  /**
   * Connects. `adopt` is called in the turn in which the handshake is done, before any other event of the connection.
   *
   * @throws {QuicConnectionError} when it fails, and whatever the signal's reason is
   */
  async dial <T> (to: SocketAddress, expectedPeer: Uint8Array | undefined, signal: AbortSignal, adopt: (connection: number) => T): Promise<T> {
    if (!this.isOpen) {
      throw closedLocally('the endpoint is closed')
    }

    return this.#requests.start(signal, adopt, request => {
      this.native.dial(this.#handle, request, to.address, to.port, expectedPeer, this.#config.handshakeTimeoutMs)
    })
  }

  /** Opens a stream, at once where the peer's limit allows. `adopt` as in `dial`. */
  async openStream <T> (connection: number, signal: AbortSignal | undefined, adopt: (stream: number) => T): Promise<T> {
    return this.#requests.start(signal, adopt, request => {
      const stream = this.native.connectionOpenStream(connection, request)

      if (stream > 0) {
        this.#requests.settle(request, stream)
      } else if (stream < 0) {
        this.#requests.fail(request, closedLocally('the connection is closed'))
      }
    }, connection)
  }

  /** Waits until all bytes of all finished streams are acknowledged, or the connection is gone. */
  async flush (connection: number, signal: AbortSignal): Promise<void> {
    return this.#requests.start(signal, () => {}, request => {
      this.native.connectionFlush(connection, request)
    }, connection)
  }

  /**
   * Something was written to a stream of this endpoint, or a stream was finished, reset or stopped: it leaves at the end of
   * this turn of the loop, with all else that the turn writes.
   */
  onCommand (bytes = 0): void {
    this.#unflushedBytes += bytes

    if (this.#unflushedBytes >= FLUSH_BYTES) {
      this.#flush()
    } else if (!this.#willFlush) {
      this.#willFlush = true
      process.nextTick(this.#flushAtEndOfTurn)
    }
  }

  readonly #flushAtEndOfTurn = (): void => {
    this.#willFlush = false
    this.#flush()
  }

  #flush (): void {
    this.#unflushedBytes = 0
    this.native.endpointFlush(this.#handle)
  }

  adoptConnection (connection: number, sink: ConnectionSink): void {
    this.#connections.set(connection, sink)
    this.#updateKeepAlive()
  }

  adoptStream (stream: number, sink: StreamSink): void {
    this.#streams.set(stream, sink)
  }

  /**
   * Stops accepting, lets connections flush for a moment, closes what is left of them with the code, and frees the
   * port. Takes less than a second whatever peers do.
   */
  async close (code: number): Promise<void> {
    this.#closing ??= this.#close(code)

    return this.#closing
  }

  async #close (code: number): Promise<void> {
    this.native.endpointListen(this.#handle, false)
    this.#requests.failAll(({ connection }) => connection == null, closedLocally('the endpoint is closing'))
    const grace = AbortSignal.timeout(GRACE_MS)
    await Promise.all([...this.#connections.values()].map(async connection => connection.shutdown(grace)))

    this.#requests.failAll(() => true, closedLocally('the endpoint is closing'))
    this.#onClosing?.()
    this.native.endpointClose(this.#handle, code)
    const timer = setTimeout(this.#closed.resolve, CLOSED_TIMEOUT_MS)
    await this.#closed.promise
    clearTimeout(timer)

    for (const connection of [...this.#connections.keys()]) {
      this.#onConnectionClosed(connection, closedLocally('the endpoint is closed'))
    }

    this.#streams.clear()
    this.#isListening = false
    this.#updateKeepAlive()
  }

  /** Called by the native side; what escapes from here ends the process. */
  #drain (): void {
    try {
      for (let i = 0; i < DRAINS_PER_TURN; i++) {
        if (!this.#drainOnce()) {
          return
        }
      }

      setImmediate(() => { this.#drain() })
    } catch (err) {
      this.#log.error('could not drain native events - %e', err)
      // no wake-up comes for what still waits
      setTimeout(() => { this.#drain() }, DRAIN_RETRY_MS)
    }
  }

  /** True: more events wait. */
  #drainOnce (): boolean {
    const result = this.native.drain(this.#handle, this.#records, this.#slab.bytes, this.#slab.offset)
    const count = Math.floor(result / 2)
    const hasMore = result % 2 === 1
    const records = this.#records
    this.#slab.rewind()

    for (let i = 0; i < count * RECORD_STRIDE; i += RECORD_STRIDE) {
      const bytes = this.#slab.take(records[i + 4])

      try {
        this.#dispatch(records[i], records[i + 1], records[i + 2], records[i + 3], bytes)
      } catch (err) {
        this.#log.error('could not handle native event %d of %d - %e', records[i], records[i + 1], err)
      }
    }

    this.#slab.settle(hasMore && count === 0)

    return hasMore
  }

  #dispatch (kind: number, handle: number, a: number, b: number, bytes: Uint8Array): void {
    switch (kind) {
      case NativeEvent.data:
      case NativeEvent.fin:
      case NativeEvent.reset:
      case NativeEvent.stopped:
      case NativeEvent.writable:
        this.#dispatchToStream(kind, this.#streams.get(handle), a, bytes)
        break
      case NativeEvent.streamClosed:
        this.#streams.delete(handle)
        break
      case NativeEvent.streamIncoming:
        this.#connections.get(handle)?.onIncomingStream(a, b)
        break
      case NativeEvent.incoming:
        this.#onIncomingConnection(handle)
        break
      case NativeEvent.gate:
        this.#decide(handle, { address: textDecoder.decode(bytes), port: a, family: this.address.family })
        break
      case NativeEvent.connectionClosed:
        this.#onConnectionClosed(handle, connectionEnd(a, b, textDecoder.decode(bytes)))
        break
      case NativeEvent.endpointClosed:
        this.#onEnded()
        break
      default:
        this.#dispatchToRequest(kind, handle, a, b, bytes)
    }
  }

  #dispatchToStream (kind: number, stream: StreamSink | undefined, code: number, bytes: Uint8Array): void {
    switch (kind) {
      case NativeEvent.data:
        stream?.onBytes(bytes)
        break
      case NativeEvent.fin:
        stream?.onFin()
        break
      case NativeEvent.reset:
        stream?.onReset(code)
        break
      case NativeEvent.stopped:
        stream?.onStopped(code)
        break
      default:
        stream?.onWritable()
    }
  }

  /** What comes for a request that was given up is released. */
  #dispatchToRequest (kind: number, request: number, a: number, b: number, bytes: Uint8Array): void {
    switch (kind) {
      case NativeEvent.dialed:
        this.#onDialed(request, a)
        break
      case NativeEvent.dialFailed:
        this.#requests.fail(request, connectionEnd(a, b, textDecoder.decode(bytes)))
        break
      case NativeEvent.streamOpened:
        if (!this.#requests.settle(request, a)) {
          this.native.streamReset(a, 0)
          this.native.streamStop(a, 0)
          this.onCommand()
        }
        break
      case NativeEvent.streamFailed:
        this.#requests.fail(request, closedLocally('the connection is closed'))
        break
      case NativeEvent.flushed:
        this.#requests.settle(request, 0)
        break
      default:
        this.#log.error('unknown native event %d', kind)
    }
  }

  #onDialed (request: number, connection: number): void {
    if (this.native.connectionInfo(connection) == null) {
      // The peer has closed it already: the event that says why is in the same batch.
      this.adoptConnection(connection, {
        onIncomingStream: () => {},
        onClosed: (end) => { this.#requests.fail(request, end) },
        shutdown: async () => {}
      })
    } else if (!this.#requests.settle(request, connection)) {
      this.native.connectionClose(connection, 0, '')
    }
  }

  /** Without having been told to close, the native side has given up, and has told every connection. */
  #onEnded (): void {
    this.#closed.resolve()

    if (this.isOpen) {
      this.#log.error('the UDP socket failed')
      this.close(ConnectionCode.none).catch((err) => { this.#log.error('could not close a failed endpoint - %e', err) })
    }
  }

  /** Who decides by an exception refuses. */
  async #decide (gate: number, remote: SocketAddress): Promise<void> {
    let isDenied = true

    try {
      isDenied = await this.#denyHandshake?.(remote) ?? false
    } catch (err) {
      this.#log.error('could not decide on a handshake of %s port %d - %e', remote.address, remote.port, err)
    }

    this.native.endpointDecide(this.#handle, gate, !isDenied)
  }

  #onIncomingConnection (connection: number): void {
    if (this.#onIncoming == null || !this.isOpen) {
      this.native.connectionClose(connection, 0, '')
      return
    }

    this.#onIncoming(connection)
  }

  #onConnectionClosed (connection: number, end: QuicConnectionError): void {
    const sink = this.#connections.get(connection)
    this.#connections.delete(connection)

    this.#requests.failAll(request => request.connection === connection, end)
    this.#updateKeepAlive()
    sink?.onClosed(end)
  }

  /** Native wake-ups keep no process alive: a timer does while somebody may wait for one. */
  #updateKeepAlive (): void {
    const isNeeded = this.#isListening || this.#connections.size > 0 || this.#requests.size > 0

    if (isNeeded && this.#keepAlive == null) {
      this.#keepAlive = setInterval(() => {}, FOREVER_MS)
    } else if (!isNeeded) {
      clearInterval(this.#keepAlive)
      this.#keepAlive = undefined
    }
  }
}
