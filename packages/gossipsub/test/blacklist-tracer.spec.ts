import { expect } from 'aegir/chai'
import { connect, createNode, stopNodes, until, untilSubscribed } from './fixtures/node.ts'
import type { TraceEvent } from '../src/index.ts'

const TOPIC = 'news'

describe('blacklist and tracer in the service', () => {
  afterEach(stopNodes)

  it('a message of a blacklisted author is traced as rejected', async () => {
    const trace: TraceEvent[] = []
    const [author, relay, reader] = await Promise.all([createNode(), createNode(), createNode({ tracer: event => { trace.push(event) } })])
    ;[author, relay, reader].forEach(({ pubsub }) => { pubsub.subscribe(TOPIC) })
    await connect(author, relay)
    await connect(relay, reader)
    await untilSubscribed(TOPIC, author, reader)
    reader.pubsub.blacklist.add(author.libp2p.peerId.toString())
    await author.pubsub.publish(TOPIC, Uint8Array.of(1))
    await until(() => reader.pubsub.dropCounters['blacklisted-author'] === 1)

    expect(trace.flatMap(event => event.type === 1 ? [event.rejectMessage.reason] : [])).to.deep.equal(['blacklisted source'])
  })
})
