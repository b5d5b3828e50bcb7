import type { Expectation } from './expectations.ts'
import type { NodeLog } from './node-logs.ts'

/** What became of one message. */
export interface Delivery extends Expectation {
  /** Of each node that it arrived at, other than its publisher: ms after the first arrival anywhere, as in libp2p's analysis. */
  latenciesMs: Map<number, number>
  /** Arrivals beyond the first at each node; at its publisher all are. */
  copies: number
}

/**
 * @param expected - by the script
 * @param logs - of all nodes
 */
export function deliveries (expected: readonly Expectation[], logs: readonly NodeLog[]): Delivery[] {
  return expected.map((expectation) => {
    const arrivals = logs.map(({ nodeId, arrivals }) => ({
      nodeId,
      times: arrivals.filter(({ id }) => id === expectation.id).map(({ timeMs }) => timeMs)
    }))
    const others = arrivals.filter(({ nodeId, times }) => nodeId !== expectation.publisher && times.length > 0)
    const firsts = others.map(({ nodeId, times }) => [nodeId, times.reduce((a, b) => Math.min(a, b))] as const)
    const firstMs = Math.min(...firsts.map(([, timeMs]) => timeMs))
    const total = arrivals.reduce((sum, { times }) => sum + times.length, 0)

    return {
      ...expectation,
      latenciesMs: new Map(firsts.map(([nodeId, timeMs]) => [nodeId, timeMs - firstMs])),
      copies: total - firsts.length
    }
  })
}

/**
 * What is wrong with a run; nothing, when each message reached all of its receivers and nobody else.
 *
 * @param all - in the order of their publishing
 * @param skip - so many of the first messages are not looked at
 */
export function deliveryFaults (all: readonly Delivery[], skip: number): string[] {
  const counted = all.slice(skip)

  if (counted.length === 0) {
    return [`no messages are left after the first ${skip} of ${all.length}`]
  }

  return counted.flatMap(({ id, topic, publisher, receivers, latenciesMs }) => {
    const missing = [...receivers].filter(node => !latenciesMs.has(node))
    const strangers = [...latenciesMs.keys()].filter(node => !receivers.has(node))
    const reached = `${receivers.size - missing.length} of ${receivers.size}`

    return [
      ...missing.length > 0 ? [`message ${id} of node${publisher} on ${topic} reached ${reached} nodes, not ${nodeNames(missing)}`] : [],
      ...strangers.length > 0 ? [`message ${id} on ${topic} reached ${nodeNames(strangers)}, not subscribed`] : [],
      ...receivers.size === 0 ? [`message ${id} on ${topic} has nobody to reach`] : []
    ]
  })
}

/** What is wrong with who the nodes say that they are. */
export function identityFaults (logs: readonly NodeLog[], peerIds: readonly string[]): string[] {
  return peerIds.flatMap((peerId, nodeId) => {
    const said = logs.filter(log => log.nodeId === nodeId).map(log => log.peerId)

    return said.length === 1 && said[0] === peerId ? [] : [`node${nodeId} has the peer id ${said.join(', ') || 'of nobody'}, not ${peerId}`]
  })
}

function nodeNames (ids: number[]): string {
  return ids.sort((a, b) => a - b).map(id => `node${id}`).join(', ')
}
