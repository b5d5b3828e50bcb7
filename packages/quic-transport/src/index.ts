/**
 * @packageDocumentation
 *
 * A [libp2p](https://libp2p.io) transport over QUIC version 1 (RFC 9000), with its own encryption (libp2p TLS 1.3) and its
 * own streams. UDP, TLS and congestion control run in a native addon, on threads of their own.
 *
 * This module does not do WebTransport, QUIC draft-29, 0-RTT, or hole punching.
 *
 * @example
 *
 * ```TypeScript
 * import { createLibp2p } from 'libp2p'
 * import { quic } from '@quicmesh/quic-transport'
 *
 * const listener = await createLibp2p({
 *   addresses: { listen: ['/ip4/127.0.0.1/udp/0/quic-v1'] },
 *   transports: [quic()]
 * })
 * const dialer = await createLibp2p({ transports: [quic()] })
 *
 * const connection = await dialer.dial(listener.getMultiaddrs())
 * console.info(connection.remotePeer.equals(listener.peerId)) // true
 *
 * await dialer.stop()
 * await listener.stop()
 * ```
 */

import { QuicTransport } from './transport.ts'
import type { ComponentLogger, ConnectionProtector, Metrics, OutboundConnectionUpgradeEvents, PrivateKey } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { ProgressEvent } from 'progress-events'

export { ConnectionCode, ConnectionProtectorError, NativeBindingMissingError, NativeBindingVersionError, QuicConnectionError, QuicListenError, QuicStreamResetError, StreamCode } from './errors.ts'
export type { ConnectionCodeName, ConnectionEndKind, ConnectionErrorCode, StreamCodeName } from './errors.ts'
export { connectionStatistics } from './statistics.ts'
export type { QuicConnectionStatistics, QuicEndpointStatistics, QuicSocketStatistics, QuicTraffic, QuicTransportStatistics } from './statistics.ts'
export type { QuicTransport } from './transport.ts'

/**
 * Numbers are integers. Sizes are in bytes, durations in milliseconds.
 */
export interface QuicOptions {
  /**
   * A connection on which nothing arrives for this long is lost. The smaller of both ends' values counts (RFC 9000
   * section 10.1). Too low, and short outages end connections; too high, and dead peers are noticed late. From 100.
   *
   * @default 30_000
   */
  maxIdleTimeoutMs?: number

  /**
   * How often a quiet connection is kept alive; 0 is never. Must not exceed `maxIdleTimeoutMs`, and should be below half of
   * the peers' time-outs, so that one lost packet ends nothing. Too low, and quiet connections cost packets, and phones their
   * battery; too high, and peers, or NATs on the way, forget them.
   *
   * @default 5_000
   */
  keepAliveIntervalMs?: number

  /**
   * How long a handshake may take, dialled or accepted. Too low, and peers far away or behind bad networks can't connect; too
   * high, and strangers that stall hold their places longer. From 1.
   *
   * @default 5_000
   */
  handshakeTimeoutMs?: number

  /**
   * How long closing a connection waits for the acknowledgement of what was sent, when the caller gives no signal. Too low,
   * and what a slow path has not carried yet is lost; too high, and closing waits for peers that are gone. From 0.
   *
   * @default 5_000
   */
  closeTimeoutMs?: number

  /**
   * How many streams a peer may have open at a time, per connection; its further ones wait. Too low, and protocols that open a
   * stream per request wait for each other; too high, and a peer can make this node hold as many. From 1 to 65,536.
   *
   * @default 256
   */
  maxInboundStreams?: number

  /**
   * What a peer may send on a stream before it is read. Must not exceed `connectionReceiveWindowBytes`. Too low, and one
   * stream carries no more than this in a round trip; too high, and streams that nobody reads hold memory. From 1,024.
   *
   * @default 2_097_152
   */
  streamReceiveWindowBytes?: number

  /**
   * What a peer may send on all streams of a connection before it is read. A connection begins with a 256th of what is left
   * of `receiveBudgetBytes`, at least 256 KiB, and gets more when it reads as fast as its round-trip time allows. Too low,
   * and a connection carries no more than this in a round trip; too high, and a peer can make this node hold as much. 1 Gbit/s
   * at 60 ms takes 8 MB. From 1,024.
   *
   * @default 4_194_304
   */
  connectionReceiveWindowBytes?: number

