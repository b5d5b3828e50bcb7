import { expect } from 'aegir/chai'
import { connect, createNode, stopNodes, untilSubscribed } from './fixtures/node.ts'
import type { TestNode } from './fixtures/node.ts'

describe('publish that reaches nobody because of scores', () => {
  afterEach(async () => { await stopNodes() })

  async function pair (): Promise<{ alice: TestNode, bob: TestNode }> {
    const alice = await createNode({
      globalSignaturePolicy: 'StrictNoSign',
      scoreParams: { appSpecificScore: () => -60, appSpecificWeight: 1 }
    })
    const bob = await createNode({ globalSignaturePolicy: 'StrictNoSign' })
    bob.pubsub.subscribe('t')
    await connect(alice, bob)
    await untilSubscribed('t', alice)
    while (alice.pubsub.getSubscribers('t').length === 0) { await new Promise(resolve => setTimeout(resolve, 5)) }
    return { alice, bob }
  }

  it('may be tried again: it was not remembered as sent', async () => {
    const { alice } = await pair()
    const data = Uint8Array.of(1, 2, 3)
    const first = await alice.pubsub.publish('t', data).catch((err: Error) => err.message)
    const second = await alice.pubsub.publish('t', data).catch((err: Error) => err.message)
    expect([first, second]).to.deep.equal(['PublishError.NoPeersSubscribedToTopic', 'PublishError.NoPeersSubscribedToTopic'])
  })
})
