import { expect } from 'aegir/chai'
import { createMessage, dropCount, graftedPeers, Harness, only, peerNames, prunedPeers, recipients, TOPIC } from './harness.ts'

describe('router: control messages', () => {
  describe('GRAFT', () => {
    it('takes the sender into the mesh', () => {
      const harness = new Harness({ Dlo: 0 })
      harness.join()
      harness.connect('peer', { isOutbound: true })
      harness.subscribe('peer', TOPIC)

      expect(harness.graft('peer', TOPIC)).to.deep.equal([
        { type: 'reportGraft', peer: 'peer', topic: TOPIC, isOutbound: true, isByPeer: true }
      ])
      expect(harness.mesh()).to.deep.equal(['peer'])
    })

    it('is ours when the peer subscribes and grafts in one RPC: we have grafted it before we come to its GRAFT', () => {
      const harness = new Harness()
      harness.join()
      harness.connect('peer')
      const actions = harness.receive('peer', { subscriptions: [{ topic: TOPIC, subscribe: true }], control: { graft: [{ topicID: TOPIC }] } })

      expect(only(actions, 'reportGraft')).to.deep.equal([{ type: 'reportGraft', peer: 'peer', topic: TOPIC, isOutbound: false, isByPeer: false }])
    })

    it('counts as a subscription for the mesh when it comes first', () => {
      const harness = new Harness()
      harness.join()
      harness.connect('peer')
      harness.graft('peer', TOPIC)

      expect(harness.mesh()).to.deep.equal(['peer'])
      expect(recipients(harness.publish(createMessage(1)))).to.deep.equal(['peer'])
      expect(harness.router.topics.size).to.equal(0)

      harness.unsubscribe('peer', TOPIC)
      expect(harness.mesh()).to.be.empty()
    })

    it('is harmless when the sender is in the mesh already', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(['peer'])

      expect(harness.graft('peer', TOPIC, TOPIC)).to.be.empty()
      expect(harness.mesh()).to.deep.equal(['peer'])
    })

    it('is ignored for an unknown topic: no PRUNE, one count', () => {
      const harness = new Harness()
      harness.connect('peer')

      expect(harness.graft('peer', 'a', 'b')).to.deep.equal([
        { type: 'reportDrop', peer: 'peer', reason: 'graft-unknown-topic', count: 2 }
      ])
    })

    it('is ignored without a topic', () => {
      const harness = new Harness()
      harness.connect('peer')

      expect(harness.receive('peer', { control: { graft: [{}] } })).to.be.empty()
    })

    it('defect 24: of a floodsub peer is refused', () => {
      const harness = new Harness()
      harness.join()
      harness.connect('flood', { mesh: false })

      expect(dropCount(harness.graft('flood', TOPIC), 'graft-floodsub', 'flood')).to.equal(1)
      expect(harness.mesh()).to.be.empty()
    })

    it('defect 8: inside the backoff is refused by a PRUNE, not reported as a graft, and begins the backoff again', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(['peer'])
      harness.prune('peer', TOPIC)
      harness.now += 59_999

      const actions = harness.graft('peer', TOPIC)

      expect(prunedPeers(actions)).to.deep.equal(['peer'])
      expect(dropCount(actions, 'graft-in-backoff', 'peer')).to.equal(1)
      expect(only(actions, 'reportGraft')).to.be.empty()
      expect(harness.mesh()).to.be.empty()

      harness.now += 59_999
      expect(prunedPeers(harness.graft('peer', TOPIC))).to.deep.equal(['peer'])
      // the penalty decays in the meantime
      harness.tick(60_000)
      harness.prune('peer', TOPIC)
      harness.tick(60_000)
      expect(only(harness.graft('peer', TOPIC), 'reportGraft')).to.have.lengthOf(1)
    })

    it('named twice inside the backoff gets one PRUNE', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(['peer'])
      harness.prune('peer', TOPIC)

      const actions = harness.graft('peer', TOPIC, TOPIC)

      expect(only(actions, 'sendRpc')[0].control?.prune).to.deep.equal([{ topic: TOPIC, backoffMs: 60_000, peers: [] }])
    })
  })

  describe('PRUNE', () => {
    it('removes the sender from the mesh', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(['peer'])

      expect(harness.prune('peer', TOPIC)).to.deep.equal([
        { type: 'reportPrune', peer: 'peer', topic: TOPIC, isOutbound: false }
      ])
      expect(harness.mesh()).to.be.empty()
    })

    it('of a peer outside the mesh is not reported, but its backoff counts', () => {
      const harness = new Harness({ Dlo: 0 })
      harness.join()
      harness.connectSubscribers(['peer'])

      expect(harness.prune('peer', TOPIC)).to.be.empty()
      expect(prunedPeers(harness.graft('peer', TOPIC))).to.deep.equal(['peer'])
    })

    it('defect 4: after an unknown topic is still handled', () => {
      const harness = new Harness()
      harness.join('a')
      harness.join('b')
      harness.connect('peer')
      harness.subscribe('peer', 'a', 'b')

      harness.receive('peer', {
        control: {
          prune: [
            { topicID: 'unknown', peers: [] },
            { peers: [] },
            { topicID: 'a', peers: [] },
            { topicID: 'unknown', peers: [] },
            { topicID: 'b', peers: [] }
          ]
        }
      })

      expect(harness.mesh('a')).to.be.empty()
      expect(harness.mesh('b')).to.be.empty()
    })
  })

  describe('backoff', () => {
    it('lasts pruneBackoff and a slack of one heartbeat when the PRUNE does not say', () => {
      expect(heartbeatsUntilGraft(undefined)).to.equal(61)
    })

    it('lasts as long as the PRUNE says', () => {
      expect(heartbeatsUntilGraft(5)).to.equal(6)
    })

    it('defect 15: lasts 3,600 s at most, whatever the PRUNE says', () => {
      for (const backoff of [3_601, 2 ** 53, Infinity]) {
        expect(heartbeatsUntilGraft(backoff, 60_000)).to.equal(61)
      }
    })

    it('lasts unsubscribeBackoff when the peer unsubscribes as it prunes us: a LEAVE of version 1.0', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(['peer'])
      harness.receive('peer', {
        subscriptions: [{ subscribe: false, topic: TOPIC }],
        control: { prune: [{ topicID: TOPIC, peers: [] }] }
      })
      harness.subscribe('peer', TOPIC)

      harness.now += 9_999
      expect(prunedPeers(harness.graft('peer', TOPIC))).to.deep.equal(['peer'])
    })

    it('is over for such a peer after unsubscribeBackoff', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(['peer'])
      harness.receive('peer', {
        subscriptions: [{ subscribe: false, topic: TOPIC }],
        control: { prune: [{ topicID: TOPIC, peers: [] }] }
      })
      harness.subscribe('peer', TOPIC)

      harness.now += 10_000
      expect(only(harness.graft('peer', TOPIC), 'reportGraft')).to.have.lengthOf(1)
    })

    it('is never shortened by a later PRUNE', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(['peer'])
      harness.prune('peer', TOPIC, 100)
      harness.prune('peer', TOPIC, 1)
      harness.now += 50_000

      expect(prunedPeers(harness.graft('peer', TOPIC))).to.deep.equal(['peer'])
    })

    it('binds the peers that we prune as well', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(peerNames(20), TOPIC, { isOutbound: true })
      peerNames(20).forEach(peer => harness.graft(peer, TOPIC))
      const [pruned] = prunedPeers(harness.tick())

      expect(prunedPeers(harness.graft(pruned, TOPIC))).to.deep.equal([pruned])
    })

    it('outlives a reconnection', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(['peer'])
      harness.prune('peer', TOPIC)
      harness.disconnect('peer')
      harness.connect('peer')

      expect(graftedPeers(harness.subscribe('peer', TOPIC))).to.be.empty()
      expect(prunedPeers(harness.graft('peer', TOPIC))).to.deep.equal(['peer'])
    })

    it('is for one topic', () => {
      const harness = new Harness()
      harness.join('a')
      harness.join('b')
      harness.connect('peer')
      harness.prune('peer', 'a')

      expect(graftedPeers(harness.subscribe('peer', 'a', 'b'), 'b')).to.deep.equal(['peer'])
      expect(harness.mesh('a')).to.be.empty()
    })

    it('is remembered for a bounded number of peers and topics, the oldest are forgotten first', () => {
      const harness = new Harness({ maxBackoffs: 2 })
      harness.join()
      harness.connectSubscribers(['a', 'b', 'c'])
      harness.prune('a', TOPIC)
      harness.prune('b', TOPIC)
      harness.prune('c', TOPIC)

      expect(prunedPeers(harness.graft('c', TOPIC))).to.deep.equal(['c'])
      expect(prunedPeers(harness.graft('b', TOPIC))).to.deep.equal(['b'])
      expect(only(harness.graft('a', TOPIC), 'reportGraft')).to.have.lengthOf(1)
    })

    it('makes room when it is over', () => {
      const harness = new Harness({ maxBackoffs: 2 })
      harness.join()
      harness.connectSubscribers(['long', 'short', 'new'])
      harness.prune('long', TOPIC, 100)
      harness.prune('short', TOPIC, 1)
      harness.tick(2_000)
      harness.prune('new', TOPIC)

      expect(prunedPeers(harness.graft('long', TOPIC))).to.deep.equal(['long'])
    })
  })
})

/** Ticks until a peer is grafted that pruned us, with the backoff in seconds. */
function heartbeatsUntilGraft (backoff: number | undefined, heartbeatInterval = 1_000): number {
  const harness = new Harness({ heartbeatInterval })
  harness.join()
  harness.connectSubscribers(['peer'])
  harness.prune('peer', TOPIC, backoff)

  for (let ticks = 1; ticks < 1_000; ticks++) {
    if (graftedPeers(harness.tick()).length > 0) {
      return ticks
    }
  }

  throw new Error('The peer was never grafted')
}