  /**
   * The receive windows of all connections of a UDP socket together. When it is used up none grows any more, and inbound
   * connections are refused. Too low, and connections are refused or slow; too high, and many peers together can make this
   * node hold that much. From 1,024, and not below `connectionReceiveWindowBytes`.
   *
   * @default 1_073_741_824
   */
  receiveBudgetBytes?: number

  /**
   * What is kept for retransmission per connection. Too low, and sending carries no more than this in a round trip; too
   * high, and a slow peer makes this node hold as much. From 1,024.
   *
   * @default 2_097_152
   */
  sendWindowBytes?: number

  /**
   * What is handed to JavaScript per stream before it is consumed. Must not exceed `connectionCreditBytes`. Too low, and each
   * turn of the loop moves little; too high, and streams that are read slowly hold memory. From 1,024.
   *
   * @default 262_144
   */
  streamCreditBytes?: number

  /**
   * What is handed to JavaScript for all streams of a connection before it is consumed. When this much lies unread, all
   * streams of the connection wait; so they do when `connectionReceiveWindowBytes` more lie unread behind it, which two
   * stalled streams with full windows are enough for.
   *
   * @default 2_097_152
   */
  connectionCreditBytes?: number

  /**
   * What `stream.send()` takes beyond what can be sent at once, before it returns false. Too low, and writers are woken more
   * often; too high, and as much is held for each stream whose peer is slow. From 1,024.
   *
   * @default 262_144
   */
  streamWriteBufferBytes?: number

  /**
   * How fast to send: CUBIC (RFC 9438), the first BBR, or New Reno (RFC 9002). BBR keeps its rate on paths that lose
   * packets for other reasons than congestion, and takes more than its share from other connections on a path.
   *
   * @default 'cubic'
   */
  congestionControl?: 'cubic' | 'bbr' | 'newreno'

  /**
   * Packets of `initialMtu` bytes that a new connection may have on the way before the first acknowledgement (RFC 9002 section 7.2). With
   * less a message that is larger takes more round trips; more may fill the queue of a slow link. 2 to 10,000.
   *
   * @default 32
   */
  initialCongestionWindowPackets?: number

  /**
   * Hand the operating system several datagrams in one call where it can cut them (GSO). False costs throughput; for
   * network drivers and virtual interfaces that lose such datagrams.
   *
   * @default true
   */
  segmentationOffload?: boolean

  /**
   * Bytes of the first datagrams, from 1,200 (RFC 9000 section 14). Must not exceed `maxMtu`. Too high, and handshakes fail
   * on paths that carry less.
   *
   * @default 1_200
   */
  initialMtu?: number

  /**
   * The largest datagram that path MTU discovery tries, from 1,200 to 65,527 bytes; the peer must take as much, and the path
   * carry it. Too low, and each packet carries less; too high, and the first seconds are spent on probes that are lost.
   *
   * @default 1_452
   */
  maxMtu?: number

  /**
   * Asked of the operating system for each UDP socket; it may grant less, which is logged once and in the statistics. Too
   * low, and senders wait for the system more often. From 1,024.
   *
   * @default 4_194_304
   */
  socketSendBufferBytes?: number

  /**
   * Asked of the operating system for each UDP socket; it may grant less, which is logged once and in the statistics. Too
   * low, and bursts are lost before they are read. From 1,024.
   *
   * @default 4_194_304
   */
  socketReceiveBufferBytes?: number

  /**
   * Inbound handshakes under way per listener; more are refused. Too low, and a burst of honest peers is turned away; too
   * high, and strangers can make this node hold up to 64 KiB for each. From 1 to 65,536.
   *
   * @default 256
   */
  maxPendingHandshakes?: number

  /**
   * Of `maxPendingHandshakes`, those of one address that was proven by a Retry (RFC 9000 section 8.1.2): an IPv4 address, or
   * a /64 of IPv6. More are refused. Too low, and peers behind one NAT wait for each other; too high, and a few addresses
   * can keep everybody else out. From 1 to 65,536.
   *
   * @default 64
   */
  maxPendingHandshakesPerIp?: number

