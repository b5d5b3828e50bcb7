import { expect } from 'aegir/chai'
import { FakeNode, sentOn } from '../fixtures/fake-node.ts'
import { until } from '../fixtures/node.ts'

describe('defects: outbound streams', () => {
  it('also: peers whose streams take for ever to open do not hold up others', async () => {
    const node = await FakeNode.create()
    await node.pubsub.start()
    node.pubsub.subscribe('topic')

    const slow = await Promise.all(Array.from({ length: 20 }, async () => node.connect()))
    await until(() => slow.every(({ connection }) => connection.opened.length === 1))

    for (const { connection } of slow) {
      connection.hangs = true
      connection.opened[0].onRemoteReset()
    }

    await until(() => slow.every(({ connection }) => connection.attempts === 2))
    const { connection } = await node.connect()
    await until(() => connection.opened.length === 1 && sentOn(connection.opened[0]).length > 0)

    expect(sentOn(connection.opened[0])[0].subscriptions).to.deep.equal([{ topic: 'topic', subscribe: true }])
    expect(slow.every(({ connection }) => connection.opened.length === 1)).to.equal(true)
    await node.pubsub.stop()
  })
})
