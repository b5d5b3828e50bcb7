import { expect } from 'aegir/chai'
import { createMessage, graftedPeers, Harness, only, peerNames, prunedPeers, TOPIC } from '../router/harness.ts'
import type { Action, PeerIdStr, TopicStr } from '../../src/router/events.ts'

describe('conformance: our subscriptions', () => {
  it('rust test_subscribe: all peers are told, a mesh is made', () => {
    const harness = new Harness()
    peerNames(20).forEach(peer => harness.connect(peer))

    const actions = harness.join()

    expect(toldPeers(actions, TOPIC, true)).to.have.members(peerNames(20))
    expect(harness.router.mesh.get(TOPIC)).to.deep.equal(new Set())
  })

  it('rust test_unsubscribe: all peers are told, the meshes are gone', () => {
    const harness = new Harness()
    const topics = ['one', 'two']
    peerNames(20).forEach(peer => {
      harness.connect(peer)
      harness.subscribe(peer, ...topics)
    })
    topics.forEach(topic => harness.join(topic))

    for (const topic of topics) {
      const members = harness.mesh(topic)
      const actions = harness.leave(topic)

      expect(toldPeers(actions, topic, false)).to.have.members(peerNames(20))
      expect(prunedPeers(actions, topic)).to.have.members(members)
    }

    expect(harness.router.mesh.size).to.equal(0)
    expect(harness.router.subscriptions.size).to.equal(0)
  })

  it('rust test_join: JOIN takes the fanout, then others up to D, and forgets the fanout', () => {
    const harness = new Harness({ unsubscribeBackoff: 0 })
    harness.connectSubscribers(peerNames(3, 'fanout'))
    harness.publish(createMessage(1))
    harness.connectSubscribers(peerNames(20))

    const grafted = graftedPeers(harness.join())

    expect(grafted).to.have.lengthOf(6).and.to.include.members(peerNames(3, 'fanout'))
    expect(harness.mesh()).to.have.members(grafted)
    expect(harness.router.fanout.size).to.equal(0)
  })
})

describe('conformance: announcements of peers', () => {
  it('rust test_handle_received_subscriptions: are kept by topic, until taken back; strangers are not heard', () => {
    const harness = new Harness()
    harness.connect('one')
    harness.connect('two')

    harness.receive('one', { subscriptions: ['t1', 't2', 't3'].map(topic => ({ subscribe: true, topic })).concat({ subscribe: false, topic: 't4' }) })
    harness.subscribe('two', 't1', 't2', 't3')
    harness.subscribe('stranger', 't1', 't2', 't3')

    expect(topicsOf(harness)).to.deep.equal({ t1: ['one', 'two'], t2: ['one', 'two'], t3: ['one', 'two'] })

    harness.unsubscribe('one', 't1')
    expect(topicsOf(harness)).to.deep.equal({ t1: ['two'], t2: ['one', 'two'], t3: ['one', 'two'] })
  })

  it('rust test_subscription_public_api: topics, mesh and subscribers can be looked at', () => {
    const harness = new Harness()
    harness.connectSubscribers(peerNames(4), 'one')
    harness.join('one')
    harness.join('two')

    expect([...harness.router.subscriptions]).to.deep.equal(['one', 'two'])
    expect(harness.mesh('one')).to.have.members(peerNames(4))
    expect(harness.mesh('two')).to.be.empty()
    expect(topicsOf(harness)).to.deep.equal({ one: peerNames(4) })
  })

  it('go TestClearPeerFromTopicsStateRemovesEmptyTopicMap: a topic is forgotten with its last subscriber, not before', () => {
    const harness = new Harness()
    harness.connectSubscribers(['leaver'], 'only its own')
    harness.subscribe('leaver', 'shared')
    harness.connectSubscribers(['stayer'], 'shared')

    harness.disconnect('leaver')

    expect(topicsOf(harness)).to.deep.equal({ shared: ['stayer'] })
  })

  it('go TestHandleIncomingRPCUnsubscribeRemovesEmptyTopicMap: by an unsubscribe as well', () => {
    const harness = new Harness()
    harness.connectSubscribers(['leaver'], 'only its own')
    harness.subscribe('leaver', 'shared')
    harness.connectSubscribers(['stayer'], 'shared')

    harness.unsubscribe('leaver', 'only its own', 'shared')

    expect(topicsOf(harness)).to.deep.equal({ shared: ['stayer'] })
  })

  it('js should not create empty topic entries from unsubscribe-only updates', () => {
    const harness = new Harness()
    harness.connect('peer')

    expect(harness.unsubscribe('peer', 'one', 'two')).to.be.empty()
    expect(topicsOf(harness)).to.deep.equal({})
  })
})

function toldPeers (actions: Action[], topic: TopicStr, subscribe: boolean): PeerIdStr[] {
  return only(actions, 'sendRpc')
    .filter(rpc => rpc.subscriptions?.some(subOpts => subOpts.topic === topic && subOpts.subscribe === subscribe))
    .map(rpc => rpc.peer)
}

function topicsOf (harness: Harness): Record<TopicStr, PeerIdStr[]> {
  return Object.fromEntries([...harness.router.topics].map(([topic, peers]) => [topic, [...peers]]))
}
