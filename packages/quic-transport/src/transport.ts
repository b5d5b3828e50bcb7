import { NotStartedError, serviceCapabilities, transportSymbol } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { CustomProgressEvent } from 'progress-events'
import { QuicEndpoint } from './endpoint.ts'
import { ConnectionCode, ConnectionProtectorError, QuicListenError } from './errors.ts'
import { checkKeyType, createIdentity, endpointSecret } from './identity.ts'
import { QuicListener } from './listener.ts'
import { QuicMetrics } from './metrics.ts'
import { anyAddress, isDialable, isListenable, isLoopback, isWildcard, peerIdOf, resolve, toMultiaddr } from './multiaddr.ts'
import { loadNative } from './native.ts'
import { checkOptions } from './options.ts'
import { SimultaneousDials } from './simultaneous-dials.ts'
import { sourceAddress } from './source-address.ts'
import { Ledger } from './statistics.ts'
import { adopt, upgradeOutbound } from './upgrade.ts'
import type { QuicComponents, QuicDialEvents, QuicOptions } from './index.ts'
import type { Family, SocketAddress } from './multiaddr.ts'
import type { NativeBinding, NativeEndpointConfig } from './native.ts'
import type { QuicConfig } from './options.ts'
import type { QuicTransportStatistics } from './statistics.ts'
import type { Connection, CreateListenerOptions, DialTransportOptions, Listener, Logger, Startable, Transport } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/**
 * Owns the node's TLS identity and its UDP sockets: one per listener, and one per family for dials that no listener's
 * socket can make.
 */
export class QuicTransport implements Transport<QuicDialEvents>, Startable {
  readonly #components: QuicComponents
  readonly #config: QuicConfig
  readonly #native: NativeBinding
  readonly #log: Logger
  readonly #ledger = new Ledger()
  readonly #metrics?: QuicMetrics
  readonly #listeners = new Set<QuicListener>()
  /** Endpoints of listeners, in the order in which they were bound. */
  readonly #listening = new Set<QuicEndpoint>()
  readonly #dialing = new Map<Family, QuicEndpoint>()
  readonly #dials: SimultaneousDials
  #identity?: Promise<number>
  #isStopped = false
  #hasToldOfSmallBuffers = false

  constructor (components: QuicComponents, options?: QuicOptions) {
    if (components.connectionProtector != null) {
      throw new ConnectionProtectorError()
    }

    checkKeyType(components.privateKey)
    this.#config = checkOptions(options)
    this.#native = loadNative()
    this.#components = components
    this.#dials = new SimultaneousDials(components.privateKey.publicKey)
    this.#log = components.logger.forComponent('libp2p:quic')
    this.#metrics = components.metrics == null ? undefined : new QuicMetrics(components.metrics, this.#ledger)
  }

  readonly [transportSymbol] = true

  readonly [Symbol.toStringTag] = '@quicmesh/quic-transport'

  readonly [serviceCapabilities]: string[] = ['@libp2p/transport']

  async start (): Promise<void> {
    this.#isStopped = false
    await this.#requireIdentity()
  }

  /** Closes all sockets and with them all connections. Takes less than a second whatever peers do. */
  async stop (): Promise<void> {
    this.#isStopped = true
    const identity = this.#identity
    this.#identity = undefined

    await Promise.all([
      ...[...this.#listeners].map(async listener => listener.close()),
      ...this.#endpoints().map(async endpoint => endpoint.close(ConnectionCode.shutdown))
    ])
    this.#dialing.clear()

    // one that could not be made has been told by start()
    await identity?.then(handle => { this.#native.identityRelease(handle) }, () => {})
  }

  /**
   * Dials from the socket of a listener where one can reach the address, so that the peer sees the port at which this
   * node can be reached.
   *
   * @throws {InvalidMultiaddrError} when the address is not for QUIC v1
   * @throws {NotStartedError} when the transport is stopped
   * @throws {QuicConnectionError} when the handshake fails, with `name` UnexpectedPeerError, TimeoutError,
   * InvalidCryptoExchangeError, ConnectionFailedError, ConnectionClosedError or DialError
   * @throws {Error} whatever the signal's reason is, and what the upgrader throws
   */
  async dial (ma: Multiaddr, options: DialTransportOptions<QuicDialEvents>): Promise<Connection> {
    const { signal, onProgress } = options
    signal.throwIfAborted()
    onProgress?.(new CustomProgressEvent('quic:open-connection'))

    try {
      const address = await resolve(ma, signal)
      const endpoint = await this.#endpointFor(address)
      const peer = peerIdOf(ma)
      const expected = peer == null ? undefined : peerIdFromString(peer).toMultihash().bytes

      this.#log('dialling %a from port %d', ma, endpoint.address.port)

      return await this.#dials.track(address, async () => {
        const adopted = await endpoint.dial(address, expected, signal, handle => adopt({
          endpoint,
          handle,
          config: this.#config,
          direction: 'outbound',
          log: this.#log,
          remoteAddr: ma,
          metrics: this.#metrics?.dialer.events
        }))
        this.#metrics?.dialer.events.increment({ connect: true })

        return upgradeOutbound(adopted, options)
      })
    } catch (err) {
      this.#metrics?.dialer.errors.increment({ [err instanceof Error ? err.name : 'Error']: true })
      throw err
    }
  }

  createListener (options: CreateListenerOptions): Listener {
    const listener = new QuicListener({
      upgrader: options.upgrader,
      config: this.#config,
      log: this.#log,
      metrics: this.#metrics?.listener,
      dials: this.#dials,
      bind: async (address, onIncoming) => {
        const endpoint: QuicEndpoint = await this.#bind(address, true, connection => { onIncoming(endpoint, connection) })
        this.#listeners.add(listener)
        this.#listening.add(endpoint)

        return endpoint
      },
      onClose: (endpoint) => {
        this.#listening.delete(endpoint)
        this.#listeners.delete(listener)
      }
    })

    return listener
  }

  /** What its sockets have counted, those that are closed included, and what they hold now. Never throws. */
  statistics (): QuicTransportStatistics {
    return this.#ledger.read().transport
  }

  listenFilter (multiaddrs: Multiaddr[]): Multiaddr[] {
    return multiaddrs.filter(isListenable)
  }

  dialFilter (multiaddrs: Multiaddr[]): Multiaddr[] {
    return multiaddrs.filter(isDialable)
  }

  /** A listener's endpoint that reaches the address, or the family's own for dials. */
  async #endpointFor (to: SocketAddress): Promise<QuicEndpoint> {
    const shared = await this.#listenerFor(to)

    if (shared != null) {
      return shared
    }

    const present = this.#dialing.get(to.family)

    if (present?.isOpen === true) {
      return present
    }

    const endpoint = await this.#bind(anyAddress(to.family), false)
    const raced = this.#dialing.get(to.family)

    if (raced?.isOpen === true) {
      await endpoint.close(ConnectionCode.none)

      return raced
    }

    this.#dialing.set(to.family, endpoint)

    return endpoint
  }

