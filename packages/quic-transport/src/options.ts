import { InvalidParametersError } from '@libp2p/interface'
import type { QuicOptions } from './index.ts'

/** Options with every default filled in. */
export type QuicConfig = Readonly<Required<Omit<QuicOptions, Optional>> & Pick<QuicOptions, Optional>>

/** Options without a default. */
type Optional = 'keyLogFile' | 'qlogDirectory' | 'denyInboundHandshake'

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
  // About `maxConnections`: the first 256 KiB of each at least, and 4 MiB of each of a few.
  receiveBudgetBytes: 1024 * MIB,
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
  // RFC 9438; what go-libp2p and rust-libp2p have as well, so that nobody takes the other's share of a path.
  congestionControl: 'cubic',
  // As quic-go; the 10 of RFC 9002 section 7.2 make 100 KiB take twice as many round trips.
  initialCongestionWindowPackets: 32,
  segmentationOffload: true,
  // Ethernet's 1,500 bytes without IPv6 and UDP headers.
  maxMtu: 1_452,
  // A burst of a connection window; the system may grant less.
  socketSendBufferBytes: 4 * MIB,
  socketReceiveBufferBytes: 4 * MIB,
  // Each costs a certificate's verification and up to 64 KiB.
  maxPendingHandshakes: 256,
  // A quarter of them all: four networks are needed to take every place.
  maxPendingHandshakesPerIp: 64,
  // As go-libp2p (`p2p/transport/quicreuse/connmgr.go`).
  retryHandshakesPerSecond: 1_000,
  // Above what libp2p's connection manager allows (300), which prunes by its own rules.
  maxConnections: 1_024,
  // A burst of dials that one turn of the loop can't upgrade; libp2p refuses from 10 of its own kind on.
  maxPendingUpgrades: 128,
  // As go-libp2p: libp2p nodes dial anew when their network changes.
  allowIpMigration: false
}

type Check = (value: unknown) => string | undefined

/** What each option may be. */
const CHECKS: Record<keyof QuicOptions, Check> = {
  maxIdleTimeoutMs: integer(100, 0x7fff_ffff),
  keepAliveIntervalMs: integer(0, 0x7fff_ffff),
  handshakeTimeoutMs: integer(1, 0x7fff_ffff),
  closeTimeoutMs: integer(0, 0x7fff_ffff),
  maxInboundStreams: integer(1, 65_536),
  streamReceiveWindowBytes: integer(KIB, MAX_UINT32),
  connectionReceiveWindowBytes: integer(KIB, MAX_UINT32),
  receiveBudgetBytes: integer(KIB, Number.MAX_SAFE_INTEGER),
  sendWindowBytes: integer(KIB, MAX_UINT32),
  streamCreditBytes: integer(KIB, MAX_UINT32),
  connectionCreditBytes: integer(KIB, MAX_UINT32),
  streamWriteBufferBytes: integer(KIB, MAX_UINT32),
  congestionControl: oneOf('cubic', 'bbr', 'newreno'),
  // the smallest that there may be (RFC 9002 section 7.2)
  initialCongestionWindowPackets: integer(2, 10_000),
  segmentationOffload: oneOf(true, false),
  initialMtu: integer(MIN_MTU, MAX_MTU),
  maxMtu: integer(MIN_MTU, MAX_MTU),
  socketSendBufferBytes: integer(KIB, 0x7fff_ffff),
  socketReceiveBufferBytes: integer(KIB, 0x7fff_ffff),
  maxPendingHandshakes: integer(1, 65_536),
  maxPendingHandshakesPerIp: integer(1, 65_536),
  retryHandshakesPerSecond: integer(0, MAX_UINT32),
  maxConnections: integer(1, 1_000_000),
  maxPendingUpgrades: integer(1, 65_536),
  allowIpMigration: oneOf(true, false),
  denyInboundHandshake: callable,
  keyLogFile: path,
  qlogDirectory: path
}

type NumberOption = { [Name in keyof QuicConfig]: QuicConfig[Name] extends number ? Name : never }[keyof QuicConfig] & string

/** Pairs whose first may not exceed the second. */
const ORDERED: Array<[NumberOption, NumberOption]> = [
  ['keepAliveIntervalMs', 'maxIdleTimeoutMs'],
  ['streamReceiveWindowBytes', 'connectionReceiveWindowBytes'],
  ['connectionReceiveWindowBytes', 'receiveBudgetBytes'],
  ['streamCreditBytes', 'connectionCreditBytes'],
  ['initialMtu', 'maxMtu']
]

/**
 * Fills in the defaults and checks everything once.
 *
 * @throws {InvalidParametersError} for an unknown option, a value that is none of those that it may have, or two values
 * that contradict each other
 */
export function checkOptions (options: QuicOptions = {}): QuicConfig {
  if (options === null || typeof options !== 'object' || Array.isArray(options)) {
    throw new InvalidParametersError('quic: the options must be an object')
  }

  const given = Object.entries(options).filter(([, value]) => value !== undefined)

  for (const [name, value] of given) {
    if (!isOption(name)) {
      throw new InvalidParametersError(`quic: unknown option ${name}`)
    }

    const expected = CHECKS[name](value)

    if (expected != null) {
      throw new InvalidParametersError(`quic: ${name} must be ${expected}, not ${String(value)}`)
    }
  }

  const config: QuicConfig = { ...DEFAULTS, ...Object.fromEntries(given) }

  for (const [lower, upper] of ORDERED) {
    if (config[lower] > config[upper]) {
      throw new InvalidParametersError(`quic: ${lower} (${config[lower]}) must not exceed ${upper} (${config[upper]})`)
    }
  }

  return config
}

function integer (min: number, max: number): Check {
  return (value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max ? undefined : `an integer from ${min} to ${max}`
}

function oneOf (...values: unknown[]): Check {
  return (value) => values.includes(value) ? undefined : `one of ${values.join(', ')}`
}

function path (value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && !value.includes('\0') ? undefined : 'a path'
}

function callable (value: unknown): string | undefined {
  return typeof value === 'function' ? undefined : 'a function'
}

function isOption (name: string): name is keyof QuicOptions {
  return Object.hasOwn(CHECKS, name)
}
