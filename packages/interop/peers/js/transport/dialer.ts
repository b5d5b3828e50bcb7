import { multiaddr } from '@multiformats/multiaddr'
import { EnvironmentError } from './environment.ts'
import { Pinger } from './ping.ts'
import { Rendezvous } from './rendezvous.ts'
import { runRow } from './row.ts'
import { ROWS } from './rows.ts'
import type { Environment, Latency } from './environment.ts'
import type { Implementation } from './implementation.ts'
import type { Node } from './node.ts'
import type { AbortOptions } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/**
 * Takes the listener's address and does what is asked.
 *
 * @returns the report
 * @throws {EnvironmentError} when the row is unknown
 * @throws {Error} when it does not come to a report
 */
export async function dial (node: Node, environment: Environment, implementation: Implementation, signal: AbortSignal): Promise<string> {
  const { row } = environment

  if (row != null && !Object.hasOwn(ROWS, row)) {
    throw new EnvironmentError(`ROW=${row} is unknown: there are ${Object.keys(ROWS).join(', ')}`)
  }

  console.error('waiting for a listener')
  const rendezvous = new Rendezvous(environment, signal)
  const address = multiaddr(await rendezvous.pop())
  rendezvous.close()
  console.error(`dialling ${address}`)

  if (row == null) {
    return environment.report(await measureLatency(node, address, { signal }))
  }

  return JSON.stringify(await runRow(row, ROWS[row], { node, address, implementation, signal }))
}

/** Both figures of the suites. */
async function measureLatency (node: Node, address: Multiaddr, options: AbortOptions): Promise<Latency> {
  const startedMs = performance.now()
  const connection = await node.dial(address, options)
  const pinger = await Pinger.open(connection)
  await pinger.ping()
  const handshakePlusOneRttMs = performance.now() - startedMs
  const pingRttMs = await pinger.ping()
  await pinger.close()

  return { handshakePlusOneRttMs, pingRttMs }
}
