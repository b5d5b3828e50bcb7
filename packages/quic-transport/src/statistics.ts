/**
 * What the native side has counted, for operators. Numbers are exact up to 2^53; they are read when they are asked for, and
 * nothing is sampled in between.
 */

import type { QuicConnection } from './connection.ts'
import type { QuicEndpoint } from './endpoint.ts'
import type { Connection } from '@libp2p/interface'

/** UDP payload, with everything that QUIC adds to what was sent. */
export interface QuicTraffic {
  sentBytes: number
  receivedBytes: number
  sentDatagrams: number
  receivedDatagrams: number
  /** Packets that were sent and declared lost (RFC 9002 section 6.1), whether or not they arrived late. */
  lostPackets: number
  lostBytes: number
  /** How often the congestion window was reduced (RFC 9002 section 7.3). */
  congestionEvents: number
  /** How often the path was found to carry only smaller datagrams than before (RFC 8899 section 4.3). */
  blackHoles: number
}

/** One connection, since its handshake began. */
export interface QuicConnectionStatistics {
  /** The smoothed round-trip time in ms, with fractions (RFC 9002 section 5.3). */
  rttMs: number
  /** The smallest round-trip time in ms, with fractions (RFC 9002 section 5.2). */
  minRttMs: number
  /** What may be under way unacknowledged. */
  congestionWindowBytes: number
  /** The largest UDP payload that the path is known to carry. */
  mtuBytes: number
  traffic: QuicTraffic
}

/** What the limits on strangers have counted, and the traffic of connections. */
export interface QuicEndpointStatistics {
  /** Whose handshake is done and whose end nobody was told of yet. */
  connections: number
  /** Inbound handshakes under way. */
  pendingHandshakes: number
  /** Inbound connections that connection gaters have not decided on. */
  pendingUpgrades: number
  /** Inbound handshakes that took too long, or whose peer could not prove who it is. */
  handshakesFailed: number
  /** Inbound handshakes turned away by a limit, before any of TLS. */
  handshakesRefused: number
  /** Inbound handshakes that had to prove their address by a Retry first (RFC 9000 section 8.1.2). */
  handshakesRetried: number
  /** Inbound handshakes turned away by `denyInboundHandshake`, before any of TLS. */
  handshakesGated: number
  /** Datagrams of a connection that came from another IP address, which `allowIpMigration` does not allow. */
  migrationsRefused: number
  /** What all peers together may send before it is read, of `receiveBudgetBytes`. */
  receiveWindowBytes: number
  /** Of connections whose handshake was done, those that have ended included. */
  traffic: QuicTraffic
}

/** One UDP socket. */
export interface QuicSocketStatistics extends QuicEndpointStatistics {
  address: string
  port: number
  /** What the operating system granted, of what `socketSendBufferBytes` asked for. */
  sendBufferBytes: number
  /** What the operating system granted, of what `socketReceiveBufferBytes` asked for. */
  receiveBufferBytes: number
}

/** A transport since it was made: the sums of its sockets, those that are closed included. */
export interface QuicTransportStatistics extends QuicEndpointStatistics {
  /** Those that are open now. */
  sockets: QuicSocketStatistics[]
}

/** libp2p shows users a `Connection` of its own, and transports no inbound one; what both have is the timeline. */
const byTimeline = new WeakMap<object, QuicConnection>()

const byEndpoint = new WeakMap<QuicEndpoint, Set<QuicConnection>>()

/**
 * The statistics of a connection, inbound or outbound.
 *
 * Undefined when the connection has ended, or when it runs over another transport or through a relay. Never throws.
 */
export function connectionStatistics (connection: Pick<Connection, 'timeline'>): QuicConnectionStatistics | undefined {
  const quic = byTimeline.get(connection.timeline)

  return quic == null ? undefined : read(quic)
}

/** Counts a connection in, until it is closed. */
export function track (connection: QuicConnection): void {
  const { endpoint, timeline } = connection
  const live = byEndpoint.get(endpoint) ?? new Set()
  byEndpoint.set(endpoint, live.add(connection))
  byTimeline.set(timeline, connection)
  connection.addEventListener('close', () => {
    live.delete(connection)
    byTimeline.delete(timeline)
  })
}

/** What a transport has counted, and each of its connections. */
export interface Reading {
  transport: QuicTransportStatistics
  connections: QuicConnectionStatistics[]
}

/**
 * The books of one transport: outlives its sockets.
 */
export class Ledger {
  readonly #open = new Set<QuicEndpoint>()
  #closed = emptyStatistics()

