import { expect } from 'aegir/chai'
import { createMessage, gossipedPeers, graftedPeers, Harness, peerNames, prunedPeers, pruneOf, recipients, TOPIC } from '../router/harness.ts'
import { WorthHarness } from './worth.ts'

describe('conformance: direct peers and the mesh', () => {
  it('rust test_handle_graft_explicit_peer: its GRAFT is refused by a PRUNE without peers (gossipsub-v1.1.md "Explicit Peering Agreements")', () => {
    const harness = new Harness({}, { doPX: true })
    harness.addDirect('direct')
    harness.join('one')
    harness.join('two')
    harness.connectSubscribers(['direct', 'other'], 'one')

    const actions = harness.graft('direct', 'one', 'two')

    expect(harness.mesh('one')).to.deep.equal(['other'])
    expect(harness.mesh('two')).to.be.empty()
    expect(['one', 'two'].map(topic => pruneOf(actions, 'direct', topic)?.peers)).to.deep.equal([[], []])
  })

  it('rust explicit_peers_not_added_to_mesh_on_receiving_subscription', () => {
    const harness = new Harness()
    harness.addDirect('direct')
    harness.join()

    harness.connect('direct')
    harness.connect('other')
    expect(graftedPeers(harness.subscribe('direct', TOPIC))).to.be.empty()
    expect(graftedPeers(harness.subscribe('other', TOPIC))).to.deep.equal(['other'])
    expect(harness.mesh()).to.deep.equal(['other'])
  })

  it('rust do_not_graft_explicit_peer: a heartbeat does not either', () => {
    const harness = new Harness()
    harness.addDirect('direct')
    harness.join()
    harness.connectSubscribers(['direct'])

    expect(graftedPeers(harness.tick())).to.be.empty()
    expect(harness.mesh()).to.be.empty()
  })

  it('rust explicit_peers_not_added_to_mesh_on_subscribe: nor does JOIN', () => {
    const harness = new Harness()
    harness.addDirect('direct')
    harness.connectSubscribers(['direct', 'other'])

    expect(graftedPeers(harness.join())).to.deep.equal(['other'])
    expect(harness.mesh()).to.deep.equal(['other'])
  })

  it('rust explicit_peers_not_added_to_mesh_from_fanout_on_subscribe: nor after a fanout', () => {
    const harness = new Harness()
    harness.addDirect('direct')
    harness.connectSubscribers(['direct', 'other'])
    harness.publish(createMessage(1))

    expect(graftedPeers(harness.join())).to.deep.equal(['other'])
    expect(harness.mesh()).to.deep.equal(['other'])
  })

  it('go TestGossipsubDirectPeersFanout: it is not in the fanout, and gets what is published', () => {
    const harness = new Harness()
    harness.addDirect('direct')
    harness.connectSubscribers(['direct', 'other'])

    expect(recipients(harness.publish(createMessage(1)))).to.have.members(['direct', 'other'])
    expect(harness.fanout()).to.deep.equal(['other'])
    harness.tick()
    expect(harness.fanout()).to.deep.equal(['other'])

    harness.join()
    expect(harness.mesh()).to.deep.equal(['other'])
  })
})

describe('conformance: direct peers and messages', () => {
  it('rust do_forward_messages_to_explicit_peers: it gets every message once, whether the mesh is full or not', () => {
    const harness = new Harness()
    harness.addDirect('direct')
    harness.connectSubscribers(['direct', ...peerNames(20)])
    harness.join()

    expect(recipients(harness.validMessage(harness.mesh()[0], createMessage(1))).filter(peer => peer === 'direct')).to.have.lengthOf(1)
    expect(recipients(harness.publish(createMessage(2))).filter(peer => peer === 'direct')).to.have.lengthOf(1)
    expect(recipients(harness.publish(createMessage(3), true)).filter(peer => peer === 'direct')).to.have.lengthOf(1)
  })

  it('gets no messages of topics that it is not subscribed to', () => {
    const harness = new Harness()
    harness.addDirect('direct')
    harness.connect('direct')
    harness.connectSubscribers(['other'])
    harness.join()

    expect(recipients(harness.validMessage('other', createMessage(1)))).to.be.empty()
  })

  it('rust no_gossip_gets_sent_to_explicit_peers', () => {
    const harness = new Harness({ D: 0, Dlo: 0, Dhi: 0 })
    harness.addDirect('direct')
    harness.join()
    harness.connectSubscribers(['direct', 'other'])
    harness.validMessage('other', createMessage(1))

    expect(gossipedPeers(harness.tick())).to.deep.equal(['other'])
  })

  it('is heard whatever its score, and published to', () => {
    const harness = new WorthHarness()
    harness.worth.set('direct', -1_000).set('other', -1_000)
    harness.addDirect('direct')
    harness.join()
    harness.connectSubscribers(['direct', 'other'])

    expect(recipients(harness.validMessage('other', createMessage(1)))).to.be.empty()
    expect(harness.validMessage('direct', createMessage(2)).map(action => action.type)).to.include('deliver')
    expect(recipients(harness.publish(createMessage(3), true))).to.deep.equal(['direct'])
  })
})

describe('conformance: direct peers at run time', () => {
  it('go TestGossipsubDynamicDirectPeers: a mesh peer that becomes direct leaves the mesh by a PRUNE, and is a candidate again afterwards', () => {
    const harness = new Harness({ pruneBackoff: 10_000 })
    harness.join()
    harness.connectSubscribers(['peer'])
    expect(harness.mesh()).to.deep.equal(['peer'])

    expect(prunedPeers(harness.addDirect('peer'))).to.deep.equal(['peer'])
    expect(harness.mesh()).to.be.empty()
    expect(recipients(harness.publish(createMessage(1)))).to.deep.equal(['peer'])

    harness.removeDirect('peer')
    harness.tick(11_000)
    expect(harness.mesh()).to.deep.equal(['peer'])
  })

  it('go TestGossipsubDynamicDirectPeers: a peer that is no longer direct is pushed nothing outside the mesh', () => {
    const harness = new Harness({ D: 0, Dlo: 0, Dhi: 0 })
    harness.addDirect('direct')
    harness.join()
    harness.connectSubscribers(['direct', 'other'])
    harness.removeDirect('direct')

    expect(recipients(harness.validMessage('other', createMessage(1)))).to.be.empty()
    expect(recipients(harness.publish(createMessage(2)))).to.be.empty()
  })
})
