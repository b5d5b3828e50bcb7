import { expect } from 'aegir/chai'
import { closeOf, connectionFrom, Nodes, openStream, readAll, sendAll } from '../fixtures/nodes.ts'
import type { Connection, Libp2p } from '@libp2p/interface'

/** libp2p would refuse more than a few connections a second from one host. */
const connectionManager = { inboundConnectionThreshold: Infinity }
const RESTARTS = 8
const DIALERS = 3
const MESSAGE_BYTES = 10_000

describe('listening again on the same port', function () {
  this.timeout(60_000)
  const nodes = new Nodes()
  let dialers: Libp2p[]

  beforeEach(async () => {
    dialers = await Promise.all([...Array(DIALERS)].map(async () => nodes.create()))
  })

  afterEach(async () => {
    await nodes.stop()
  })

  /** Connects every dialler and sends both ways. */
  async function connectAll (listener: Libp2p): Promise<Connection[]> {
    const connections: Connection[] = []

    for (const dialer of dialers) {
      const opened = connectionFrom(listener)
      const connection = await dialer.dial(listener.getMultiaddrs())
      const [local, remote] = await openStream({ dialer, listener, connection, remote: await opened })
      const [up, down] = await Promise.all([
        readAll(remote), readAll(local), sendAll(remote, new Uint8Array(MESSAGE_BYTES)), sendAll(local, new Uint8Array(MESSAGE_BYTES))
      ])
      expect([up.byteLength, down.byteLength]).to.deep.equal([MESSAGE_BYTES, MESSAGE_BYTES])
      connections.push(connection)
    }

    return connections
  }

  it(`a node with live connections restarts ${RESTARTS} times and keeps its port`, async () => {
    const node = await nodes.listen()
    const listen = [withoutPeer(node)]
    await node.stop()
    const restarting = await nodes.create({ listen, connectionManager })

    for (let i = 0; i < RESTARTS; i++) {
      expect(withoutPeer(restarting)).to.equal(listen[0])
      const closed = (await connectAll(restarting)).map(closeOf)
      await restarting.stop()
      await restarting.start()
      await Promise.all(closed)
    }
  })

  it('two nodes take turns on a port, each with connections of its own', async () => {
    const first = await nodes.listen()
    const listen = [withoutPeer(first)]
    await first.stop()
    const turns: Libp2p[] = []

    for (let i = 0; i < 2; i++) {
      const node = await nodes.create({ listen, connectionManager })
      await node.stop()
      turns.push(node)
    }

    for (let i = 0; i < RESTARTS; i++) {
      const node = turns[i % turns.length]
      await node.start()
      const connections = await connectAll(node)
      expect(connections.every(({ remotePeer }) => remotePeer.equals(node.peerId))).to.be.true()
      const closed = connections.map(closeOf)
      await node.stop()
      await Promise.all(closed)
    }
  })

  it('a port in use is refused to another node, which can have it as soon as it is free', async () => {
    const first = await nodes.listen({ connectionManager })
    const [connection] = await connectAll(first)
    const listen = [withoutPeer(first)]
    await expect(nodes.create({ listen, connectionManager })).to.eventually.be.rejected()
    expect(connection.status).to.equal('open')

    await first.stop()
    await connectAll(await nodes.create({ listen, connectionManager }))
  })
})

function withoutPeer (node: Libp2p): string {
  return node.getMultiaddrs()[0].toString().replace(/\/p2p\/.*/, '')
}