  /** Makes an endpoint that is read whenever the books are, and once more when it closes. */
  open (create: (onClosing: () => void) => QuicEndpoint): QuicEndpoint {
    const endpoint: QuicEndpoint = create(() => { this.#close(endpoint) })
    this.#open.add(endpoint)

    return endpoint
  }

  read (): Reading {
    const readings = [...this.#open].map(readSocket)
    const sockets = readings.map(({ socket }) => socket)

    return {
      transport: { ...sockets.reduce(sum, this.#closed), sockets },
      connections: readings.flatMap(({ connections }) => connections)
    }
  }

  /** What is left to count is what says goodbye to its connections. */
  #close (endpoint: QuicEndpoint): void {
    const { socket } = readSocket(endpoint)
    this.#open.delete(endpoint)
    this.#closed = { ...sum(this.#closed, socket), connections: 0, pendingHandshakes: 0, pendingUpgrades: 0, receiveWindowBytes: 0 }
  }
}

interface SocketReading {
  socket: QuicSocketStatistics
  connections: QuicConnectionStatistics[]
}

function readSocket (endpoint: QuicEndpoint): SocketReading {
  const { address, port } = endpoint.address
  // first, so that a connection that ends meanwhile is counted later rather than twice
  const counts = endpoint.stats()
  const connections = [...byEndpoint.get(endpoint) ?? []].map(read).filter(statistics => statistics != null)

  if (counts == null) {
    return { socket: { address, port, ...emptyStatistics(), sendBufferBytes: 0, receiveBufferBytes: 0 }, connections }
  }

  const { endedTraffic, socketSendBufferBytes, socketReceiveBufferBytes, ...same } = counts

  return {
    socket: {
      address,
      port,
      ...same,
      sendBufferBytes: usable(socketSendBufferBytes),
      receiveBufferBytes: usable(socketReceiveBufferBytes),
      traffic: connections.reduce((total, { traffic }) => add(total, traffic), endedTraffic)
    },
    connections
  }
}

function read ({ endpoint, handle }: QuicConnection): QuicConnectionStatistics | undefined {
  return endpoint.native.connectionStats(handle) ?? undefined
}

/** Linux grants twice of what it says yes to, for its own bookkeeping (socket(7), SO_RCVBUF). */
function usable (granted: number): number {
  return process.platform === 'linux' ? granted / 2 : granted
}

function sum (a: QuicEndpointStatistics, b: QuicEndpointStatistics): QuicEndpointStatistics {
  return {
    connections: a.connections + b.connections,
    pendingHandshakes: a.pendingHandshakes + b.pendingHandshakes,
    pendingUpgrades: a.pendingUpgrades + b.pendingUpgrades,
    handshakesFailed: a.handshakesFailed + b.handshakesFailed,
    handshakesRefused: a.handshakesRefused + b.handshakesRefused,
    handshakesRetried: a.handshakesRetried + b.handshakesRetried,
    handshakesGated: a.handshakesGated + b.handshakesGated,
    migrationsRefused: a.migrationsRefused + b.migrationsRefused,
    receiveWindowBytes: a.receiveWindowBytes + b.receiveWindowBytes,
    traffic: add(a.traffic, b.traffic)
  }
}

function add (a: QuicTraffic, b: QuicTraffic): QuicTraffic {
  return {
    sentBytes: a.sentBytes + b.sentBytes,
    receivedBytes: a.receivedBytes + b.receivedBytes,
    sentDatagrams: a.sentDatagrams + b.sentDatagrams,
    receivedDatagrams: a.receivedDatagrams + b.receivedDatagrams,
    lostPackets: a.lostPackets + b.lostPackets,
    lostBytes: a.lostBytes + b.lostBytes,
    congestionEvents: a.congestionEvents + b.congestionEvents,
    blackHoles: a.blackHoles + b.blackHoles
  }
}

function emptyStatistics (): QuicEndpointStatistics {
  return {
    connections: 0,
    pendingHandshakes: 0,
    pendingUpgrades: 0,
    handshakesFailed: 0,
    handshakesRefused: 0,
    handshakesRetried: 0,
    handshakesGated: 0,
    migrationsRefused: 0,
    receiveWindowBytes: 0,
    traffic: {
      sentBytes: 0,
      receivedBytes: 0,
      sentDatagrams: 0,
      receivedDatagrams: 0,
      lostPackets: 0,
      lostBytes: 0,
      congestionEvents: 0,
      blackHoles: 0
    }
  }
}
