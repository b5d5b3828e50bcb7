import { expect } from 'aegir/chai'
import { seeds } from '../router/seeds.ts'
import { Network } from './network.ts'

const NODES = 30
const LINKS_PER_NODE = 10

for (const seed of seeds()) {
  describe(`simulation: propagation (SEED=${seed})`, () => {
    it('every message reaches all subscribers, each once', () => {
      const network = joinedNetwork(seed)
      const messages = Array.from({ length: 40 }, () => {
        network.run(network.random.below(200))
        return network.publish(network.nodes[network.random.below(NODES)])
      })

      network.run(5_000)

      expect(messages.flatMap(message => network.missed(message))).to.be.empty()
    })

    it('a message before the first heartbeat is not lost', () => {
      const network = new Network(seed, NODES, { heartbeatInterval: 60_000 })
      network.nodes.forEach(node => { network.join(node) })
      network.connectRandomly(LINKS_PER_NODE)
      network.run(250)
      const ticksBefore = network.trace.filter(line => line.includes('ihave":[{')).length
      const message = network.publish(network.nodes[0])
      network.run(2_000)

      expect(ticksBefore).to.equal(0)
      expect(network.missed(message)).to.be.empty()
    })

    it('meshes come to rest between Dlo and Dhi, and both ends of a link agree', () => {
      const network = joinedNetwork(seed)
      network.run(10_000)

      for (const node of network.nodes) {
        const mesh = network.meshOf(node)
        expect(mesh.size, node.id).to.be.within(network.params.Dlo, network.params.Dhi)

        for (const other of network.neighbours(node)) {
          expect(network.meshOf(other).has(node.id), `${other.id} has ${node.id}`).to.equal(mesh.has(other.id))
        }
      }
    })

    it('nobody is pushed a message twice by the same peer, or pushed its own', () => {
      const network = joinedNetwork(seed)
      const messages = Array.from({ length: 10 }, () => network.publish(network.nodes[network.random.below(NODES)]))
      network.run(5_000)

      const pushes = network.pushes
        .filter(push => push.reason !== 'iwant')
        .map(({ from, to, message }) => `${messages.indexOf(message)} ${from} ${to}`)

      expect(new Set(pushes).size).to.equal(pushes.length)
      expect(network.pushes.filter(({ to, message }) => to === message.author)).to.be.empty()
    })

    it('costs about the degree of the mesh, not the number of links', () => {
      const network = joinedNetwork(seed, 29)
      network.run(5_000)
      const before = network.pushes.length
      Array.from({ length: 20 }, () => network.publish(network.nodes[0]))
      network.run(5_000)

      expect((network.pushes.length - before) / 20 / NODES).to.be.lessThan(network.params.Dhi)
    })

    it('publishers that did not join reach all subscribers by their fanout', () => {
      const network = new Network(seed, NODES)
      const publishers = network.nodes.slice(0, 3)
      const subscribers = network.nodes.slice(3)
      subscribers.forEach(node => { network.join(node) })
      network.connectRandomly(LINKS_PER_NODE)
      network.run(3_000)

      const messages = publishers.flatMap(node => [network.publish(node), network.publish(node)])
      network.run(5_000)

      expect(messages.flatMap(message => network.missed(message, subscribers))).to.be.empty()
      publishers.forEach(node => { expect(node.deliveries.size).to.equal(0) })
    })

    it('topics do not mix: each message reaches the subscribers of its topic', () => {
      const network = new Network(seed, NODES)
      const subscribersOf = (index: number): typeof network.nodes => network.nodes.filter((_, i) => i % 3 !== index)
      const topics = ['a', 'b', 'c']
      topics.forEach((topic, index) => { subscribersOf(index).forEach(node => { network.join(node, topic) }) })
      network.connectRandomly(LINKS_PER_NODE)
      network.run(3_000)

      const messages = topics.map((topic, index) => network.publish(subscribersOf(index)[0], topic))
      network.run(5_000)

      messages.forEach((message, index) => {
        expect(network.missed(message, subscribersOf(index))).to.be.empty()
        network.nodes.filter((_, i) => i % 3 === index).forEach(node => { expect(node.deliveries.has(message)).to.equal(false) })
      })
    })

    it('a message that a node rejects goes no further through it, and reaches all others', () => {
      const network = joinedNetwork(seed)
      network.run(3_000)
      const [author, critic, ...others] = network.nodes
      network.verdictOf = node => node === critic ? 'reject' : 'accept'
      const message = network.publish(author)
      network.run(5_000)

      expect(network.missed(message, others)).to.be.empty()
      expect(critic.deliveries.has(message)).to.equal(false)
      expect(network.pushes.filter(push => push.from === critic.id && push.message === message)).to.be.empty()
    })
  })
}

function joinedNetwork (seed: number, linksPerNode = LINKS_PER_NODE): Network {
  const network = new Network(seed, NODES)
  network.nodes.forEach(node => { network.join(node) })
  network.connectRandomly(linksPerNode)
  network.run(2_000)

  return network
}
