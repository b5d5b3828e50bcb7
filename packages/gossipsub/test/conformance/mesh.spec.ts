import { expect } from 'aegir/chai'
import { common, graftedPeers, Harness, only, peerNames, prunedPeers, TOPIC } from '../router/harness.ts'
import { seeds } from '../router/seeds.ts'
import { WorthHarness } from './worth.ts'

describe('conformance: GRAFT and PRUNE', () => {
  it('rust test_handle_graft_is_subscribed: a GRAFT is obeyed', () => {
    const harness = fullHarness()

    harness.graft('peer19', TOPIC)

    expect(harness.mesh()).to.include('peer19')
  })

  it('rust test_handle_graft_is_not_subscribed: not in a topic that we did not join', () => {
    const harness = fullHarness()
    const before = harness.mesh()

    harness.graft('peer19', 'another')

    expect(harness.mesh()).to.deep.equal(before)
    expect(harness.router.mesh.has('another')).to.equal(false)
  })

  it('rust test_handle_graft_multiple_topics, go TestGossipsubMultipleGraftTopics: each topic of a frame is decided on its own', () => {
    const harness = new Harness()
    const joined = ['one', 'two', 'four']
    joined.forEach(topic => harness.join(topic))
    harness.join('three')
    harness.leave('three')
    harness.connect('peer')

    harness.graft('peer', 'one', 'two', 'three', 'four')

    expect(joined.map(topic => harness.mesh(topic))).to.deep.equal([['peer'], ['peer'], ['peer']])
    expect(harness.router.mesh.has('three')).to.equal(false)
  })

  it('rust test_handle_prune_peer_in_mesh: a PRUNE is obeyed', () => {
    const harness = fullHarness()
    const [peer] = harness.mesh()

    harness.prune(peer, TOPIC)

    expect(harness.mesh()).to.have.lengthOf(5).and.not.to.include(peer)
  })

  it('rust test_graft_without_subscribe: a peer that only grafted leaves no trace', () => {
    const harness = new Harness()
    harness.join()
    harness.connect('peer')
    harness.graft('peer', TOPIC)
    expect(harness.mesh()).to.deep.equal(['peer'])

    harness.disconnect('peer')
    harness.leave()

    expect(harness.router.mesh.size).to.equal(0)
    expect(harness.router.topics.size).to.equal(0)
  })

  it('js emits an outbound graft exactly once when grafting on subscribe', () => {
    const harness = new Harness()
    harness.join()
    harness.connect('peer')

    const actions = harness.subscribe('peer', TOPIC)
    // the peer grafts us at the same time
    const answers = harness.graft('peer', TOPIC)

    expect(graftedPeers(actions)).to.deep.equal(['peer'])
    expect(only(actions, 'reportGraft')).to.have.lengthOf(1)
    expect(answers).to.be.empty()
  })

  it('js sends a single batched GRAFT when a peer subscribes to several topics at once', () => {
    const harness = new Harness()
    const topics = ['one', 'two', 'three']
    topics.forEach(topic => harness.join(topic))
    harness.connect('peer')

    const rpcs = only(harness.subscribe('peer', ...topics), 'sendRpc')

    expect(rpcs).to.have.lengthOf(1)
    expect(rpcs[0].control?.graft.map(({ topicID }) => topicID)).to.deep.equal(topics)
  })
})

describe('conformance: mesh maintenance', () => {
  it('rust test_mesh_addition: below Dlo a heartbeat fills up to D', () => {
    const harness = fullHarness()
    const pruned = harness.mesh().slice(0, 3)
    pruned.forEach(peer => harness.prune(peer, TOPIC))

    const grafted = graftedPeers(harness.tick())

    expect(harness.mesh()).to.have.lengthOf(6)
    expect(grafted).to.have.lengthOf(3)
    expect(common(grafted, pruned)).to.be.empty()
  })

  it('rust test_mesh_subtraction, go TestGossipsubPruneMeshCorrectly: above Dhi a heartbeat cuts to D, and no further', () => {
    const harness = new Harness()
    harness.join()
    harness.connectSubscribers(peerNames(22), TOPIC, { isOutbound: true })
    peerNames(22).forEach(peer => harness.graft(peer, TOPIC))
    expect(harness.mesh()).to.have.lengthOf(22)

    expect(prunedPeers(harness.tick())).to.have.lengthOf(16)
    expect(harness.mesh()).to.have.lengthOf(6)
    expect(prunedPeers(harness.tick())).to.be.empty()
    expect(harness.mesh()).to.have.lengthOf(6)
  })

  for (const seed of seeds()) {
    it(`rust test_do_not_remove_too_many_outbound_peers: Dout of them stay (SEED=${seed})`, () => {
      const harness = new Harness({}, { seed })
      harness.join()
      peerNames(12, 'inbound').forEach(peer => harness.connect(peer))
      peerNames(3, 'outbound').forEach(peer => harness.connect(peer, { isOutbound: true }))
      const peers = [...peerNames(12, 'inbound'), ...peerNames(3, 'outbound')]
      peers.forEach(peer => harness.graft(peer, TOPIC))
      expect(harness.mesh()).to.have.lengthOf(15)

      harness.tick()

      expect(harness.mesh()).to.have.lengthOf(6)
      expect(harness.mesh().filter(peer => peer.startsWith('outbound'))).to.have.lengthOf.at.least(2)
    })

    it(`rust test_keep_best_scoring_peers_on_oversubscription: the Dscore best stay (SEED=${seed})`, () => {
      const harness = new WorthHarness({}, { seed })
      const peers = peerNames(20)
      harness.join()
      peers.forEach((peer, i) => {
        harness.worth.set(peer, i)
        harness.connect(peer, { isOutbound: true })
        harness.graft(peer, TOPIC)
      })
      expect(harness.mesh()).to.have.lengthOf(20)

      harness.tick()

      expect(harness.mesh()).to.have.lengthOf(6).and.to.include.members(peers.slice(-4))
    })
  }

  it('rust test_keep_best_scoring_peers_on_oversubscription: the other places are left to chance', () => {
    const others = Array.from({ length: 20 }, (_, seed) => {
      const harness = new WorthHarness({}, { seed })
      harness.join()
      peerNames(20).forEach((peer, i) => {
        harness.worth.set(peer, i)
        harness.connect(peer, { isOutbound: true })
        harness.graft(peer, TOPIC)
      })
      harness.tick()

      return harness.mesh().filter(peer => (harness.worth.get(peer) ?? 0) < 16).sort().join()
    })

    expect(new Set(others).size).to.be.greaterThan(10)
  })
})

/** A mesh of D peers out of 20 subscribers. */
function fullHarness (): Harness {
  const harness = new Harness()
  harness.connectSubscribers(peerNames(20))
  harness.join()
  expect(harness.mesh()).to.have.lengthOf(6)

  return harness
}
