/** A program with connections on which nothing happens but keep-alives, very many of them. */

import { setTimeout as delay } from 'node:timers/promises'
import { Nodes } from '../../fixtures/nodes.ts'
import { sample } from '../fixtures/sample.ts'

const CONNECTIONS = 32
const KEEP_ALIVE_INTERVAL_MS = 10

const idleMs: number = JSON.parse(process.argv[2])
const quic = { keepAliveIntervalMs: KEEP_ALIVE_INTERVAL_MS }
const nodes = new Nodes()
const listener = await nodes.listen({ quic, connectionManager: { inboundConnectionThreshold: Infinity } })

for (let i = 0; i < CONNECTIONS; i++) {
  const dialer = await nodes.create({ quic })
  await dialer.dial(listener.getMultiaddrs())
}

await delay(idleMs / 2)
const before = await sample()
await delay(idleMs)
const after = await sample()
const connections = listener.getConnections().length
await nodes.stop()
process.send?.({ items: CONNECTIONS * idleMs / KEEP_ALIVE_INTERVAL_MS, before, after, connections })
