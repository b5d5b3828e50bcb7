import type { Ledger, QuicConnectionStatistics, QuicSocketStatistics, QuicTransportStatistics, Reading } from './statistics.ts'
import type { CounterGroup, Metrics } from '@libp2p/interface'

/** Counts what one side of connection-making does, by event, and its errors by name. */
export interface EventMetrics {
  events: CounterGroup
  errors: CounterGroup
}

/** Counters from the statistics: each label's value so far. */
const COUNTERS = {
  libp2p_quic_bytes_total: {
    label: 'direction',
    help: 'UDP payload of QUIC connections in bytes',
    values: ({ traffic }: QuicTransportStatistics) => ({ sent: traffic.sentBytes, received: traffic.receivedBytes })
  },
  libp2p_quic_datagrams_total: {
    label: 'direction',
    help: 'UDP datagrams of QUIC connections',
    values: ({ traffic }: QuicTransportStatistics) => ({ sent: traffic.sentDatagrams, received: traffic.receivedDatagrams })
  },
  libp2p_quic_losses_total: {
    label: 'type',
    help: 'QUIC packets and bytes declared lost, reductions of congestion windows, and black holes found by path MTU discovery',
    values: ({ traffic: { lostPackets, lostBytes, congestionEvents, blackHoles } }: QuicTransportStatistics) => ({
      packets: lostPackets, bytes: lostBytes, congestion_events: congestionEvents, black_holes: blackHoles
    })
  },
  libp2p_quic_handshakes_total: {
    label: 'result',
    help: 'Inbound QUIC handshakes that failed, were refused by a limit, had to prove their address, or were denied by the user',
    values: ({ handshakesFailed, handshakesRefused, handshakesRetried, handshakesGated }: QuicTransportStatistics) => ({
      failed: handshakesFailed, refused: handshakesRefused, retried: handshakesRetried, gated: handshakesGated
    })
  },
  libp2p_quic_datagrams_refused_total: {
    label: 'reason',
    help: 'UDP datagrams of QUIC connections that came from another IP address than before, where that is not allowed',
    values: ({ migrationsRefused }: QuicTransportStatistics) => ({ migration: migrationsRefused })
  }
} as const

/** Gauges from the statistics whose labels are fixed. */
const GAUGES = {
  libp2p_quic_pending: {
    label: 'type',
    help: 'Inbound QUIC handshakes under way, and inbound connections that no connection gater has decided on',
    values: ({ transport }: Reading) => ({ handshakes: transport.pendingHandshakes, upgrades: transport.pendingUpgrades })
  },
  libp2p_quic_rtt_milliseconds: {
    label: 'statistic',
    help: 'Smoothed round-trip times of the current QUIC connections; 0 without any',
    values: ({ connections }: Reading) => spread(connections, ({ rttMs }) => rttMs)
  },
  libp2p_quic_congestion_window_bytes: {
    label: 'statistic',
    help: 'Congestion windows of the current QUIC connections; 0 without any',
    values: ({ connections }: Reading) => spread(connections, ({ congestionWindowBytes }) => congestionWindowBytes)
  },
  libp2p_quic_socket_buffer_bytes: {
    label: 'direction',
    help: 'The smallest buffers that the operating system granted to a QUIC socket; 0 without any',
    values: ({ transport: { sockets } }: Reading) => ({
      send: least(sockets.map(({ sendBufferBytes }) => sendBufferBytes)),
      receive: least(sockets.map(({ receiveBufferBytes }) => receiveBufferBytes))
    })
  }
} as const

/** Gauges from the statistics by UDP socket. */
const SOCKET_GAUGES = {
  libp2p_quic_connections: {
    help: 'Current connections by UDP socket',
    value: ({ connections }: QuicSocketStatistics) => connections
  },
  libp2p_quic_receive_window_bytes: {
    help: 'What all peers of a UDP socket together may send before it is read, in bytes',
    value: ({ receiveWindowBytes }: QuicSocketStatistics) => receiveWindowBytes
  }
} as const

