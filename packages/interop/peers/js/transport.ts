import { setTimeout as delay } from 'node:timers/promises'
import { enable } from '@libp2p/logger'
import { lastWords } from './last-words.ts'
import { dial } from './transport/dialer.ts'
import { readEnvironment } from './transport/environment.ts'
import { loadImplementation } from './transport/implementation.ts'
import { startListener } from './transport/listener.ts'
import { startNode } from './transport/node.ts'
import type { Environment } from './transport/environment.ts'
import type { Implementation } from './transport/implementation.ts'
import type { Node } from './transport/node.ts'

/*
 * The program of libp2p's suites test-plans and unified-testing: all that it is told is in its environment, standard output
 * is its report, `peers/README.md` has the contract. It does nothing of its own; every part is in `transport/`.
 */

/** A node that does not stop within is left alone: the suites want the program gone within a second. */
const STOP_MS = 500

const terminated = new AbortController()

for (const name of ['SIGTERM', 'SIGINT']) {
  process.on(name, () => { terminated.abort(new Error(`Ended by ${name}`)) })
}

try {
  await run(readEnvironment(process.env))
  process.exit(0)
} catch (err) {
  console.error(lastWords(err))
  process.exit(1)
}

/** @throws {Error} when it does not come to a report, or nobody ends the listener in time */
async function run (environment: Environment): Promise<void> {
  if (environment.isVerbose) {
    enable('libp2p:*')
  }

  const implementation = await loadImplementation(environment)
  const timedOut = new AbortController()
  setTimeout(() => { timedOut.abort(new Error(`Not done within ${environment.timeoutMs / 1000} s`)) }, environment.timeoutMs)
  const signal = AbortSignal.any([terminated.signal, timedOut.signal])

  await (environment.isDialer ? runDialer(environment, implementation, signal) : runListener(environment, implementation, signal))
}

async function runDialer (environment: Environment, implementation: Implementation, signal: AbortSignal): Promise<void> {
  const node = await startNode(implementation)
  const report = await Promise.race([
    dial(node, environment, implementation, signal),
    aborted(signal).then(() => { throw signal.reason })
  ])
  process.stdout.write(`${report}\n`)
  await stop(node)
}

async function runListener (environment: Environment, implementation: Implementation, signal: AbortSignal): Promise<void> {
  const starting = startListener(environment, implementation, signal)
  await Promise.race([starting.then(async () => aborted(signal)), aborted(signal)])

  if (!terminated.signal.aborted) {
    throw signal.reason
  }

  // it may have been ended while it still waited for Redis
  await Promise.race([starting.then(stop, () => {}), delay(STOP_MS)])
}

async function stop (node: Node): Promise<void> {
  await Promise.race([node.stop(), delay(STOP_MS)])
}

async function aborted (signal: AbortSignal): Promise<void> {
  if (!signal.aborted) {
    await new Promise<void>((resolve) => { signal.addEventListener('abort', () => { resolve() }, { once: true }) })
  }
}
