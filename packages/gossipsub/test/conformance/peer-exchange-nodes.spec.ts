import { expect } from 'aegir/chai'
import { connect, createNode, stopNodes, until } from '../fixtures/node.ts'
import type { TestNode } from '../fixtures/node.ts'

const TOPIC = 'news'
/** Stock libp2p takes so many connections per second from one address. */
const LEAVES = 5

/** A mesh of one or two, so that the centre has no place for most. */
const SMALL = { D: 2, Dlo: 2, Dhi: 2, Dscore: 1, Dout: 0 }

describe('conformance: peer exchange between nodes', () => {
  afterEach(stopNodes)

  it('go TestGossipsubStarTopologyWithSignedPeerRecords: the leaves of a star connect to each other by the records in PRUNE', async () => {
    const centre = await createNode({ ...SMALL, doPX: true })
    const leaves = await Promise.all(Array.from({ length: LEAVES }, async () => createNode({ ...SMALL, scoreThresholds: { acceptPXThreshold: 0 } })))
    const nodes = [centre, ...leaves]
    nodes.forEach(({ pubsub }) => { pubsub.subscribe(TOPIC) })
    await connectAll(leaves, centre)

    await until(() => connectedLeaves(leaves) >= LEAVES - SMALL.Dhi)
    await until(() => nodes.every(({ pubsub }) => pubsub.getMeshPeers(TOPIC).length > 0))

    // who sends what to whom: everything reaches everybody
    const received = nodes.map(({ pubsub }) => {
      const texts = new Set<string>()
      pubsub.addEventListener('message', ({ detail }) => { texts.add(new TextDecoder().decode(detail.data)) })

      return texts
    })
    await Promise.all(nodes.map(async ({ pubsub }, i) => pubsub.publish(TOPIC, new TextEncoder().encode(`from ${i}`))))
    await until(() => received.every(texts => texts.size === nodes.length - 1))
  })

  it('rust test_ignore_px_from_peers_below_accept_px_threshold: by default a stranger is not believed', async () => {
    const centre = await createNode({ ...SMALL, doPX: true })
    const leaves = await Promise.all(Array.from({ length: 4 }, async () => createNode(SMALL)))
    const nodes = [centre, ...leaves]
    nodes.forEach(({ pubsub }) => { pubsub.subscribe(TOPIC) })
    await connectAll(leaves, centre)

    await until(() => leaves.some(({ pubsub }) => pubsub.dropCounters['low-score-px'] != null))

    expect(connectedLeaves(leaves)).to.equal(0)
  })
})

async function connectAll (leaves: TestNode[], centre: TestNode): Promise<void> {
  for (const leaf of leaves) {
    await connect(leaf, centre)
  }
}

/** How many leaves are connected to more than the centre. */
function connectedLeaves (leaves: TestNode[]): number {
  return leaves.filter(({ libp2p }) => libp2p.getPeers().length > 1).length
}
