import { expect } from 'aegir/chai'
import { createMessage, dropCount, gossipedPeers, graftedPeers, Harness, peerNames, prunedPeers, pruneOf, recipients, TOPIC } from './harness.ts'

/** gossipsub-v1.1.md "Explicit Peering Agreements". */
describe('router: direct peers', () => {
  it('are in no mesh, whoever grafts', () => {
    const harness = new Harness({}, { doPX: true })
    harness.addDirect('direct')
    harness.connectSubscribers(['direct', 'other'])

    expect(graftedPeers(harness.join())).to.deep.equal(['other'])
    expect(graftedPeers(harness.tick())).to.be.empty()

    const actions = harness.graft('direct', TOPIC)
    expect(pruneOf(actions, 'direct')).to.deep.equal({ topic: TOPIC, backoffMs: 60_000, peers: [] })
    expect(dropCount(actions, 'graft-direct', 'direct')).to.equal(1)
    expect(harness.mesh()).to.deep.equal(['other'])
  })

  it('get every message of the topics that they subscribe to, ours and those of others, once', () => {
    const harness = new Harness()
    harness.addDirect('direct')
    harness.addDirect('elsewhere')
    harness.connectSubscribers(['direct', 'source'])
    harness.connectSubscribers(['elsewhere'], 'other topic')
    harness.join()

    expect(recipients(harness.validMessage('source', createMessage(1)))).to.deep.equal(['direct'])
    expect(recipients(harness.publish(createMessage(2))).sort()).to.deep.equal(['direct', 'source'])
    expect(recipients(harness.publish(createMessage(3), true)).sort()).to.deep.equal(['direct', 'source'])
    expect(recipients(harness.publish(createMessage(4, { topic: 'other topic' })))).to.deep.equal(['elsewhere'])
  })

  it('do not get back what they sent or wrote', () => {
    const harness = new Harness()
    harness.addDirect('direct')
    harness.connectSubscribers(['direct', 'source'])
    harness.join()

    expect(recipients(harness.validMessage('direct', createMessage(1)))).to.deep.equal(['source'])
    expect(recipients(harness.validMessage('source', createMessage(2, { author: 'direct' })))).to.be.empty()
  })

  it('get no gossip', () => {
    const harness = new Harness({ Dlazy: 10 })
    harness.addDirect('direct')
    harness.join()
    harness.connectSubscribers([...peerNames(8), 'direct'])
    harness.publish(createMessage(1))

    expect(gossipedPeers(harness.tick())).to.have.lengthOf(peerNames(8).length - harness.mesh().length)
  })

  it('are heard and published to whatever their score', () => {
    const harness = new Harness({}, { scoreParams: { appSpecificScore: () => -1_000 } })
    harness.addDirect('direct')
    harness.connectSubscribers(['direct', 'stranger'])
    harness.join()

    expect(recipients(harness.publish(createMessage(1), true))).to.deep.equal(['direct'])
    expect(dropCount(harness.validMessage('direct', createMessage(2)), 'graylisted-peer')).to.equal(0)
    expect(dropCount(harness.message('stranger', createMessage(3)), 'graylisted-peer')).to.equal(1)
  })

  it('one that is added leaves our meshes, and one that is removed may join them', () => {
    const harness = new Harness()
    harness.connectSubscribers(['peer'])
    harness.join()
    expect(harness.mesh()).to.deep.equal(['peer'])

    expect(prunedPeers(harness.addDirect('peer'))).to.deep.equal(['peer'])
    expect(harness.mesh()).to.be.empty()
    expect(recipients(harness.publish(createMessage(1)))).to.deep.equal(['peer'])

    harness.removeDirect('peer')
    harness.tick(61_000)
    expect(harness.mesh()).to.deep.equal(['peer'])
  })
})
