import { expect } from 'aegir/chai'
import { implementations } from './implementations.ts'
import { sleep, startNode, until } from './nodes.ts'
import { joinAll, textsOf } from './scenarios/network.ts'
import type { ImplementationName } from './implementations.ts'
import type { Node } from './nodes.ts'
import type { GossipsubOpts } from '@libp2p/gossipsub'

const TOPIC = 'gossip'
const MESSAGES = 10
/** How long to wait for copies that should not come. */
const SETTLE_MS = 300
/** Above `idontwantMinDataSize`. */
const LARGE_BYTES = 2_000

/** Below zero nobody is grafted; above the threshold all gossip. */
const GOSSIP_ONLY: Partial<GossipsubOpts> = {
  heartbeatInterval: 200,
  floodPublish: false,
  scoreParams: { appSpecificScore: () => -1, appSpecificWeight: 1, IPColocationFactorWeight: 0 },
  scoreThresholds: { gossipThreshold: -10, publishThreshold: -20, graylistThreshold: -30 }
}

const pairs: ImplementationName[][] = [['quicmesh', 'libp2p'], ['libp2p', 'quicmesh']]

describe('drop-in: gossip between quicmesh and @libp2p/gossipsub', function () {
  this.timeout(30_000)

  let nodes: Node[]

  beforeEach(() => { nodes = [] })

  afterEach(async () => {
    await Promise.all(nodes.map(async node => node.stop()))
  })

  pairs.forEach(([holder, asker]) => {
    it(`a peer outside the mesh, ${asker}, gets what ${holder} tells it of, each once`, async () => {
      const log: string[] = []
      nodes = await Promise.all([start(holder, {}), start(holder, GOSSIP_ONLY), start(asker, GOSSIP_ONLY)])
      const [author, middle, outsider] = nodes.map(node => node.services.pubsub)
      const texts = textsOf(nodes[2])
      nodes.forEach(node => { node.services.pubsub.subscribe(TOPIC) })
      await nodes[1].dial(nodes[2].getMultiaddrs())
      await until(() => middle.getSubscribers(TOPIC).length === 1 && outsider.getSubscribers(TOPIC).length === 1)
      middle.direct.add(nodes[0].peerId.toString())
      await nodes[0].dial(nodes[1].getMultiaddrs())
      await until(() => author.getSubscribers(TOPIC).length === 1)

      for (let i = 0; i < MESSAGES; i++) {
        log.push(`message ${i}`)
        await author.publish(TOPIC, Buffer.from(`message ${i}`), { floodPublish: true })
      }

      await until(() => texts.length >= MESSAGES)
      await sleep(SETTLE_MS)

      expect(texts.toSorted()).to.deep.equal(log.toSorted())
      expect(middle.getMeshPeers(TOPIC)).to.not.include(nodes[2].peerId.toString())
      expect(outsider.getMeshPeers(TOPIC)).to.deep.equal([])
    })
  })

  it('large messages reach all of a full graph with a sparse mesh exactly once', async () => {
    const options: Partial<GossipsubOpts> = { D: 3, Dlo: 2, Dhi: 4, Dscore: 1, Dout: 1, heartbeatInterval: 200 }
    nodes = await Promise.all(Array.from({ length: 8 }, async (_, index) => start(pairs[0][index % 2], options)))
    const received = nodes.map(textsOf)
    nodes.forEach(node => { node.services.pubsub.subscribe(TOPIC) })

    for (const [index, node] of nodes.entries()) {
      for (const other of nodes.slice(index + 1)) {
        await node.dial(other.getMultiaddrs())
      }
    }

    await until(() => nodes.every(({ services: { pubsub } }) => pubsub.getSubscribers(TOPIC).length === 7 && pubsub.getMeshPeers(TOPIC).length >= 2))
    const sent = nodes.map((_, index) => `${index} `.padEnd(LARGE_BYTES, '.'))
    await Promise.all(nodes.map(async ({ services: { pubsub } }, index) => pubsub.publish(TOPIC, Buffer.from(sent[index]), { floodPublish: false })))
    await until(() => received.every(texts => texts.length >= sent.length - 1))
    await sleep(SETTLE_MS)

    for (const [index, texts] of received.entries()) {
      expect(texts.toSorted()).to.deep.equal(sent.filter((_, author) => author !== index).toSorted(), `what node ${index} received`)
    }
  })

  pairs.forEach(([first, second]) => {
    it(`${first} and ${second} graft each other, and ${first} prunes when ${second} unsubscribes`, async () => {
      nodes = await Promise.all([start(first, {}), start(second, {})])
      const [stays, leaves] = nodes.map(node => node.services.pubsub)
      await nodes[0].dial(nodes[1].getMultiaddrs())
      await until(() => stays.getPeers().length === 1 && leaves.getPeers().length === 1)
      await joinAll(nodes, TOPIC)
      leaves.unsubscribe(TOPIC)
      await until(() => stays.getMeshPeers(TOPIC).length === 0 && stays.getSubscribers(TOPIC).length === 0)

      expect(leaves.getMeshPeers(TOPIC)).to.deep.equal([])
      expect(stays.getPeers()).to.have.lengthOf(1)
    })
  })
})

async function start (name: ImplementationName, options: Partial<GossipsubOpts>): Promise<Node> {
  return startNode(implementations[name](options))
}
