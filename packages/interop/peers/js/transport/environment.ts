/** A program that cannot do what its environment asks for. */
export class EnvironmentError extends Error {
  static name = 'EnvironmentError'
  name = 'EnvironmentError'
}

/** What a dialer measures by pinging, in milliseconds. */
export interface Latency {
  /** From before the dial to the first ping's answer. */
  handshakePlusOneRttMs: number
  /** Of one ping more. */
  pingRttMs: number
}

/** What the two suites say each in its own way. */
interface Dialect {
  isDialer: boolean
  /** To listen on. */
  ip: string
  redis: { host: string, port: number }
  /** Of Redis, where the listener's address is handed over. */
  list: string
  timeoutMs: number
  /** Says more than usual on standard error. */
  isVerbose: boolean
  /** What the suite wants to read. */
  report (latency: Latency): string
}

export interface Environment extends Dialect {
  /** What the dialer does instead of pinging. */
  row?: string
  /** Of the transport. */
  implementation: string
  /** Where ours leaves a qlog of every connection. */
  qlogDirectory?: string
  /** Where ours appends the TLS secrets. */
  keyLogFile?: string
}

/** The one that there is. */
const TRANSPORT = 'quic-v1'

/** Of both suites. */
const DEFAULT_TIMEOUT_SECONDS = 180

/** Timers can't wait for longer. */
const MAX_TIMEOUT_SECONDS = 2_000_000

const REDIS_PORT = 6379

/** Decimals of a figure: a thousandth of a millisecond. */
const DECIMALS = 3

/**
 * Reads what test-plans or unified-testing give to a container: with `TEST_KEY` it is the latter's dialect.
 *
 * @throws {EnvironmentError} when something is missing or is none of the values that it may have
 */
export function readEnvironment (env: NodeJS.ProcessEnv): Environment {
  const isUnified = given(env.TEST_KEY) != null

  return {
    ...(isUnified ? readUnified(env) : readTestPlans(env)),
    row: given(env.ROW),
    implementation: given(env.IMPLEMENTATION) ?? 'quicmesh',
    qlogDirectory: given(env.QLOG_DIR),
    keyLogFile: given(env.KEYLOG_FILE)
  }
}

function readTestPlans (env: NodeJS.ProcessEnv): Dialect {
  checkTransport('transport', env.transport)

  return {
    isDialer: truth('is_dialer', env.is_dialer),
    ip: given(env.ip) ?? '0.0.0.0',
    redis: hostAndPort('redis_addr', given(env.redis_addr) ?? 'redis:6379'),
    list: 'listenerAddr',
    timeoutMs: seconds(given(env.test_timeout_seconds) ?? given(env.test_timeout_secs)),
    isVerbose: false,
    // three l's: part of the protocol
    report: ({ handshakePlusOneRttMs, pingRttMs }) => JSON.stringify({ handshakePlusOneRTTMillis: figure(handshakePlusOneRttMs), pingRTTMilllis: figure(pingRttMs) })
  }
}

function readUnified (env: NodeJS.ProcessEnv): Dialect {
  checkTransport('TRANSPORT', env.TRANSPORT)

  return {
    isDialer: truth('IS_DIALER', env.IS_DIALER),
    ip: given(env.LISTENER_IP) ?? '0.0.0.0',
    redis: hostAndPort('REDIS_ADDR', given(env.REDIS_ADDR) ?? 'transport-redis:6379'),
    list: `${env.TEST_KEY}_listener_multiaddr`,
    timeoutMs: seconds(undefined),
    isVerbose: env.DEBUG === 'true',
    report: ({ handshakePlusOneRttMs, pingRttMs }) => [
      'latency:',
      `  handshake_plus_one_rtt: ${figure(handshakePlusOneRttMs)}`,
      `  ping_rtt: ${figure(pingRttMs)}`,
      '  unit: ms'
    ].join('\n')
  }
}

function checkTransport (name: string, value: string | undefined): void {
  if (given(value) == null) {
    throw new EnvironmentError(`${name} is missing`)
  }

  if (value !== TRANSPORT) {
    throw new EnvironmentError(`${name}=${value} is unsupported: this program speaks ${TRANSPORT}`)
  }
}

function truth (name: string, value: string | undefined): boolean {
  switch (given(value)) {
    case 'true':
      return true
    case 'false':
      return false
    case undefined:
      throw new EnvironmentError(`${name} is missing`)
    default:
      throw new EnvironmentError(`${name} must be true or false, not ${value}`)
  }
}

function hostAndPort (name: string, value: string): Environment['redis'] {
  const [, host, port] = /^\[?(.+?)\]?(?::(\d{1,5}))?$/.exec(value) ?? []

  if (host == null) {
    throw new EnvironmentError(`${name} must be a host and a port, not ${value}`)
  }

  return { host, port: port == null ? REDIS_PORT : Number(port) }
}

function seconds (value: string | undefined): number {
  const timeoutSeconds = value == null ? DEFAULT_TIMEOUT_SECONDS : Number(value)

  if (!(timeoutSeconds > 0 && timeoutSeconds <= MAX_TIMEOUT_SECONDS)) {
    throw new EnvironmentError(`The time-out must be a number of seconds, up to ${MAX_TIMEOUT_SECONDS}, not ${value}`)
  }

  return timeoutSeconds * 1000
}

function figure (ms: number): number {
  return Number(ms.toFixed(DECIMALS))
}

/** A variable that is set to nothing counts as not set, as composed environments leave it. */
function given (value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}
