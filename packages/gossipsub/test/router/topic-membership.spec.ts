import { expect } from 'aegir/chai'
import { common, createMessage, graftedPeers, Harness, only, peerNames, prunedPeers, recipients, TOPIC } from './harness.ts'

describe('router: topic membership', () => {
  describe('JOIN', () => {
    it('announces the subscription to all peers, floodsub peers too, with the GRAFT in the same frame', () => {
      const harness = new Harness()
      harness.connectSubscribers(['mesh'])
      harness.connectSubscribers(['flood'], TOPIC, { mesh: false })
      harness.connect('stranger')

      const rpcs = only(harness.join(), 'sendRpc')

      expect(rpcs.map(rpc => rpc.peer)).to.deep.equal(['mesh', 'flood', 'stranger'])
      expect(rpcs.map(rpc => rpc.subscriptions)).to.deep.equal(Array(3).fill([{ subscribe: true, topic: TOPIC }]))
      expect(rpcs.map(rpc => rpc.control?.graft)).to.deep.equal([[{ topicID: TOPIC }], undefined, undefined])
    })

    it('grafts D random subscribers', () => {
      const [harness, other] = [new Harness({}, { seed: 1 }), new Harness({}, { seed: 2 })]
      harness.connectSubscribers(peerNames(40))
      other.connectSubscribers(peerNames(40))

      const reported = only(harness.join(), 'reportGraft').map(report => report.peer)
      const otherGrafted = graftedPeers(other.join())

      expect(harness.mesh()).to.have.lengthOf(6)
      expect(reported).to.deep.equal(harness.mesh())
      expect(otherGrafted).to.have.lengthOf(6).and.to.have.members(other.mesh())
      expect(common(other.mesh(), harness.mesh())).to.have.lengthOf.below(6)
    })

    it('has a mesh without members when there are no subscribers', () => {
      const harness = new Harness()
      harness.join()

      expect([...harness.router.mesh.keys()]).to.deep.equal([TOPIC])
      expect(harness.mesh()).to.be.empty()
      expect([...harness.router.subscriptions]).to.deep.equal([TOPIC])
    })

    it('takes the peers of the fanout first', () => {
      const harness = new Harness()
      harness.connectSubscribers(peerNames(3, 'fanout'))
      harness.publish(createMessage(1))
      harness.connectSubscribers(peerNames(40))
      harness.join()

      expect(harness.mesh()).to.have.lengthOf(6).and.to.include.members(peerNames(3, 'fanout'))
      expect(harness.router.fanout.size).to.equal(0)
    })

    it('happens once', () => {
      const harness = new Harness()
      harness.connectSubscribers(['peer'])
      harness.join()

      expect(harness.join()).to.be.empty()
    })

    it('defect 24: floodsub peers are not grafted', () => {
      const harness = new Harness()
      harness.connectSubscribers(['flood'], TOPIC, { mesh: false })

      expect(graftedPeers(harness.join())).to.be.empty()
      expect(graftedPeers(harness.tick())).to.be.empty()
      expect(harness.mesh()).to.be.empty()
    })
  })

  describe('LEAVE', () => {
    it('prunes the mesh and announces the end of the subscription in one frame per peer', () => {
      const harness = new Harness()
      harness.connectSubscribers(['member'])
      harness.join()
      harness.connect('stranger')

      const actions = harness.leave()

      expect(actions).to.deep.equal([
        {
          type: 'sendRpc',
          peer: 'member',
          subscriptions: [{ subscribe: false, topic: TOPIC }],
          control: { ihave: [], iwant: [], graft: [], prune: [{ topic: TOPIC, backoffMs: 10_000, peers: [] }], idontwant: [] }
        },
        { type: 'sendRpc', peer: 'stranger', subscriptions: [{ subscribe: false, topic: TOPIC }] },
        { type: 'reportPrune', peer: 'member', topic: TOPIC, isOutbound: false }
      ])
      expect(harness.router.mesh.has(TOPIC)).to.equal(false)
      expect(harness.router.subscriptions.has(TOPIC)).to.equal(false)
    })

    it('is harmless when the topic is not joined', () => {
      const harness = new Harness()
      harness.connect('peer')

      expect(harness.leave()).to.be.empty()
    })

    it('keeps us from grafting the same peers when we join again inside the unsubscribe backoff', () => {
      const harness = new Harness()
      harness.connectSubscribers(['old'])
      harness.join()
      harness.leave()
      harness.connectSubscribers(['new'])

      expect(graftedPeers(harness.join())).to.deep.equal(['new'])

      // 10 s and a slack of one heartbeat
      for (let i = 0; i < 10; i++) {
        expect(graftedPeers(harness.tick())).to.be.empty()
      }
      expect(graftedPeers(harness.tick())).to.deep.equal(['old'])
    })

    it('does not graft such a peer when it announces its subscription either', () => {
      const harness = new Harness()
      harness.connectSubscribers(['old'])
      harness.join()
      harness.leave()
      harness.unsubscribe('old', TOPIC)
      harness.join()

      expect(graftedPeers(harness.subscribe('old', TOPIC))).to.be.empty()
    })
  })

  describe('announcements of peers', () => {
    it('are kept and reported', () => {
      const harness = new Harness()
      harness.connect('peer')

      expect(harness.subscribe('peer', 'a', 'b')).to.deep.equal([{
        type: 'reportSubscriptions',
        peer: 'peer',
        subscriptions: [{ topic: 'a', subscribe: true }, { topic: 'b', subscribe: true }]
      }])
      expect([...harness.router.topics.keys()]).to.deep.equal(['a', 'b'])
      expect(harness.unsubscribe('peer', 'a')).to.deep.equal([{
        type: 'reportSubscriptions', peer: 'peer', subscriptions: [{ topic: 'a', subscribe: false }]
      }])
      expect([...harness.router.topics.keys()]).to.deep.equal(['b'])
    })

    it('are reported only when they change something', () => {
      const harness = new Harness()
      harness.connect('peer')
      harness.subscribe('peer', TOPIC)

      expect(harness.subscribe('peer', TOPIC)).to.be.empty()
      expect(harness.unsubscribe('peer', 'never-announced')).to.be.empty()
    })

    it('count by their last word within a frame', () => {
      const harness = new Harness()
      harness.join()
      harness.connect('peer')

      const actions = harness.receive('peer', {
        subscriptions: [{ subscribe: true, topic: TOPIC }, { subscribe: false, topic: TOPIC }]
      })

      expect(actions).to.be.empty()
      expect(harness.router.topics.size).to.equal(0)
    })

    it('graft the peer at once while the mesh is short: a message before the first heartbeat is not lost', () => {
      const harness = new Harness()
      harness.join()
      harness.connect('peer')

      expect(graftedPeers(harness.subscribe('peer', TOPIC))).to.deep.equal(['peer'])
      expect(recipients(harness.publish(createMessage(1)))).to.deep.equal(['peer'])
    })

    it('do not graft more than Dlo peers', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(peerNames(20))

      expect(harness.mesh()).to.have.lengthOf(4)
    })

    it('are bounded in number per peer', () => {
      const harness = new Harness({ maxSubscriptionsPerPeer: 2 })
      harness.connect('peer')

      const actions = harness.subscribe('peer', 'a', 'b', 'c', 'd')

      expect(only(actions, 'reportDrop')).to.deep.equal([
        { type: 'reportDrop', peer: 'peer', reason: 'too-many-subscriptions', count: 2 }
      ])
      expect([...harness.router.topics.keys()]).to.deep.equal(['a', 'b'])

      harness.unsubscribe('peer', 'a')
      harness.subscribe('peer', 'c')
      expect([...harness.router.topics.keys()]).to.deep.equal(['b', 'c'])
    })

    it('are bounded in length, and need a topic', () => {
      const harness = new Harness({ maxTopicLength: 5 })
      harness.connect('peer')

      const actions = harness.receive('peer', {
        subscriptions: [{ subscribe: true, topic: '123456' }, { subscribe: true, topic: '' }, { subscribe: true }, { subscribe: true, topic: '12345' }]
      })

      expect(only(actions, 'reportDrop')).to.deep.equal([
        { type: 'reportDrop', peer: 'peer', reason: 'invalid-topic', count: 3 }
      ])
      expect([...harness.router.topics.keys()]).to.deep.equal(['12345'])
    })

    it('defect 9: a peer that unsubscribes leaves the mesh and the fanout', () => {
      const harness = new Harness()
      harness.join('joined')
      harness.connect('peer')
      harness.subscribe('peer', 'joined', 'other')
      harness.publish(createMessage(1, { topic: 'other' }))

      const actions = harness.unsubscribe('peer', 'joined', 'other')

      expect(only(actions, 'reportPrune')).to.deep.equal([
        { type: 'reportPrune', peer: 'peer', topic: 'joined', isOutbound: false }
      ])
      expect(prunedPeers(actions, 'joined')).to.be.empty()
      expect(harness.mesh('joined')).to.be.empty()
      expect(harness.fanout('other')).to.be.empty()
    })
  })
})