/**
 * The transport's metrics in the node's registry. Labels are few and fixed, except for the address of a UDP socket.
 *
 * Implementations of libp2p's interface disagree on whether a calculated counter gives its value or its increase. So
 * counters are plain ones here, which the gauges bring up to date: those are registered first, and calculated when
 * metrics are collected.
 */
export class QuicMetrics {
  readonly dialer: EventMetrics
  readonly listener: EventMetrics
  readonly #ledger: Pick<Ledger, 'read'>
  readonly #counters: Array<(transport: QuicTransportStatistics) => void>
  /** Good for one turn: every gauge is asked in it. */
  #reading?: Reading

  constructor (metrics: Pick<Metrics, 'registerCounterGroup' | 'registerMetricGroup'>, ledger: Pick<Ledger, 'read'>) {
    this.#ledger = ledger

    for (const [name, { help, value }] of Object.entries(SOCKET_GAUGES)) {
      const calculate = byAddress(value)
      metrics.registerMetricGroup(name, { label: 'address', help, calculate: () => calculate(this.#read().transport.sockets) })
    }

    for (const [name, { label, help, values }] of Object.entries(GAUGES)) {
      metrics.registerMetricGroup(name, { label, help, calculate: () => values(this.#read()) })
    }

    this.#counters = Object.entries(COUNTERS).map(([name, { label, help, values }]) => {
      const increase = increaser(metrics.registerCounterGroup(name, { label, help }))

      return (transport) => { increase(values(transport)) }
    })
    this.dialer = eventMetrics(metrics, 'dialer')
    this.listener = eventMetrics(metrics, 'listener')
  }

  #read (): Reading {
    if (this.#reading == null) {
      const reading = this.#reading = this.#ledger.read()
      setImmediate(() => { this.#reading = undefined })
      this.#counters.forEach(update => { update(reading.transport) })
    }

    return this.#reading
  }
}

/** A socket that was closed is told as 0 once, as its label would keep its last value otherwise. */
function byAddress (valueOf: (socket: QuicSocketStatistics) => number): (sockets: QuicSocketStatistics[]) => Record<string, number> {
  let addresses: string[] = []

  return (sockets) => {
    const current = Object.fromEntries(sockets.map(socket => [`${socket.address}:${socket.port}`, valueOf(socket)]))
    const gone = Object.fromEntries(addresses.map(address => [address, 0]))
    addresses = Object.keys(current)

    return { ...gone, ...current }
  }
}

function eventMetrics (metrics: Pick<Metrics, 'registerCounterGroup'>, side: 'dialer' | 'listener'): EventMetrics {
  return {
    events: metrics.registerCounterGroup(`libp2p_quic_${side}_events_total`, { label: 'event', help: `Total count of QUIC ${side} events by type` }),
    errors: metrics.registerCounterGroup(`libp2p_quic_${side}_errors_total`, { label: 'error', help: `Total count of QUIC ${side} errors by type` })
  }
}

/** Counters only go up: what ends while it is read may be missing in one reading. */
function increaser (counter: CounterGroup): (values: Record<string, number>) => void {
  const counted: Record<string, number> = {}

  return (values) => {
    for (const [label, value] of Object.entries(values)) {
      counter.increment({ [label]: Math.max(0, value - (counted[label] ?? 0)) })
      counted[label] = Math.max(value, counted[label] ?? 0)
    }
  }
}

function spread (connections: QuicConnectionStatistics[], valueOf: (connection: QuicConnectionStatistics) => number): Record<string, number> {
  const sorted = connections.map(valueOf).sort((a, b) => a - b)

  return {
    min: sorted.at(0) ?? 0,
    median: sorted.at(Math.floor(sorted.length / 2)) ?? 0,
    max: sorted.at(-1) ?? 0
  }
}

function least (values: number[]): number {
  return values.length === 0 ? 0 : Math.min(...values)
}
