/**
 * A program whose node takes so many streams and reads none of them. Says its address, then what they made it hold.
 */

import { setTimeout as delay } from 'node:timers/promises'
import { Nodes, until } from '../../fixtures/nodes.ts'
import { sample } from '../fixtures/sample.ts'

export interface UnreadArgument {
  protocol: string
  streams: number
}

/** By then the windows are full. */
const FILL_MS = 2_000
const PATIENCE_MS = 60_000

const { protocol, streams }: UnreadArgument = JSON.parse(process.argv[2])
const nodes = new Nodes()
const node = await nodes.listen()
let taken = 0
await node.handle(protocol, () => { taken++ }, { maxInboundStreams: Infinity })
const before = await sample()
process.send?.(node.getMultiaddrs()[0].toString())
await until(() => taken === streams, PATIENCE_MS)
await delay(FILL_MS)
process.send?.({ items: streams, before, after: await sample() })
await nodes.stop()
