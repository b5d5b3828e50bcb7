import { expect } from 'aegir/chai'
import { dropCount, graftedPeers, Harness, peerNames, prunedPeers, pruneOf, TOPIC } from '../router/harness.ts'
import { seeds } from '../router/seeds.ts'
import { Network } from '../sim/network.ts'
import { onlyWorth, WorthHarness } from './worth.ts'

describe('conformance: prune backoff', () => {
  it('rust test_prune_backoffed_peer_on_graft: a GRAFT in the backoff gets a PRUNE with the backoff, without peers', () => {
    const harness = new WorthHarness({}, { doPX: true })
    harness.join()
    harness.connectSubscribers(peerNames(20))
    harness.graft('peer0', TOPIC)
    harness.worth.set('peer0', -1)
    expect(prunedPeers(harness.tick())).to.deep.equal(['peer0'])
    harness.worth.set('peer0', 0)

    const prune = pruneOf(harness.graft('peer0', TOPIC), 'peer0')

    expect(prune).to.deep.equal({ topic: TOPIC, backoffMs: 60_000, peers: [] })
  })

  it('rust test_do_not_graft_within_backoff_period: we keep to the backoff that a PRUNE says, and one heartbeat more', () => {
    const harness = new Harness({ heartbeatInterval: 100 })
    harness.join()
    harness.connectSubscribers(['peer'])
    harness.prune('peer', TOPIC, 1)

    expect(ticksUntilGraft(harness)).to.equal(11)
  })

  it('rust test_do_not_graft_within_default_backoff_period_after_receiving_prune_without_backoff', () => {
    const harness = new Harness({ heartbeatInterval: 100, pruneBackoff: 90 })
    harness.join()
    harness.connectSubscribers(['peer'])
    harness.prune('peer', TOPIC)

    expect(ticksUntilGraft(harness)).to.equal(2)
  })

  it('rust test_unsubscribe_backoff: LEAVE says its own backoff, and binds us when we join again', () => {
    const harness = new Harness({ heartbeatInterval: 100, pruneBackoff: 5_000, unsubscribeBackoff: 1_000 })
    harness.join()
    harness.connectSubscribers(['peer'])

    expect(pruneOf(harness.leave(), 'peer')?.backoffMs).to.equal(1_000)
    expect(graftedPeers(harness.join())).to.be.empty()
    expect(ticksUntilGraft(harness)).to.equal(11)
  })

  it('go TestGossipSubLeaveTopic: both sides keep to the unsubscribe backoff', () => {
    const network = new Network(1, 2, { unsubscribeBackoff: 5_000 })
    const [leaver, stayer] = network.nodes
    network.connect(leaver, stayer)
    network.nodes.forEach(node => { network.join(node) })
    network.run(2_000)
    expect(network.meshOf(stayer)).to.include(leaver.id)

    network.leave(leaver)
    network.run(200)
    network.join(leaver)

    network.run(4_500)
    expect([leaver, stayer].map(node => network.meshOf(node).size)).to.deep.equal([0, 0])
    network.run(3_000)
    expect([leaver, stayer].map(node => network.meshOf(node).size)).to.deep.equal([1, 1])
  })

  it('go TestGossipSubJoinTopic: JOIN does not graft a peer in backoff, nor a heartbeat after it', () => {
    const harness = new Harness()
    harness.connectSubscribers(['backing off', 'free'])
    harness.join()
    harness.prune('backing off', TOPIC, 60)
    harness.leave()
    harness.tick(20_000)

    expect(graftedPeers(harness.join())).to.deep.equal(['free'])
    expect(graftedPeers(harness.tick())).to.be.empty()
  })

  it('a GRAFT is free again when the backoff is over, not one heartbeat later: the slack is ours alone', () => {
    const harness = new Harness()
    harness.join()
    harness.connectSubscribers(['peer'])
    harness.prune('peer', TOPIC, 30)
    harness.now += 30_000

    expect(dropCount(harness.graft('peer', TOPIC), 'graft-in-backoff')).to.equal(0)
    expect(harness.mesh()).to.deep.equal(['peer'])
  })

  for (const seed of seeds()) {
    it(`go TestGossipsubPruneBackoffTime: a peer of negative score is pruned by all, for the backoff (SEED=${seed})`, () => {
      let outcast = ''
      const scoreParams = onlyWorth(peer => peer === outcast ? -1 : 0)
      const network = new Network(seed, 10, { pruneBackoff: 10_000 }, { scoreParams })
      network.connectRandomly(9)
      network.nodes.forEach(node => { network.join(node) })
      network.run(3_000)
      const [first, ...others] = network.nodes

      outcast = first.id
      network.run(2_500)
      expect(others.filter(node => network.meshOf(node).has(outcast))).to.be.empty()

      // forgiven, but not before the backoff ends
      outcast = ''
      const messages = others.map(node => network.publish(node))
      network.run(6_000)
      expect(others.filter(node => network.meshOf(node).has(first.id))).to.be.empty()
      expect(network.pushes.filter(push => push.to === first.id && push.reason === 'forward')).to.be.empty()

      network.run(12_000)
      expect(network.meshOf(first).size).to.be.greaterThan(0)
      messages.push(network.publish(first))
      network.run(3_000)
      expect(messages.flatMap(message => network.missed(message))).to.be.empty()
    })
  }
})

/** How many heartbeats it takes. */
function ticksUntilGraft (harness: Harness): number {
  for (let ticks = 1; ticks <= 100; ticks++) {
    if (graftedPeers(harness.tick()).length > 0) {
      return ticks
    }
  }

  throw new Error('No GRAFT in 100 heartbeats')
}