  /**
   * Inbound handshakes within a second, per listener, from which on addresses must be proven by a Retry first; so they must
   * when a quarter of `maxPendingHandshakes` is taken. 0 is always. Too low, and honest diallers pay one more
   * round trip; too high, and forged addresses cost a signature each. Up to 4,294,967,295.
   *
   * @default 1_000
   */
  retryHandshakesPerSecond?: number

  /**
   * Connections per listener; further inbound ones are refused. Should be above the connection manager's `maxConnections`,
   * which prunes by its own rules: too low, and peers are refused that it would have taken; too high, and connections that
   * it has not pruned yet hold memory. From 1 to 1,000,000.
   *
   * @default 1_024
   */
  maxConnections?: number

  /**
   * Inbound connections per listener that connection gaters have not decided on yet; more are refused. Too low, and a burst
   * of honest peers is turned away; too high, and a slow gater makes this node hold as many. From 1 to 65,536.
   *
   * @default 128
   */
  maxPendingUpgrades?: number

  /**
   * Asked before an inbound handshake begins, when the address of the peer is proven (RFC 9000 section 8.1.2): true
   * refuses it before it costs any TLS, and the peer learns that at once. Every inbound handshake costs one more round trip
   * then, for the proof. It must answer within `handshakeTimeoutMs`; one that throws refuses. Who the peer is nobody knows
   * yet: for that there is libp2p's connection gater.
   *
   * @default undefined: none is refused
   */
  denyInboundHandshake? (remoteAddr: Multiaddr): boolean | Promise<boolean>

  /**
   * Whether a peer that dialled may go on from another IP address. To another port of the same address, as NATs change it,
   * it is always followed.
   *
   * @default false
   */
  allowIpMigration?: boolean

  /**
   * A directory, made if need be, in which every connection leaves a file of its packets, losses and congestion in the qlog
   * format (`.sqlog`), of up to 64 MiB. Costs time on every packet. Listening or dialling fails with `ERR_QLOG` when it
   * can't be made.
   *
   * @default undefined: none
   */
  qlogDirectory?: string

  /**
   * A file to which the TLS secrets of every connection are appended, in the format of NSS, so that Wireshark can decrypt a
   * capture of this node's packets. Whoever reads the file can do so as well. The environment variable SSLKEYLOGFILE is
   * not looked at: pass `process.env.SSLKEYLOGFILE` to obey it. Listening or dialling fails with `ERR_KEY_LOG` when it
   * can't be opened.
   *
   * @default undefined: none
   */
  keyLogFile?: string
}

/**
 * What the transport uses of a libp2p node.
 */
export interface QuicComponents {
  logger: ComponentLogger
  /** The host key: Ed25519, secp256k1 or RSA. */
  privateKey: PrivateKey
  metrics?: Pick<Metrics, 'registerCounterGroup' | 'registerMetricGroup'>
  /** Not supported: QUIC would bypass it. */
  connectionProtector?: ConnectionProtector
}

export type QuicDialEvents =
  OutboundConnectionUpgradeEvents |
  ProgressEvent<'quic:open-connection'>

/**
 * Makes the transport for `createLibp2p({ transports: [quic()] })`.
 *
 * The returned factory throws:
 *
 * - `InvalidParametersError` when an option is unknown, out of range, or contradicts another
 * - `UnsupportedKeyTypeError` when the host key is of another type than Ed25519, secp256k1 or RSA
 * - `ConnectionProtectorError` (`ERR_CONNECTION_PROTECTOR_UNSUPPORTED`) when a connection protector is configured
 * - `NativeBindingMissingError` (`ERR_NATIVE_BINDING_MISSING`) when there is no native addon for this platform
 * - `NativeBindingVersionError` (`ERR_NATIVE_BINDING_VERSION`) when the addon is of another version
 */
export function quic (options: QuicOptions = {}): (components: QuicComponents) => QuicTransport {
  return (components) => new QuicTransport(components, options)
}
