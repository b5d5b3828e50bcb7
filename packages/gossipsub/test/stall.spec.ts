import { expect } from 'aegir/chai'
import { connect, createNode, stopNodes, until } from './fixtures/node.ts'

const TOPIC = 'topic'
const MESSAGES = 10
const MAX_FORWARD_AGE_MS = 1_000

afterEach(stopNodes)

describe('an application that blocks the event loop', () => {
  it('costs nobody a message, however long a forward may wait', async () => {
    const [a, b, c] = await Promise.all(Array.from({ length: 3 }, async () => createNode({ maxForwardAge: MAX_FORWARD_AGE_MS })))
    ;[a, b, c].forEach(({ pubsub }) => { pubsub.subscribe(TOPIC) })
    await Promise.all([connect(a, b), connect(c, b)])
    await until(() => b.pubsub.getMeshPeers(TOPIC).length === 2)

    let calls = 0
    b.pubsub.addEventListener('message', () => {
      const endMs = performance.now() + (++calls === MESSAGES / 2 ? MAX_FORWARD_AGE_MS + 200 : 0)

      while (performance.now() < endMs) { /* busy */ }
    })

    let received = 0
    c.pubsub.addEventListener('message', () => { received++ })
    await Promise.all(Array.from({ length: MESSAGES }, async (_, i) => a.pubsub.publish(TOPIC, Uint8Array.of(i))))
    await until(() => calls === MESSAGES)
    await until(() => received === MESSAGES)

    expect(b.pubsub.dropCounters).to.not.have.property('outbox-stale')
  })
})
