import { expect } from 'aegir/chai'
import { createMessage, Harness, only, peerNames, recipients } from '../router/harness.ts'
import { seeds } from '../router/seeds.ts'
import { Network } from '../sim/network.ts'

describe('conformance: fanout', () => {
  it('rust test_fanout: a topic that was left is published to by a fanout of D peers, and the message can be asked for', () => {
    const harness = new Harness()
    harness.connectSubscribers(peerNames(20))
    harness.join()
    harness.leave()

    const receivers = recipients(harness.publish(createMessage(1)))

    expect(harness.fanout()).to.have.lengthOf(6).and.to.have.members(receivers)
    expect(only(harness.iwant('peer0', [createMessage(1)]), 'sendMessage')).to.have.lengthOf(1)
  })
})

for (const seed of seeds()) {
  describe(`conformance: fanout in a network (SEED=${seed})`, () => {
    it('go TestGossipsubFanout: a publisher reaches all before it joins, and after', () => {
      const network = joinedNetwork(seed)
      const [publisher, ...subscribers] = network.nodes
      const before = Array.from({ length: 20 }, () => network.publish(publisher))
      network.run(5_000)

      expect(before.flatMap(message => network.missed(message))).to.be.empty()
      expect(publisher.router.fanout.size).to.equal(1)

      network.join(publisher)
      network.run(2_000)
      const after = [...subscribers.map(node => network.publish(node)), network.publish(publisher)]
      network.run(5_000)

      expect(after.flatMap(message => network.missed(message))).to.be.empty()
      expect(publisher.router.fanout.size).to.equal(0)
    })

    it('go TestGossipsubFanoutMaintenance: a fanout whose peers all leave is filled again when they are back', () => {
      const network = joinedNetwork(seed)
      const [publisher, ...subscribers] = network.nodes
      network.publish(publisher)
      network.run(2_000)

      subscribers.forEach(node => { network.leave(node) })
      network.run(2_000)
      expect([...publisher.router.fanout.values()].map(members => members.size)).to.deep.equal([0])

      subscribers.forEach(node => { network.join(node) })
      network.run(2_000)
      expect([...publisher.router.fanout.values()].map(members => members.size)).to.deep.equal([6])

      const messages = Array.from({ length: 20 }, () => network.publish(publisher))
      network.run(6_000)
      expect(messages.flatMap(message => network.missed(message))).to.be.empty()
    })
  })
}

/** Twenty nodes, of which the first did not join. */
function joinedNetwork (seed: number): Network {
  const network = new Network(seed, 20)
  network.connectRandomly(10)
  network.nodes.slice(1).forEach(node => { network.join(node) })
  network.run(3_000)

  return network
}
