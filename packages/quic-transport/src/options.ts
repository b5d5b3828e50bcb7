import { InvalidParametersError } from '@libp2p/interface'
import type { QuicOptions } from './index.ts'

/** Options with every default filled in. */
export type QuicConfig = Readonly<Required<QuicOptions>>

const KIB = 1024
const MIB = 1024 * KIB

/** The largest value that fits the binding's and quinn's integers. */
const MAX_UINT32 = 0xffff_ffff

/** The smallest and the largest UDP payload of QUIC (RFC 9000 sections 14 and 18.2). */
const MIN_MTU = 1200
const MAX_MTU = 65_527

/** Every default with its reason. */
const DEFAULTS: QuicConfig = {
  // The shorter of both ends' counts (RFC 9000 section 10.1); go-libp2p and rust-libp2p have 30 s and 10 s.
  maxIdleTimeoutMs: 30_000,
  // Half of rust-libp2p's 10 s idle time-out, which would end a quiet connection otherwise.
  keepAliveIntervalMs: 5_000,
  // As quic-go and rust-libp2p.
  handshakeTimeoutMs: 5_000,
  // For `maConn.close()` without a signal; libp2p's `connection.close()` always brings one of 1 s.
  closeTimeoutMs: 5_000,
  // As go-libp2p (`p2p/transport/quicreuse/config.go`).
  maxInboundStreams: 256,
  // 2 MiB per round trip on one stream: 40 MB/s at 50 ms.
  streamReceiveWindowBytes: 2 * MIB,
  // With `connectionCreditBytes` the bound of what one peer makes this node hold: 6 MiB.
  connectionReceiveWindowBytes: 4 * MIB,
  // What is kept until it is acknowledged; as large as the peer's stream window, so that one stream fills the path.
  sendWindowBytes: 2 * MIB,
  // About what JavaScript takes in one turn of its loop.
  streamCreditBytes: 256 * KIB,
  // Eight streams that hold their credit; the window behind them is full when two hold theirs.
  connectionCreditBytes: 2 * MIB,
  // Two turns of the loop at 1 Gbit/s.
  streamWriteBufferBytes: 256 * KIB,
  // What every path must carry (RFC 9000 section 14).
  initialMtu: MIN_MTU,
  // Ethernet's 1,500 bytes without IPv6 and UDP headers.
  maxMtu: 1_452,
  // A burst of a connection window; the system may grant less.
  socketSendBufferBytes: 4 * MIB,
  socketReceiveBufferBytes: 4 * MIB,
  // Each costs a certificate's verification and up to 64 KiB.
  maxPendingHandshakes: 256,
  // Above what libp2p's connection manager allows (300), which prunes by its own rules.
  maxConnections: 1_024,
  // A burst of dials that one turn of the loop can't upgrade; libp2p refuses from 10 of its own kind on.
  maxPendingUpgrades: 128
}

/** Smallest and largest value of each option. */
const RANGES: Record<keyof QuicOptions, [min: number, max: number]> = {
  maxIdleTimeoutMs: [100, 0x7fff_ffff],
  keepAliveIntervalMs: [0, 0x7fff_ffff],
  handshakeTimeoutMs: [1, 0x7fff_ffff],
  closeTimeoutMs: [0, 0x7fff_ffff],
  maxInboundStreams: [1, 65_536],
  streamReceiveWindowBytes: [KIB, MAX_UINT32],
  connectionReceiveWindowBytes: [KIB, MAX_UINT32],
  sendWindowBytes: [KIB, MAX_UINT32],
  streamCreditBytes: [KIB, MAX_UINT32],
  connectionCreditBytes: [KIB, MAX_UINT32],
  streamWriteBufferBytes: [KIB, MAX_UINT32],
  initialMtu: [MIN_MTU, MAX_MTU],
  maxMtu: [MIN_MTU, MAX_MTU],
  socketSendBufferBytes: [KIB, 0x7fff_ffff],
  socketReceiveBufferBytes: [KIB, 0x7fff_ffff],
  maxPendingHandshakes: [1, 65_536],
  maxConnections: [1, 1_000_000],
  maxPendingUpgrades: [1, 65_536]
}

/** Pairs whose first may not exceed the second. */
const ORDERED: Array<[keyof QuicOptions, keyof QuicOptions]> = [
  ['keepAliveIntervalMs', 'maxIdleTimeoutMs'],
  ['streamReceiveWindowBytes', 'connectionReceiveWindowBytes'],
  ['streamCreditBytes', 'connectionCreditBytes'],
  ['initialMtu', 'maxMtu']
]

/**
 * Fills in the defaults and checks everything once.
 *
 * @throws {InvalidParametersError} for an unknown option, a value that is not an integer within its range, or two
 * values that contradict each other
 */
export function checkOptions (options: QuicOptions = {}): QuicConfig {
  const config = { ...DEFAULTS }

  for (const [name, value] of Object.entries(options)) {
    if (!isOption(name)) {
      throw new InvalidParametersError(`quic: unknown option ${name}`)
    }

    if (value !== undefined) {
      config[name] = checkRange(name, value)
    }
  }

  for (const [lower, upper] of ORDERED) {
    if (config[lower] > config[upper]) {
      throw new InvalidParametersError(`quic: ${lower} (${config[lower]}) must not exceed ${upper} (${config[upper]})`)
    }
  }

  return config
}

function checkRange (name: keyof QuicOptions, value: unknown): number {
  const [min, max] = RANGES[name]

  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw new InvalidParametersError(`quic: ${name} must be an integer from ${min} to ${max}, not ${String(value)}`)
  }

  return value
}

function isOption (name: string): name is keyof QuicOptions {
  return Object.hasOwn(RANGES, name)
}