  /** One whose socket can send there: a wildcard's, or that of the address from which the system would send there. */
  async #listenerFor (to: SocketAddress): Promise<QuicEndpoint | undefined> {
    const candidates = [...this.#listening].filter(({ address }) => address.family === to.family)
    const reaching = candidates.find(({ address, isOpen }) => isOpen && reaches(address, to))

    if (reaching != null || candidates.length === 0) {
      return reaching
    }

    const source = await sourceAddress(to)

    return candidates.find(({ address, isOpen }) => isOpen && address.address === source)
  }

  async #bind (at: SocketAddress, isListening: boolean, onIncoming?: (connection: number) => void): Promise<QuicEndpoint> {
    const identity = await this.#requireIdentity()
    // stopped and perhaps started again meanwhile: the identity is another one then
    if (identity !== await this.#requireIdentity()) {
      throw new NotStartedError('The QUIC transport was stopped')
    }

    try {
      const endpoint = this.#ledger.open(onClosing => new QuicEndpoint({
        native: this.#native,
        config: endpointConfig(this.#config, { identity, secret: endpointSecret(this.#components.privateKey) }, at, isListening),
        log: this.#log.newScope('endpoint'),
        onIncoming,
        onClosing,
        denyHandshake: async (remote) => this.#config.denyInboundHandshake?.(toMultiaddr(remote)) ?? false
      }))
      this.#tellOfSmallBuffers()

      return endpoint
    } catch (err) {
      throw new QuicListenError(at.address, at.port, err)
    }
  }

  async #requireIdentity (): Promise<number> {
    if (this.#isStopped) {
      throw new NotStartedError('The QUIC transport is stopped')
    }

    this.#identity ??= createIdentity(this.#native, this.#components.privateKey)

    return this.#identity
  }

  /** Once: every socket gets the same. */
  #tellOfSmallBuffers (): void {
    const { socketSendBufferBytes, socketReceiveBufferBytes } = this.#config
    const small = this.statistics().sockets.find(({ sendBufferBytes, receiveBufferBytes }) => {
      return sendBufferBytes < socketSendBufferBytes || receiveBufferBytes < socketReceiveBufferBytes
    })

    if (small != null && !this.#hasToldOfSmallBuffers) {
      this.#hasToldOfSmallBuffers = true
      this.#log('UDP sockets get buffers of %d bytes for sending and %d for receiving instead of %d and %d, so bursts may be lost; Linux bounds them by net.core.wmem_max and net.core.rmem_max',
        small.sendBufferBytes, small.receiveBufferBytes, socketSendBufferBytes, socketReceiveBufferBytes)
    }
  }

  #endpoints (): QuicEndpoint[] {
    return [...this.#listening, ...this.#dialing.values()]
  }
}

/** Whether a socket bound here can send there, whatever the routes are. */
function reaches (from: SocketAddress, to: SocketAddress): boolean {
  return isWildcard(from) || (isLoopback(from) && isLoopback(to))
}

/** Uses every option: one that is forgotten is an unused variable, which the linter refuses. */
function endpointConfig (config: QuicConfig, { identity, secret }: { identity: number, secret: Uint8Array }, at: SocketAddress, isListening: boolean): NativeEndpointConfig {
  const {
    initialCongestionWindowPackets, maxInboundStreams, segmentationOffload, retryHandshakesPerSecond, allowIpMigration, denyInboundHandshake,
    closeTimeoutMs: _forConnections, ...same
  } = config

  return {
    ...same,
    identity,
    secret,
    address: at.address,
    port: at.port,
    isListening,
    isIpv6Only: true,
    initialCongestionWindowBytes: initialCongestionWindowPackets * same.initialMtu,
    maxConcurrentBidiStreams: maxInboundStreams,
    usesSegmentationOffload: segmentationOffload,
    retryHandshakeRate: retryHandshakesPerSecond,
    allowsIpMigration: allowIpMigration,
    gatesHandshakes: denyInboundHandshake != null
  }
}
