import { createHash } from 'node:crypto'

/** The two suites of libp2p that have this test; the same program serves both. */
export type Dialect = 'test-plans' | 'unified'

export interface Situation {
  dialer: string
  listener: string
  /** What the listener listens on. */
  ip: string
  /** `host:port` */
  redisAddress: string
  /** What each side has for all of it, in seconds; unified-testing has none in the environment. */
  timeoutSeconds: number
}

/**
 * What a suite puts into the environment of its containers. quic-v1 brings its own security and muxer, so these have none.
 *
 * @see https://github.com/libp2p/test-plans/tree/master/transport-interop
 * @see https://github.com/libp2p/unified-testing
 */
export function environmentOf (dialect: Dialect, isDialer: boolean, situation: Situation): Record<string, string> {
  const { ip, redisAddress, timeoutSeconds } = situation

  if (dialect === 'test-plans') {
    return {
      transport: 'quic-v1',
      is_dialer: String(isDialer),
      ip,
      redis_addr: redisAddress,
      test_timeout_seconds: String(timeoutSeconds)
    }
  }

  return {
    TRANSPORT: 'quic-v1',
    IS_DIALER: String(isDialer),
    LISTENER_IP: ip,
    REDIS_ADDR: redisAddress,
    TEST_KEY: testKey(testName(situation)),
    DEBUG: 'false'
  }
}

/** The list in Redis through which the listener's address goes. */
export function redisKey (dialect: Dialect, situation: Pick<Situation, 'dialer' | 'listener'>): string {
  return dialect === 'test-plans' ? 'listenerAddr' : `${testKey(testName(situation))}_listener_multiaddr`
}

/** As both suites call it. */
export function testName ({ dialer, listener }: Pick<Situation, 'dialer' | 'listener'>): string {
  return `${dialer} x ${listener} (quic-v1)`
}

/** The first 8 hex digits of SHA-256, of the name as `echo` writes it. */
export function testKey (name: string): string {
  return createHash('sha256').update(`${name}\n`).digest('hex').slice(0, 8)
}
