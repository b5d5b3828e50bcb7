import { findProgram } from '../net/find-program.ts'
import { RunningProgram } from '../process/running-program.ts'
import type { Host } from '../net/host.ts'
import type { Redis } from '../net/redis.ts'

const START_TIMEOUT_MS = 10_000

/** `1700000000.1 [0 10.77.0.2:40000] "RPUSH" "listenerAddr" "/ip4/..."` */
const PUSH = /\] "rpush" "([^"]*)" "([^"]*)"$/i

export interface RendezvousOptions {
  redis: Redis
  host: Host
  logs: string
  signal: AbortSignal
}

/** Looks on while a listener leaves its address in Redis. */
export class Rendezvous {
  readonly #monitor: RunningProgram

  private constructor (monitor: RunningProgram) {
    this.#monitor = monitor
  }

  /** @throws {Error} when Redis does not let it look on */
  static async watch ({ redis, host, logs, signal }: RendezvousOptions): Promise<Rendezvous> {
    const [address, port] = redis.address.split(':')
    const file = findProgram('redis-cli')

    if (file == null) {
      throw new Error('redis-cli was not found: it comes with redis-server (Debian: apt-get install redis-tools)')
    }

    const monitor = RunningProgram.start({ file, args: ['-h', address, '-p', port, 'MONITOR'] }, { host, env: {}, name: 'redis-monitor', logs, signal })
    await monitor.untilOutput(/^OK$/m, START_TIMEOUT_MS)

    return new Rendezvous(monitor)
  }

  /**
   * The id of the listener, from the one address that it has left.
   *
   * @throws {Error} when it left none, more, or one that is not what it must be
   */
  peerId (key: string, listenerAddress: string): string {
    return peerIdOf(pushes(this.#monitor.report), key, listenerAddress)
  }

  async stop (): Promise<void> {
    await this.#monitor.stop()
  }
}

/** @param report - of Redis's MONITOR */
export function pushes (report: string): Array<{ key: string, value: string }> {
  return report.split('\n').flatMap((line) => {
    const [, key, value] = PUSH.exec(line.trimEnd()) ?? []

    return value == null ? [] : [{ key, value }]
  })
}

/** @throws {Error} when it is not one address of the listener's own, with its id */
export function peerIdOf (pushed: Array<{ key: string, value: string }>, key: string, listenerAddress: string): string {
  const [first, ...others] = pushed

  if (first == null || others.length > 0) {
    throw new Error(`The listener must leave one address in Redis, and left ${JSON.stringify(pushed.map(({ value }) => value))}`)
  }

  const [, address, id] = /^\/ip4\/([\d.]+)\/udp\/[1-9]\d*\/quic-v1\/p2p\/(\w+)$/.exec(first.value) ?? []

  if (first.key !== key || address !== listenerAddress) {
    throw new Error(`The listener must leave /ip4/${listenerAddress}/udp/<port>/quic-v1/p2p/<id> in '${key}', and left ${first.value} in '${first.key}'`)
  }

  return id
}
