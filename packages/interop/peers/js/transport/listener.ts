import { addressForOthers, startNode } from './node.ts'
import { Rendezvous } from './rendezvous.ts'
import { serveRows } from './services.ts'
import type { Environment } from './environment.ts'
import type { Implementation } from './implementation.ts'
import type { Node } from './node.ts'

/** Listens, serves every row, and hands its address over. */
export async function startListener (environment: Environment, implementation: Implementation, signal: AbortSignal): Promise<Node> {
  const node = await startNode(implementation, environment.ip)
  await serveRows(node, implementation)
  const address = addressForOthers(node, environment.ip)
  console.error(`listening on ${address}`)
  const rendezvous = new Rendezvous(environment, signal)
  await rendezvous.push(address)
  rendezvous.close()

  return node
}
