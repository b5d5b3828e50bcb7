/**
 * A program that stops its node while the node dials a peer that says nothing and while strangers, who prove their address and
 * get no further, wait at its listener. Says how long that took, and should then end by itself.
 */

import { Nodes, until } from '../../fixtures/nodes.ts'
import { silentPeer } from '../../fixtures/silent-peer.ts'
import { StalledDials } from '../../fixtures/stalled-dials.ts'

export interface StalledReport {
  stopMs: number
  /** How the dials of the node ended. */
  dials: string[]
}

const DIALS = 5
const STRANGERS = 20

const nodes = new Nodes()
const node = await nodes.listen({ quic: { retryHandshakesPerSecond: 0 } })
const silent = await Promise.all([...Array(DIALS)].map(async () => silentPeer(nodes.stack)))
const dials = silent.map(async ({ address }) => node.dial(address).then(() => 'connected', (err: Error) => err.name))
const strangers = await StalledDials.create(node.getMultiaddrs()[0])

for (let i = 0; i < STRANGERS; i++) {
  strangers.add()
}

await until(() => strangers.answersLost >= STRANGERS && silent.every(({ heard }) => heard > 0), 20_000)
const startedAt = performance.now()
await node.stop()
const stopMs = performance.now() - startedAt
process.send?.({ stopMs, dials: await Promise.all(dials) } satisfies StalledReport)
await strangers.end()
silent.forEach(({ close }) => { close() })
