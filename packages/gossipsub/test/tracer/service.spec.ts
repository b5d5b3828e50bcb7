import { expect } from 'aegir/chai'
import { TraceType } from '../../src/index.ts'
import { connect, createNode, stopNodes, until, untilSubscribed } from '../fixtures/node.ts'
import type { TraceEvent } from '../../src/index.ts'

const TOPIC = 'news'
const { PUBLISH_MESSAGE, DELIVER_MESSAGE, ADD_PEER, RECV_RPC, SEND_RPC, JOIN, GRAFT } = TraceType

describe('the option tracer', () => {
  afterEach(stopNodes)

  it('is told of both sides of a publication, and of all that leads to it', async () => {
    const traces: TraceEvent[][] = [[], []]
    const nodes = await Promise.all(traces.map(async trace => createNode({ tracer: event => { trace.push(event) } })))
    nodes.forEach(({ pubsub }) => { pubsub.subscribe(TOPIC) })
    await connect(nodes[0], nodes[1])
    await untilSubscribed(TOPIC, ...nodes)
    await until(() => nodes.every(({ pubsub }) => pubsub.getMeshPeers(TOPIC).length === 1))

    await nodes[0].pubsub.publish(TOPIC, Uint8Array.of(1))
    const types = (i: number): number[] => traces[i].map(({ type }) => type)
    await until(() => types(1).includes(DELIVER_MESSAGE))

    const onBothSides = [ADD_PEER, RECV_RPC, SEND_RPC, JOIN, GRAFT, DELIVER_MESSAGE]
    expect(types(0)).to.include.members([PUBLISH_MESSAGE, ...onBothSides])
    expect(types(1)).to.include.members(onBothSides).and.to.not.include(PUBLISH_MESSAGE)
  })

  it('may throw without any other effect', async () => {
    const [tracing, other] = await Promise.all([createNode({ tracer: () => { throw new Error('no') } }), createNode()])
    const received: number[] = []
    tracing.pubsub.addEventListener('message', ({ detail }) => { received.push(detail.data[0]) })
    ;[tracing, other].forEach(({ pubsub }) => { pubsub.subscribe(TOPIC) })
    await connect(tracing, other)
    await untilSubscribed(TOPIC, tracing, other)

    await other.pubsub.publish(TOPIC, Uint8Array.of(1))
    await until(() => received.length > 0)
    expect(received).to.deep.equal([1])
  })
})
