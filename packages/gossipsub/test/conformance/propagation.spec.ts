import { expect } from 'aegir/chai'
import { seeds } from '../router/seeds.ts'
import { Network, TOPIC } from '../sim/network.ts'
import type { RoutedMessage } from '../../src/router/events.ts'
import type { SimNode } from '../sim/network.ts'

for (const seed of seeds()) {
  describe(`conformance: propagation (SEED=${seed})`, () => {
    it('go TestSparseGossipsub: 20 nodes of 3 links', () => {
      const network = joinedNetwork(seed, 20, 3)

      expectToReachAll(network, publishMany(network, 100))
    })

    it('go TestDenseGossipsub: 20 nodes of 10 links', () => {
      const network = joinedNetwork(seed, 20, 10)

      expectToReachAll(network, publishMany(network, 100))
    })

    it('go TestGossipsubGossip: messages with gossip in between arrive once', () => {
      const network = joinedNetwork(seed, 20, 10)
      const messages = Array.from({ length: 30 }, () => {
        network.run(100)
        return publishMany(network, 1)
      }).flat()

      expectToReachAll(network, messages)
    })

    it('go TestGossipsubPrune: nodes whose peers go have meshes again after a few heartbeats', () => {
      const network = joinedNetwork(seed, 20, 10)
      const [, ...stayers] = network.nodes.slice(4)
      network.nodes.slice(0, 5).forEach(node => { network.crash(node) })
      network.run(3_000)

      expect(stayers.filter(node => network.meshOf(node).size < 4)).to.be.empty()
      expectToReachAll(network, stayers.flatMap(node => network.publish(node)), stayers)
    })

    it('go TestGossipsubRemovePeer: messages that are on their way while nodes vanish reach all others', () => {
      const network = joinedNetwork(seed, 20, 10)
      const stayers = network.nodes.slice(5)
      const messages = stayers.map(node => network.publish(node))
      network.nodes.slice(0, 5).forEach(node => { network.crash(node) })

      expectToReachAll(network, messages, stayers)
    })

    it('go TestGossipsubGraft: nodes that join one after the other', () => {
      const network = new Network(seed, 20)
      network.connectRandomly(3)
      network.run(1_000)

      for (const node of network.nodes) {
        network.join(node)
        network.run(100)
      }

      network.run(2_000)
      expectToReachAll(network, publishMany(network, 100))
    })

    it('go TestGossipsubGraftPruneRetry: 35 topics joined at once', () => {
      const network = new Network(seed, 10)
      const topics = Array.from({ length: 35 }, (_, i) => `topic ${i}`)
      network.connectRandomly(9)
      network.nodes.forEach(node => { topics.forEach(topic => { network.join(node, topic) }) })
      network.run(5_000)

      for (const topic of topics) {
        expect(network.nodes.map(node => network.meshOf(node, topic).size).every(size => size >= 4 && size <= 12), topic).to.equal(true)
      }
      expectToReachAll(network, topics.map((topic, i) => network.publish(network.nodes[i % 10], topic)))
    })

    it('go TestGossipsubMultihops: along a line', () => {
      const network = new Network(seed, 6)
      network.nodes.slice(1).forEach((node, i) => { network.connect(network.nodes[i], node) })
      joinAll(network)

      expectToReachAll(network, publishMany(network, 10))
    })

    it('go TestGossipsubTreeTopology: along a tree, from its root and from its leaves', () => {
      const network = new Network(seed, 10)
      network.nodes.slice(1).forEach((node, i) => { network.connect(network.nodes[Math.floor(i / 2)], node) })
      joinAll(network)

      expectToReachAll(network, [network.nodes[0], network.nodes[9], network.nodes[7]].map(node => network.publish(node)))
    })
  })
}

function joinedNetwork (seed: number, size: number, degree: number): Network {
  const network = new Network(seed, size)
  network.connectRandomly(degree)
  joinAll(network)

  return network
}

function joinAll (network: Network): void {
  network.nodes.forEach(node => { network.join(node, TOPIC) })
  network.run(3_000)
}

/** From random nodes. */
function publishMany (network: Network, count: number): RoutedMessage[] {
  return Array.from({ length: count }, () => network.publish(network.random.sample(network.nodes, 1)[0]))
}

function expectToReachAll (network: Network, messages: RoutedMessage[], nodes: SimNode[] = network.nodes): void {
  network.run(6_000)

  expect(messages.flatMap(message => network.missed(message, nodes))).to.be.empty()
}
