import { expect } from 'aegir/chai'
import { createMessage, createMessages, dropCount, gossipedPeers, Harness, only, recipients, TOPIC, wantedIds } from './harness.ts'

const thresholds = { gossipThreshold: -10, publishThreshold: -20, graylistThreshold: -30 }

/** A router for which `peer` has the score, others 0. */
function createHarness (score: number): Harness {
  const harness = new Harness({}, { thresholds, scoreParams: { appSpecificScore: peer => peer === 'peer' ? score : 0, appSpecificWeight: 1 } })
  harness.connectSubscribers(['peer', 'other'])
  harness.join()

  return harness
}

/** gossipsub-v1.1.md "Score Thresholds". */
describe('router: score thresholds', () => {
  it('gossipThreshold: below it no gossip goes out, is taken or is answered', () => {
    for (const [score, isHeard] of [[-10, true], [-10.5, false]] as const) {
      const harness = createHarness(score)
      const message = createMessage(1)
      harness.publish(message)

      expect(gossipedPeers(harness.tick()).includes('peer'), `told at ${score}`).to.equal(isHeard)
      expect(wantedIds(harness.ihave('peer', TOPIC, createMessages(3)), 'peer').length > 0, `believed at ${score}`).to.equal(isHeard)
      expect(recipients(harness.iwant('peer', [message])).length === 1, `answered at ${score}`).to.equal(isHeard)
    }
  })

  it('publishThreshold: below it only a direct peer gets what we publish', () => {
    for (const [score, isPublishedTo] of [[-20, true], [-20.5, false]] as const) {
      expect(recipients(createHarness(score).publish(createMessage(1), true)).includes('peer'), `flood at ${score}`).to.equal(isPublishedTo)

      const fanout = createHarness(score)
      fanout.subscribe('peer', 'elsewhere')
      expect(recipients(fanout.publish(createMessage(1, { topic: 'elsewhere' }))).includes('peer'), `fanout at ${score}`).to.equal(isPublishedTo)
    }
  })

  it('publishThreshold: a fanout peer that sinks below it is replaced, and so is a floodsub peer passed over', () => {
    const scores: Record<string, number> = {}
    const harness = new Harness({}, { thresholds, scoreParams: { appSpecificScore: peer => scores[peer] ?? 0, appSpecificWeight: 1 } })
    harness.connectSubscribers(['peer'])
    harness.connectSubscribers(['flood'], TOPIC, { mesh: false })
    harness.publish(createMessage(1))
    expect(harness.fanout()).to.deep.equal(['peer'])

    scores.peer = scores.flood = -21
    harness.tick()
    expect(harness.fanout()).to.be.empty()
    expect(recipients(harness.publish(createMessage(2)))).to.be.empty()

    harness.join()
    expect(recipients(harness.validMessage('peer', createMessage(3)))).to.be.empty()
  })

  it('graylistThreshold: below it nothing but subscriptions counts', () => {
    for (const [score, isHeard] of [[-30, true], [-30.5, false]] as const) {
      const harness = createHarness(score)
      const actions = harness.receive('peer', {
        subscriptions: [{ topic: 'new', subscribe: true }],
        messages: [createMessage(1)],
        control: { graft: [{ topicID: TOPIC }] }
      })

      expect(harness.router.topics.get('new')?.has('peer')).to.equal(true)
      expect(only(actions, 'validate').length === 1, `heard at ${score}`).to.equal(isHeard)
      expect(dropCount(actions, 'graylisted-peer', 'peer') === 0, `heard at ${score}`).to.equal(isHeard)
    }
  })

  it('a peer that sinks is shut out within a tenth of a second, without asking for its score with each frame', () => {
    let asked = 0
    let score = 0
    const harness = new Harness({}, { thresholds, scoreParams: { appSpecificScore: () => { asked++; return score }, appSpecificWeight: 1 } })
    harness.connectSubscribers(['peer'])
    asked = 0

    createMessages(100).forEach(message => harness.message('peer', message))
    expect(asked).to.be.at.most(1)

    score = -31
    harness.now += 100
    expect(dropCount(harness.message('peer', createMessage(1_000)), 'graylisted-peer')).to.equal(1)
  })
})
