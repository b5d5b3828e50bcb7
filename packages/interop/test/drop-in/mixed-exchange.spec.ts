import { expect } from 'aegir/chai'
import { implementations } from './implementations.ts'
import { sleep, startNode, until } from './nodes.ts'
import type { ImplementationName } from './implementations.ts'
import type { Node } from './nodes.ts'
import type { GossipsubOpts } from '@libp2p/gossipsub'

const TOPIC = 'exchange'
const LEAVES = 5
/** Longer than it takes to dial who was named. */
const SETTLE_MS = 1_000

const OPTIONS: Partial<GossipsubOpts> = {
  heartbeatInterval: 200,
  scoreParams: { IPColocationFactorWeight: 0 },
  // any peer that does not misbehave may tell us of others
  scoreThresholds: { acceptPXThreshold: 0 }
}

/** With more than two in its mesh it prunes, and names others. */
const HUB: Partial<GossipsubOpts> = { ...OPTIONS, D: 2, Dlo: 1, Dhi: 2, Dscore: 1, Dout: 0 }

const pairs: ImplementationName[][] = [['quicmesh', 'libp2p'], ['libp2p', 'quicmesh'], ['quicmesh', 'quicmesh']]

describe('drop-in: peer exchange between quicmesh and @libp2p/gossipsub', function () {
  this.timeout(30_000)

  let nodes: Node[]

  beforeEach(() => { nodes = [] })

  afterEach(async () => {
    await Promise.all(nodes.map(async node => node.stop()))
  })

  pairs.forEach(([hub, leaf]) => {
    it(`${leaf} nodes that know ${hub} alone find each other when it prunes them`, async () => {
      nodes = await startStar(hub, leaf, true)

      await until(() => strangersIn(nodes).length > 0)
      // it prunes at a heartbeat, or refuses to be grafted
      await until(() => nodes[0].services.pubsub.getMeshPeers(TOPIC).length < LEAVES)

      const ids = nodes.slice(1).map(({ peerId }) => peerId.toString())
      expect(ids).to.include.members(strangersIn(nodes))
    })
  })

  it('nobody finds anybody when the one in the middle names nobody', async () => {
    nodes = await startStar('quicmesh', 'libp2p', false)
    await until(() => nodes[0].services.pubsub.getMeshPeers(TOPIC).length < LEAVES)
    await sleep(SETTLE_MS)

    expect(strangersIn(nodes)).to.deep.equal([])
  })
})

/** The first node is the one in the middle; the others know it alone. All are subscribed. */
async function startStar (hub: ImplementationName, leaf: ImplementationName, doPX: boolean): Promise<Node[]> {
  const nodes = await Promise.all([start(hub, { ...HUB, doPX }), ...Array.from({ length: LEAVES }, async () => start(leaf, OPTIONS))])
  const [center, ...leaves] = nodes
  nodes.forEach(node => { node.services.pubsub.subscribe(TOPIC) })

  for (const node of leaves) {
    await node.dial(center.getMultiaddrs())
  }

  await until(() => center.services.pubsub.getSubscribers(TOPIC).length >= LEAVES)

  return nodes
}

/** Peers in the meshes of the outer nodes that they did not dial. */
function strangersIn ([center, ...leaves]: Node[]): string[] {
  return leaves.flatMap(node => node.services.pubsub.getMeshPeers(TOPIC)).filter(peer => peer !== center.peerId.toString())
}

async function start (name: ImplementationName, options: Partial<GossipsubOpts>): Promise<Node> {
  return startNode(implementations[name](options))
}
