import { expect } from 'aegir/chai'
import { seeds } from '../router/seeds.ts'
import { Network, TOPIC } from './network.ts'
import type { RoutedMessage } from '../../src/router/events.ts'

const NODES = 30

for (const seed of seeds()) {
  describe(`simulation: recovery (SEED=${seed})`, () => {
    it('a node that misses every push gets the messages by IHAVE and IWANT', () => {
      const network = joinedNetwork(seed)
      const victim = network.nodes[1]
      network.isLost = push => push.to === victim.id && push.reason !== 'iwant'
      const messages = Array.from({ length: 10 }, () => network.publish(network.nodes[0]))
      network.run(6_000)

      expect(messages.flatMap(message => network.missed(message))).to.be.empty()
      expect(network.pushes.filter(push => push.to === victim.id).every(push => push.reason === 'iwant')).to.equal(true)
    })

    it('a link that loses pushes costs nobody a message', () => {
      const network = joinedNetwork(seed)
      const [a] = network.nodes
      const [b] = network.meshOf(a)
      network.isLost = ({ from, to, reason }) => reason !== 'iwant' && ((from === a.id && to === b) || (from === b && to === a.id))
      const messages = network.nodes.map(node => network.publish(node))
      network.run(6_000)

      expect(messages.flatMap(message => network.missed(message))).to.be.empty()
    })

    it('a third of all pushes may be lost', () => {
      const network = joinedNetwork(seed)
      network.isLost = push => push.reason !== 'iwant' && network.random.below(3) === 0
      const messages = network.nodes.map(node => network.publish(node))
      network.run(10_000)

      expect(messages.flatMap(message => network.missed(message))).to.be.empty()
    })

    it('nodes that never vanish get every message while others come and go', () => {
      const network = joinedNetwork(seed)
      const stable = network.nodes.slice(0, 20)
      const unstable = network.nodes.slice(20)
      const messages: RoutedMessage[] = []

      for (let round = 0; round < 30; round++) {
        const node = unstable[network.random.below(unstable.length)]

        if (node.isUp) {
          network.crash(node)
        } else {
          network.restart(node)
          network.join(node)
          network.connectToOthers(node, 10)
        }

        network.run(network.random.below(1_000))
        messages.push(network.publish(stable[network.random.below(stable.length)]))
      }

      network.run(6_000)
      expect(messages.flatMap(message => network.missed(message, stable))).to.be.empty()

      // and when all are back, all get every message
      unstable.filter(node => !node.isUp).forEach(node => {
        network.restart(node)
        network.join(node)
      })
      network.connectRandomly(10)
      network.run(5_000)
      const last = network.publish(unstable[0])
      network.run(5_000)
      expect(network.missed(last)).to.be.empty()
    })

    it('nodes that leave and join again inside the backoff get messages, and a mesh when the backoff is over', () => {
      const network = joinedNetwork(seed)
      const node = network.nodes[0]
      network.leave(node)
      network.run(500)
      network.join(node)
      network.run(2_000)
      const early = network.publish(network.nodes[1])
      network.run(12_000)
      const late = network.publish(network.nodes[2])
      network.run(5_000)

      expect(network.missed(early)).to.be.empty()
      expect(network.missed(late)).to.be.empty()
      expect(network.meshOf(node).size).to.be.at.least(network.params.Dlo)
    })

    it('nobody keeps a node in its mesh that left', () => {
      const network = joinedNetwork(seed)
      const node = network.nodes[0]
      network.leave(node)
      network.run(2_000)

      network.nodes.forEach(other => { expect(network.meshOf(other).has(node.id)).to.equal(false) })
      expect(node.router.mesh.has(TOPIC)).to.equal(false)
    })

    it('two halves that meet become one network', () => {
      const network = new Network(seed, NODES)
      network.nodes.forEach(node => { network.join(node) })
      const halves = [network.nodes.slice(0, 15), network.nodes.slice(15)]
      halves.forEach(half => {
        half.forEach((node, i) => { half.slice(i + 1).forEach(other => { network.connect(node, other) }) })
      })
      network.run(3_000)
      halves[0].forEach((node, i) => { network.connect(node, halves[1][i]) })
      network.run(3_000)
      const message = network.publish(network.nodes[0])
      network.run(6_000)

      expect(network.missed(message)).to.be.empty()
    })
  })
}

function joinedNetwork (seed: number): Network {
  const network = new Network(seed, NODES)
  network.nodes.forEach(node => { network.join(node) })
  network.connectRandomly(15)
  network.run(3_000)

  return network
}
