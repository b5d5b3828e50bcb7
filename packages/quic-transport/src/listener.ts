import { AlreadyStartedError, NotStartedError, TypedEventEmitter, setMaxListeners } from '@libp2p/interface'
import { closedLocally, ConnectionCode } from './errors.ts'
import { reachableAddresses, toSocketAddress } from './multiaddr.ts'
import { adopt, upgradeInbound } from './upgrade.ts'
import type { QuicEndpoint } from './endpoint.ts'
import type { EventMetrics } from './metrics.ts'
import type { SocketAddress } from './multiaddr.ts'
import type { QuicConfig } from './options.ts'
import type { SimultaneousDials } from './simultaneous-dials.ts'
import type { Listener, ListenerEvents, Logger, Upgrader } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface QuicListenerInit {
  upgrader: Upgrader
  config: QuicConfig
  log: Logger
  metrics?: EventMetrics
  /** Of the transport. */
  dials: SimultaneousDials
  /** Binds a socket that accepts, and dials for the transport as well. */
  bind (address: SocketAddress, onIncoming: (endpoint: QuicEndpoint, connection: number) => void): Promise<QuicEndpoint>
  /** The listener is closing: dials must not use its endpoint any more. */
  onClose (endpoint: QuicEndpoint): void
}

/**
 * Accepts connections at one address.
 *
 * Closing it closes every connection of its socket: those that it accepted, and those that the node dialled from it, as
 * dials share the socket of a listener. They may flush for a moment; then the port is free.
 */
export class QuicListener extends TypedEventEmitter<ListenerEvents> implements Listener {
  readonly #init: QuicListenerInit
  readonly #log: Logger
  readonly #shutdown = new AbortController()
  #endpoint?: QuicEndpoint
  #isListening = false
  #closing?: Promise<void>

  constructor (init: QuicListenerInit) {
    super()

    this.#init = init
    this.#log = init.log.newScope('listener')
    setMaxListeners(Infinity, this.#shutdown.signal)
  }

  /**
   * @throws {InvalidMultiaddrError} when the address is not `/ip4|ip6/../udp/../quic-v1`
   * @throws {AlreadyStartedError} when it listens already
   * @throws {NotStartedError} when it was closed
   * @throws {QuicListenError} when the socket can't be bound, with `code` EADDRINUSE, EADDRNOTAVAIL or EACCES
   */
  async listen (ma: Multiaddr): Promise<void> {
    const address = toSocketAddress(ma)

    if (this.#shutdown.signal.aborted) {
      throw new NotStartedError('The listener was closed')
    }

    if (this.#isListening) {
      throw new AlreadyStartedError('The listener is listening already')
    }

    this.#isListening = true

    try {
      this.#endpoint = await this.#init.bind(address, (endpoint, connection) => { this.#onIncoming(endpoint, connection) })
    } catch (err) {
      this.#isListening = false
      this.#init.metrics?.errors.increment({ listen_error: true })
      throw err
    }

    if (this.#shutdown.signal.aborted) {
      await this.#closeEndpoint(this.#endpoint)
      throw new NotStartedError('The listener was closed')
    }

    this.#log('listening on %s port %d', this.#endpoint.address.address, this.#endpoint.address.port)
    this.safeDispatchEvent('listening')
  }

  /** Empty before `listen()` and after `close()`. */
  getAddrs (): Multiaddr[] {
    return this.#endpoint?.isOpen === true ? reachableAddresses(this.#endpoint.address) : []
  }

  updateAnnounceAddrs (): void {}

  /** Takes less than a second whatever peers do. */
  async close (): Promise<void> {
    this.#closing ??= this.#close()

    return this.#closing
  }

  async #close (): Promise<void> {
    this.#shutdown.abort(closedLocally('the listener is closing'))

    if (this.#endpoint != null) {
      await this.#closeEndpoint(this.#endpoint)
    }

    this.safeDispatchEvent('close')
  }

  async #closeEndpoint (endpoint: QuicEndpoint): Promise<void> {
    this.#init.onClose(endpoint)
    await endpoint.close(ConnectionCode.shutdown)
  }

  #onIncoming (endpoint: QuicEndpoint, handle: number): void {
    const { config, upgrader, metrics, dials } = this.#init
    metrics?.events.increment({ connection: true })

    try {
      const adopted = adopt({ endpoint, handle, config, direction: 'inbound', log: this.#log, metrics: metrics?.events })

      dials.accept(adopted, async () => upgradeInbound(adopted, { upgrader, signal: this.#shutdown.signal })).catch((err) => {
        this.#log.error('inbound connection from %a failed to upgrade - %e', adopted.maConn.remoteAddr, err)
        metrics?.errors.increment({ inbound_upgrade: true })
      })
    } catch (err) {
      this.#log.error('inbound connection could not be taken over - %e', err)
      metrics?.errors.increment({ inbound_to_connection: true })
      endpoint.native.connectionClose(handle, ConnectionCode.protocolViolation, '')
    }
  }
}
