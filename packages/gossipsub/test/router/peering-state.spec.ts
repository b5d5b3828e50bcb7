import { expect } from 'aegir/chai'
import { createMessage, dropCount, graftedPeers, Harness, only, recipients, TOPIC } from './harness.ts'

describe('router: peering state', () => {
  describe('a peer connects', () => {
    it('is told all our subscriptions in one frame', () => {
      const harness = new Harness()
      harness.join('a')
      harness.join('b')

      expect(harness.connect('peer')).to.deep.equal([{
        type: 'sendRpc',
        peer: 'peer',
        subscriptions: [{ subscribe: true, topic: 'a' }, { subscribe: true, topic: 'b' }]
      }])
    })

    it('is told nothing when we subscribe to nothing', () => {
      expect(new Harness().connect('peer')).to.be.empty()
    })

    it('is told again when its stream was re-opened, and keeps its topics and its place in the mesh', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(['peer'])

      const actions = harness.connect('peer')

      expect(only(actions, 'sendRpc')[0].subscriptions).to.deep.equal([{ subscribe: true, topic: TOPIC }])
      expect(graftedPeers(actions)).to.deep.equal(['peer'])
      expect(harness.mesh()).to.deep.equal(['peer'])
      expect([...harness.router.topics.get(TOPIC) ?? []]).to.deep.equal(['peer'])
    })

    it('does not renew its allowances by re-opening its stream', () => {
      const harness = new Harness({ maxIHaveMessages: 1 })
      harness.join()
      harness.connectSubscribers(['peer'])
      harness.ihave('peer', TOPIC, [createMessage(1)])
      harness.connect('peer')

      expect(dropCount(harness.ihave('peer', TOPIC, [createMessage(2)]), 'too-many-ihave')).to.equal(1)
    })

    it('leaves the mesh when it comes back as a floodsub peer', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(['peer'])

      const actions = harness.connect('peer', { mesh: false })

      expect(only(actions, 'reportPrune')).to.have.lengthOf(1)
      expect(graftedPeers(actions)).to.be.empty()
      expect(harness.mesh()).to.be.empty()
      expect(recipients(harness.publish(createMessage(1)))).to.deep.equal(['peer'])
    })
  })

  describe('a peer disconnects', () => {
    it('leaves the mesh, the fanout and the topics', () => {
      const harness = new Harness()
      harness.join('joined')
      harness.connect('peer')
      harness.subscribe('peer', 'joined', 'other')
      harness.publish(createMessage(1, { topic: 'other' }))
      expect(harness.mesh('joined')).to.deep.equal(['peer'])
      expect(harness.fanout('other')).to.deep.equal(['peer'])

      const actions = harness.disconnect('peer')

      expect(actions).to.deep.equal([{ type: 'reportPrune', peer: 'peer', topic: 'joined', isOutbound: false }])
      expect(harness.mesh('joined')).to.be.empty()
      expect(harness.fanout('other')).to.be.empty()
      expect(harness.router.topics.size).to.equal(0)
      expect(recipients(harness.publish(createMessage(2, { topic: 'joined' })))).to.be.empty()
    })

    it('leaves a mesh that it entered by a GRAFT without a subscription', () => {
      const harness = new Harness()
      harness.join()
      harness.connect('peer')
      harness.graft('peer', TOPIC)
      harness.disconnect('peer')

      expect(harness.mesh()).to.be.empty()
    })

    it('is harmless when the peer is unknown', () => {
      expect(new Harness().disconnect('nobody')).to.be.empty()
    })
  })

  it('drops frames of a peer that is not connected', () => {
    const harness = new Harness()
    harness.join()

    expect(harness.subscribe('nobody', TOPIC)).to.deep.equal([
      { type: 'reportDrop', peer: 'nobody', reason: 'unknown-peer', count: 1 }
    ])
    expect(harness.router.topics.size).to.equal(0)
  })
})
