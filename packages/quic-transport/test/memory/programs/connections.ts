/** A program that opens and closes connections, each with a stream, between nodes of its own. */

import { Nodes, readAll, until } from '../../fixtures/nodes.ts'
import { growth } from '../fixtures/growth.ts'

const PROTOCOL = '/echo/1.0.0'

/** libp2p makes one of dials to one node from one node. */
const DIALERS = 8

const nodes = new Nodes()
const listener = await nodes.listen({ connectionManager: { inboundConnectionThreshold: Infinity } })
const dialers = await Promise.all([...Array(DIALERS)].map(async () => nodes.create()))
let echoes = 0
await listener.handle(PROTOCOL, async (stream) => {
  stream.send(await readAll(stream))
  await stream.close()
})

const report = await growth(JSON.parse(process.argv[2]), async (count) => {
  await Promise.all(dialers.map(async dialer => {
    for (let i = 0; i < count; i += DIALERS) {
      const connection = await dialer.dial(listener.getMultiaddrs())
      const stream = await connection.newStream(PROTOCOL)
      stream.send(new Uint8Array(1))
      await stream.close()
      const { byteLength } = await readAll(stream)
      echoes += byteLength
      await connection.close()
    }
  }))
  await until(() => listener.getConnections().length === 0, 20_000)
})
await nodes.stop()
process.send?.({ ...report, echoes })
