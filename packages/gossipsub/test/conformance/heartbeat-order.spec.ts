import { expect } from 'aegir/chai'
import { createMessage, createMessages, gossipedPeers, graftedPeers, Harness, offeredIds, only, peerNames, prunedPeers, recipients, TOPIC } from '../router/harness.ts'
import { WorthHarness } from './worth.ts'

/** gossipsub-v1.1.md "Heartbeat Maintenance" leaves an order to be read between its lines; the Go implementation has it. */
describe('conformance: the order of a heartbeat', () => {
  it('penalties come before the mesh: a liar leaves it at the heartbeat at which it is found out', () => {
    const harness = new Harness({ gossipsubIWantFollowupMs: 1_000 }, { scoreParams: { behaviourPenaltyWeight: -1, decayInterval: 1_000_000 } })
    harness.join()
    harness.connectSubscribers(['liar', 'honest'])
    harness.ihave('liar', TOPIC, [createMessage(1)])

    expect(prunedPeers(harness.tick())).to.deep.equal(['liar'])
    expect(harness.mesh()).to.deep.equal(['honest'])
  })

  it('bad peers go before the mesh is filled: they are replaced at once', () => {
    const harness = new WorthHarness()
    harness.connectSubscribers(peerNames(20))
    harness.join()
    const bad = harness.mesh().slice(0, 3)
    bad.forEach(peer => harness.worth.set(peer, -1))

    const actions = harness.tick()

    expect(prunedPeers(actions)).to.have.members(bad)
    expect(graftedPeers(actions)).to.have.lengthOf(3)
    expect(harness.mesh()).to.have.lengthOf(6)
  })

  it('a mesh is cut before its outbound quota is looked at: the quota is met in one heartbeat', () => {
    const harness = new WorthHarness({ Dscore: 6 })
    harness.join()
    peerNames(14, 'inbound').forEach(peer => {
      harness.worth.set(peer, 10)
      harness.connect(peer)
    })
    peerNames(12, 'inbound').forEach(peer => harness.graft(peer, TOPIC))
    harness.connectSubscribers(peerNames(2, 'outbound'), TOPIC, { isOutbound: true })
    harness.graft('outbound0', TOPIC)

    harness.tick()

    expect(harness.mesh()).to.include.members(peerNames(2, 'outbound'))
    expect(harness.mesh()).to.have.lengthOf.within(6, 8)
  })

  it('the mesh is made before gossip: who was grafted at this heartbeat is not gossiped to, who was pruned may be', () => {
    const harness = new Harness({ D: 3, Dlo: 3, Dhi: 3, Dlazy: 10 })
    harness.join()
    harness.connectSubscribers(peerNames(3, 'member'), TOPIC, { isOutbound: true })
    harness.connectSubscribers(['grafting'], TOPIC, { isOutbound: true })
    harness.graft('grafting', TOPIC)
    harness.validMessage('member0', createMessage(1))

    const actions = harness.tick()

    expect(prunedPeers(actions)).to.have.lengthOf(1)
    expect(gossipedPeers(actions)).to.deep.equal(prunedPeers(actions))
    expect(only(actions, 'sendRpc')).to.have.lengthOf(1)
  })

  it('the fanout is maintained before gossip as well', () => {
    const harness = new Harness({ D: 2, Dlo: 1, Dhi: 2, Dlazy: 10 })
    harness.connectSubscribers(['one'])
    harness.publish(createMessage(1))
    harness.connectSubscribers(['two', 'three'])

    const actions = harness.tick()

    expect(harness.fanout()).to.have.lengthOf(2)
    expect(gossipedPeers(actions).concat(harness.fanout())).to.have.members(['one', 'two', 'three'])
  })

  it('the cache shifts last: what came just before a heartbeat is gossiped mcacheGossip times', () => {
    const harness = new Harness({ D: 0, Dlo: 0, Dhi: 0 })
    harness.join()
    harness.connectSubscribers(['peer'])
    harness.publish(createMessage(1))

    const offers = Array.from({ length: 5 }, () => offeredIds(harness.tick(), 'peer'))

    expect(offers).to.deep.equal([['id-1'], ['id-1'], ['id-1'], [], []])
    expect(recipients(harness.iwant('peer', [createMessage(1)]))).to.be.empty()
  })

  it('allowances are renewed at it, whatever else it does', () => {
    const harness = new Harness({ maxIHaveLength: 5 })
    harness.join()
    harness.connectSubscribers(['peer'])
    harness.ihave('peer', TOPIC, createMessages(5))
    expect(harness.ihave('peer', TOPIC, createMessages(10).slice(5)).map(action => action.type)).to.deep.equal(['reportDrop'])

    harness.tick(0)

    expect(only(harness.ihave('peer', TOPIC, createMessages(10).slice(5)), 'sendRpc')).to.have.lengthOf(1)
  })
})
