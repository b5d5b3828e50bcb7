import { expect } from 'aegir/chai'
import { createMessage, dropCount, graftedPeers, Harness, only, recipients, TOPIC } from '../router/harness.ts'

describe('attack: subscription spam', () => {
  it('topics without end: maxSubscriptionsPerPeer are kept, and forgotten with the peer', () => {
    const harness = new Harness({ maxSubscriptionsPerPeer: 100 })
    harness.connect('attacker')

    const actions = Array.from({ length: 100 }, (_, i) => harness.subscribe('attacker', ...Array.from({ length: 100 }, (_, j) => `${i} ${j}`))).flat()

    expect(harness.router.topics.size).to.equal(100)
    expect(dropCount(actions, 'too-many-subscriptions', 'attacker')).to.equal(9_900)
    harness.disconnect('attacker')
    expect(harness.router.topics.size).to.equal(0)
  })

  it('topics without end by turns: unsubscribing makes room for no more than that', () => {
    const harness = new Harness({ maxSubscriptionsPerPeer: 10 })
    harness.connect('attacker')

    for (let i = 0; i < 1_000; i++) {
      harness.subscribe('attacker', `topic ${i}`)
      harness.unsubscribe('attacker', `topic ${i - 5}`)
      expect(harness.router.topics.size).to.be.at.most(10)
    }
  })

  it('names as long as frames: not kept', () => {
    const harness = new Harness()
    harness.connect('attacker')

    const actions = harness.subscribe('attacker', 'x'.repeat(1_000_000))

    expect(harness.router.topics.size).to.equal(0)
    expect(dropCount(actions, 'invalid-topic', 'attacker')).to.equal(1)
  })

  it('back and forth in one frame: its last word, one GRAFT at most', () => {
    const harness = new Harness()
    harness.join()
    harness.connect('attacker')

    const actions = harness.receive('attacker', {
      subscriptions: Array.from({ length: 1_001 }, (_, i) => ({ subscribe: i % 2 === 0, topic: TOPIC }))
    })

    expect(graftedPeers(actions)).to.deep.equal(['attacker'])
    expect(only(actions, 'sendRpc').flatMap(rpc => rpc.control?.graft ?? [])).to.have.lengthOf(1)
    expect(only(actions, 'reportSubscriptions').flatMap(report => report.subscriptions)).to.have.lengthOf(1)
  })

  it('in our topic by a crowd: the mesh takes no more of them than Dlo before a heartbeat', () => {
    const harness = new Harness()
    harness.join()
    harness.connectSubscribers(Array.from({ length: 1_000 }, (_, i) => `sybil ${i}`))

    expect(harness.mesh()).to.have.lengthOf(4)
    harness.tick()
    expect(harness.mesh()).to.have.lengthOf(4)
  })
})

describe('attack: messages of topics that nobody asked for', () => {
  it('are neither validated, cached nor remembered', () => {
    const harness = new Harness()
    harness.join()
    harness.connectSubscribers(['attacker', 'honest'])
    const message = createMessage(1, { topic: 'unasked' })

    const actions = harness.message('attacker', message)

    expect(dropCount(actions, 'unjoined-topic', 'attacker')).to.equal(1)
    expect(only(actions, 'validate')).to.be.empty()
    expect(harness.seen(message)).to.equal(false)
    expect(recipients(harness.iwant('honest', [message]))).to.be.empty()
  })

  it('frames of a stranger are not heard at all', () => {
    const harness = new Harness()
    harness.join()

    const actions = harness.receive('stranger', {
      subscriptions: [{ subscribe: true, topic: TOPIC }],
      messages: [createMessage(1)],
      control: { graft: [{ topicID: TOPIC }] }
    })

    expect(actions.map(action => action.type)).to.deep.equal(['reportDrop'])
    expect(harness.mesh()).to.be.empty()
    expect(harness.router.topics.size).to.equal(0)
  })
})
