import { expect } from 'aegir/chai'
import { common, createMessage, gossipedPeers, Harness, only, peerNames, recipients, SELF, TOPIC } from './harness.ts'

describe('router: publishing', () => {
  describe('to a joined topic', () => {
    it('goes to the mesh and to floodsub subscribers, in one action', () => {
      const harness = new Harness()
      harness.connectSubscribers(peerNames(20))
      harness.connectSubscribers(['flood'], TOPIC, { mesh: false })
      harness.join()
      const message = createMessage(1, { author: SELF })

      const actions = harness.publish(message)

      expect(actions).to.deep.equal([
        { type: 'sendMessage', peers: ['flood', ...harness.mesh()], message, reason: 'publish' }
      ])
      expect(harness.seen(message)).to.equal(true)
    })

    it('goes to D peers when the mesh has fewer', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(peerNames(20))
      expect(harness.mesh()).to.have.lengthOf(4)

      const peers = recipients(harness.publish(createMessage(1)))

      expect(peers).to.have.lengthOf(6).and.to.include.members(harness.mesh())
      expect(new Set(peers).size).to.equal(6)
    })

    it('reaches subscribers that are in backoff', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(['peer'])
      harness.prune('peer', TOPIC)

      expect(recipients(harness.publish(createMessage(1)))).to.deep.equal(['peer'])
    })
  })

  describe('to a topic that is not joined', () => {
    it('goes to a fanout of D peers, the same ones each time, and to floodsub subscribers', () => {
      const harness = new Harness()
      harness.connectSubscribers(peerNames(20))
      harness.connectSubscribers(['flood'], TOPIC, { mesh: false })

      const peers = recipients(harness.publish(createMessage(1)))

      expect(peers).to.have.members(['flood', ...harness.fanout()])
      expect(harness.fanout()).to.have.lengthOf(6)
      expect(recipients(harness.publish(createMessage(2)))).to.deep.equal(peers)
    })

    it('fills the fanout as subscribers appear', () => {
      const harness = new Harness()
      harness.connectSubscribers(['first'])
      harness.publish(createMessage(1))
      harness.connectSubscribers(['second'])

      expect(recipients(harness.publish(createMessage(2)))).to.deep.equal(['first', 'second'])
    })
  })

  describe('with floodPublish', () => {
    it('goes to all subscribers, and to peers in the mesh that did not announce the topic', () => {
      const harness = new Harness()
      harness.join()
      harness.connect('silent')
      harness.graft('silent', TOPIC)
      harness.connectSubscribers(peerNames(20))
      harness.connectSubscribers(['flood'], TOPIC, { mesh: false })

      const peers = recipients(harness.publish(createMessage(1), true))

      expect(peers).to.have.lengthOf(22)
      expect(peers).to.have.members(['silent', 'flood', ...peerNames(20)])
    })

    it('goes to all subscribers of a topic that is not joined, without a fanout', () => {
      const harness = new Harness()
      harness.connectSubscribers(peerNames(20))

      expect(recipients(harness.publish(createMessage(1), true))).to.have.members(peerNames(20))
      expect(harness.router.fanout.size).to.equal(0)
    })
  })

  it('says so when there is nobody to go to', () => {
    const harness = new Harness()
    harness.connect('stranger')
    const message = createMessage(1)

    expect(harness.publish(message)).to.deep.equal([{ type: 'sendMessage', peers: [], message, reason: 'publish' }])
  })

  it('puts the message into the cache', () => {
    const harness = new Harness()
    harness.join()
    harness.connectSubscribers(['peer'])
    const message = createMessage(1)
    harness.publish(message)

    expect(harness.iwant('peer', [message])).to.deep.equal([
      { type: 'sendMessage', peers: ['peer'], message: { id: message.id, topic: TOPIC, encoded: message.encoded }, reason: 'iwant' }
    ])
  })
})

describe('router: fanout maintenance', () => {
  it('forgets a topic when nothing was published for fanoutTTL', () => {
    const harness = new Harness({ fanoutTTL: 5_000 })
    harness.connectSubscribers(['peer'])
    harness.publish(createMessage(1))
    harness.tick(3_000)
    harness.publish(createMessage(2))

    harness.tick(5_000)
    expect(harness.fanout()).to.deep.equal(['peer'])
    harness.tick(1)
    expect(harness.router.fanout.has(TOPIC)).to.equal(false)
  })

  it('fills a fanout up to D', () => {
    const harness = new Harness()
    harness.connectSubscribers(['peer'])
    harness.publish(createMessage(1))
    harness.connectSubscribers(peerNames(20))
    harness.tick()

    expect(harness.fanout()).to.have.lengthOf(6).and.to.include('peer')
  })

  it('defect 24: floodsub peers are not taken', () => {
    const harness = new Harness()
    harness.connectSubscribers(['flood'], TOPIC, { mesh: false })
    harness.publish(createMessage(1))
    harness.tick()

    expect(harness.fanout()).to.be.empty()
    expect(recipients(harness.publish(createMessage(2)))).to.deep.equal(['flood'])
  })

  it('is sent no GRAFT: nothing but messages and gossip', () => {
    const harness = new Harness()
    harness.connectSubscribers(peerNames(20))
    const published = harness.publish(createMessage(1))
    const ticked = harness.tick()

    expect(only(published, 'sendRpc')).to.be.empty()
    expect(only(ticked, 'sendRpc').flatMap(rpc => rpc.control?.graft ?? [])).to.be.empty()
    expect(gossipedPeers(ticked)).to.have.lengthOf(6)
    expect(common(gossipedPeers(ticked), harness.fanout())).to.be.empty()
  })
})
