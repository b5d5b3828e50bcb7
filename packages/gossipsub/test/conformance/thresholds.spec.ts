import { expect } from 'aegir/chai'
import { createMessage, dropCount, gossipedPeers, graftedPeers, only, peerNames, prunedPeers, pruneOf, recipients, TOPIC, wantedIds } from '../router/harness.ts'
import { seeds } from '../router/seeds.ts'
import { Network } from '../sim/network.ts'
import { onlyWorth, WorthHarness } from './worth.ts'
import type { PeerIdStr } from '../../src/router/events.ts'

describe('conformance: negative scores', () => {
  it('rust test_prune_negative_scored_peers: a heartbeat prunes them, and names no others to them', () => {
    const harness = new WorthHarness({}, { doPX: true })
    harness.join()
    harness.connectSubscribers(['bad', 'good'])
    harness.worth.set('bad', -1)

    const actions = harness.tick()

    expect(harness.mesh()).to.deep.equal(['good'])
    expect(pruneOf(actions, 'bad')).to.deep.equal({ topic: TOPIC, backoffMs: 60_000, peers: [] })
  })

  it('rust test_dont_graft_to_negative_scored_peers', () => {
    const harness = new WorthHarness()
    harness.join()
    harness.connectSubscribers(peerNames(6))
    harness.worth.set('p1', -1)
    harness.connectSubscribers(['p1', 'p2'])
    peerNames(6).forEach(peer => harness.prune(peer, TOPIC, 60))

    expect(graftedPeers(harness.tick())).to.deep.equal(['p2'])
    expect(harness.mesh()).to.deep.equal(['p2'])
  })

  it('are not grafted by JOIN or at their subscription either', () => {
    const harness = new WorthHarness()
    harness.worth.set('bad', -1)
    harness.connectSubscribers(['bad'])

    expect(graftedPeers(harness.join())).to.be.empty()
    harness.unsubscribe('bad', TOPIC)
    expect(graftedPeers(harness.subscribe('bad', TOPIC))).to.be.empty()
  })

  it('their GRAFT is refused by a PRUNE', () => {
    const harness = new WorthHarness()
    harness.join()
    harness.connectSubscribers(['bad'])
    harness.prune('bad', TOPIC, 1)
    harness.worth.set('bad', -1)
    harness.now += 2_000

    const actions = harness.graft('bad', TOPIC)

    expect(prunedPeers(actions)).to.deep.equal(['bad'])
    expect(dropCount(actions, 'graft-low-score')).to.equal(1)
    expect(harness.mesh()).to.be.empty()
  })

  it('rust test_subscribe_and_graft_with_negative_score: two sides of different opinion do not punish each other for it', () => {
    const scoreParams = { ...onlyWorth(peer => peer === 'node1' ? -1 : 0), behaviourPenaltyWeight: -10 }
    const network = new Network(1, 2, {}, { scoreParams })
    const [judge, judged] = network.nodes
    network.connect(judge, judged)
    network.nodes.forEach(node => { network.join(node) })
    network.run(130_000)

    expect(network.meshOf(judge).size).to.equal(0)
    expect(judge.router.scores.score(judged.id)).to.equal(-1)
    expect(judged.router.scores.score(judge.id)).to.equal(0)
  })
})

describe('conformance: the gossip threshold', () => {
  it('rust test_do_not_gossip_to_peers_below_gossip_threshold', () => {
    const { harness } = judgedHarness()
    harness.validMessage('other', createMessage(1))

    expect(gossipedPeers(harness.tick())).to.deep.equal(['above'])
  })

  it('rust test_iwant_msg_from_peer_below_gossip_threshold_gets_ignored', () => {
    const { harness } = judgedHarness()
    harness.validMessage('other', createMessage(1))

    const actions = harness.iwant('below', [createMessage(1)])

    expect(recipients(actions)).to.be.empty()
    expect(dropCount(actions, 'low-score-gossip', 'below')).to.equal(1)
    expect(recipients(harness.iwant('above', [createMessage(1)]))).to.deep.equal(['above'])
  })

  it('rust test_ihave_msg_from_peer_below_gossip_threshold_gets_ignored', () => {
    const { harness } = judgedHarness()

    expect(wantedIds(harness.ihave('below', TOPIC, [createMessage(1)]), 'below')).to.be.empty()
    expect(wantedIds(harness.ihave('above', TOPIC, [createMessage(1)]), 'above')).to.deep.equal(['id-1'])
  })
})

