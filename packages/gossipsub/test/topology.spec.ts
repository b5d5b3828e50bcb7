import { expect } from 'aegir/chai'
import { FakeNode } from './fixtures/fake-node.ts'
import { until } from './fixtures/node.ts'
import type { ConnectionLimits } from '@libp2p/interface'

describe('peers that a registrar tells of', () => {
  let node: FakeNode

  beforeEach(async () => {
    node = await FakeNode.create()
    await node.pubsub.start()
  })

  afterEach(async () => { await node.pubsub.stop() })

  it('get a stream, also when the connection manager is told of the connection a little later', async () => {
    const connection = await node.introduce()
    await until(() => connection.opened.length === 1)

    expect(node.pubsub.peers.size).to.equal(1)
  })

  it('get one over a stub of a connection, which answers with a function when asked for its limits', async () => {
    const connection = await node.introduce({ limits: (() => {}) as ConnectionLimits })
    await until(() => connection.opened.length === 1)
  })

  it('get none over a limited connection, whatever its limits are', async () => {
    const connections = await Promise.all([{}, { seconds: 10 }, { bytes: 1_000n }].map(async limits => node.introduce({ limits })))
    const other = await node.introduce()
    await until(() => other.opened.length === 1)

    expect(connections.flatMap(({ opened }) => opened)).to.be.empty()
  })
})