describe('conformance: the publish threshold', () => {
  it('rust test_do_not_publish_to_peer_below_publish_threshold: neither by the fanout nor by a short mesh', () => {
    const { harness } = judgedHarness()
    harness.connectSubscribers(['above', 'below'], 'fanout')

    expect(recipients(harness.publish(createMessage(1, { topic: 'fanout' })))).to.deep.equal(['above'])
    expect(harness.fanout('fanout')).to.deep.equal(['above'])
    expect(recipients(harness.publish(createMessage(2)))).to.have.members(['above', 'other'])
  })

  it('rust test_do_not_flood_publish_to_peer_below_publish_threshold', () => {
    const { harness } = judgedHarness()

    expect(recipients(harness.publish(createMessage(1), true))).to.have.members(['above', 'other'])
  })

  it('a peer of the fanout that falls below it is replaced at the heartbeat', () => {
    const harness = new WorthHarness({ D: 1, Dlo: 1, Dhi: 1 }, { thresholds })
    harness.connectSubscribers(['one', 'other'])
    harness.publish(createMessage(1))
    const [member] = harness.fanout()
    harness.worth.set(member, -30)

    harness.tick()

    expect(harness.fanout()).to.deep.equal(['one', 'other'].filter(peer => peer !== member))
  })

  it('floodsub subscribers below it get nothing', () => {
    const harness = new WorthHarness({}, { thresholds })
    harness.join()
    harness.connectSubscribers(['above', 'below'], TOPIC, { mesh: false })
    harness.worth.set('above', -19).set('below', -21)
    harness.connectSubscribers(['other'])

    expect(recipients(harness.validMessage('other', createMessage(1)))).to.deep.equal(['above'])
    expect(recipients(harness.publish(createMessage(2)))).to.have.members(['above', 'other'])
  })
})

describe('conformance: the graylist', () => {
  it('rust test_ignore_rpc_from_peers_below_graylist_threshold: nothing but subscriptions is heard', () => {
    const harness = new WorthHarness({}, { thresholds })
    harness.worth.set('below', -31).set('above', -29)
    harness.join()
    harness.connect('below')
    harness.connect('above')
    const rpc = (id: string): Parameters<WorthHarness['receive']>[1] => ({
      subscriptions: [{ subscribe: true, topic: TOPIC }],
      messages: [createMessage(id)],
      control: { ihave: [{ topicID: TOPIC, messageIDs: [createMessage('other').id] }], graft: [{ topicID: TOPIC }] }
    })

    const ofBelow = harness.receive('below', rpc('one'))
    const ofAbove = harness.receive('above', rpc('two'))

    expect(ofBelow.map(action => action.type)).to.deep.equal(['reportSubscriptions', 'reportDrop'])
    expect(dropCount(ofBelow, 'graylisted-peer', 'below')).to.equal(1)
    expect(only(ofAbove, 'validate')).to.have.lengthOf(1)
  })

  it('js should recompute score: not for each frame of a flood, and again after a tenth of a second', () => {
    let asked = 0
    const harness = new WorthHarness({}, { thresholds, scoreParams: { appSpecificScore: () => { asked++; return 0 } } })
    harness.connect('peer')
    harness.message('peer')
    const before = asked

    for (let i = 0; i < 1_000; i++) {
      harness.message('peer')
    }

    expect(asked).to.equal(before)
    harness.now += 100
    harness.message('peer')
    expect(asked).to.equal(before + 1)
  })
})

for (const seed of seeds()) {
  describe(`conformance: negative scores in a network (SEED=${seed})`, () => {
    it('go TestGossipsubNegativeScore: an outcast gets nothing, and what it says is not heard', () => {
      const scoreParams = onlyWorth(peer => peer === 'node0' ? -1_000 : 0)
      const network = new Network(seed, 20, {}, { scoreParams })
      const [outcast, ...others] = network.nodes
      network.connectRandomly(10)
      network.nodes.forEach(node => { network.join(node) })
      network.run(3_000)
      const messages = network.nodes.map(node => network.publish(node))
      network.run(5_000)

      const [ofOutcast, ...ofOthers] = messages
      expect(ofOthers.flatMap(message => network.missed(message, others))).to.be.empty()
      expect(others.filter(node => node.deliveries.has(ofOutcast))).to.be.empty()
      expect(outcast.deliveries.size).to.equal(0)
    })
  })
}

const thresholds = { gossipThreshold: -10, publishThreshold: -20, graylistThreshold: -30 }

/** Two subscribers outside the mesh, above and below the thresholds, and one in it. Graylisting is far off. */
function judgedHarness (): { harness: WorthHarness, worth: Map<PeerIdStr, number> } {
  const harness = new WorthHarness({ D: 2, Dlo: 1, Dhi: 2 }, {
    thresholds: { gossipThreshold: -10, publishThreshold: -10, graylistThreshold: -30 }
  })
  harness.worth.set('below', -11).set('above', -9)
  harness.join()
  harness.connectSubscribers(['below', 'above', 'other'])
  expect(harness.mesh()).to.deep.equal(['other'])

  return { harness, worth: harness.worth }
}
