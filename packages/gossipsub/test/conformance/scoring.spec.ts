import { expect } from 'aegir/chai'
import { createMessage, createMessages, penaltyCount, TOPIC } from '../router/harness.ts'
import { topicParams, WorthHarness } from './worth.ts'
import type { TopicScoreParams } from '../../src/router/score/params.ts'

const EPSILON = 1e-9

describe('conformance: scores by what happens', () => {
  it('rust test_scoring_p1: time in the mesh earns by quanta, up to the cap', () => {
    const harness = scoredHarness({ timeInMeshWeight: 2, topicWeight: 0.7 }, ['peer'])

    harness.tick(2_000)
    expect(harness.score('peer')).to.be.within(2 * 2 * 0.7, 3 * 2 * 0.7)
    harness.tick(2_000)
    expect(harness.score('peer')).to.be.within(4 * 2 * 0.7, 5 * 2 * 0.7)
    harness.tick(20_000)
    expect(harness.score('peer')).to.be.closeTo(10 * 2 * 0.7, EPSILON)
  })

  it('rust test_scoring_p2: the first to deliver a valid message earns, with decay and a cap', () => {
    const harness = scoredHarness({ firstMessageDeliveriesWeight: 2, topicWeight: 0.7 }, ['first', 'second', 'third'])
    harness.message('first', createMessage(1))
    harness.message('second', createMessage(1))
    harness.verdict(createMessage(1), 'accept')
    createMessages(2).map((_, i) => createMessage(`third's ${i}`)).forEach(message => harness.validMessage('third', message))

    expect(scores(harness, 'first', 'second', 'third')).to.deep.equal([1, 0, 2].map(count => count * 2 * 0.7))

    decay(harness)
    expect(harness.score('first')).to.be.closeTo(0.9 * 2 * 0.7, EPSILON)
    expect(harness.score('third')).to.be.closeTo(1.8 * 2 * 0.7, EPSILON)

    createMessages(50).map((_, i) => createMessage(`second's ${i}`)).forEach(message => harness.validMessage('second', message))
    expect(harness.score('second')).to.be.closeTo(10 * 2 * 0.7, EPSILON)
  })

  it('rust test_scoring_p3: mesh deliveries count when first or near-first, and a deficit costs its square', () => {
    const harness = scoredHarness({ meshMessageDeliveriesWeight: -2, topicWeight: 0.7 }, ['peer', 'other'])
    // or it would leave the mesh, and with it P3
    harness.worth.set('peer', 100)
    const [late, near, ...own] = createMessages(4)
    harness.validMessage('other', late)
    harness.now += 101
    own.forEach(message => harness.validMessage('peer', message))
    harness.validMessage('other', near)
    harness.now += 100
    harness.message('peer', late)
    harness.message('peer', near)
    harness.message('peer', near)
    expect(harness.score('peer')).to.equal(100)

    let deliveries = 3
    deliveries = decay(harness, deliveries)
    deliveries = decay(harness, deliveries)
    expect(harness.score('peer')).to.be.closeTo(100 + (5 - deliveries) ** 2 * -2 * 0.7, EPSILON)

    createMessages(20).map((_, i) => createMessage(`more ${i}`)).forEach(message => harness.validMessage('peer', message))
    expect(harness.score('peer')).to.equal(100)
    deliveries = 10

    for (let i = 0; i < 10; i++) {
      deliveries = decay(harness, deliveries)
    }

    expect(harness.score('peer')).to.be.closeTo(100 + (5 - deliveries) ** 2 * -2 * 0.7, EPSILON)
  })

  it('rust test_scoring_p3b: a deficit at the PRUNE sticks, and decays', () => {
    const harness = scoredHarness({
      meshMessageDeliveriesWeight: -2, meshFailurePenaltyWeight: -3, meshFailurePenaltyDecay: 0.95, topicWeight: 0.7
    }, ['peer'])
    harness.worth.set('peer', 100)
    createMessages(2).forEach(message => harness.validMessage('peer', message))
    const deliveries = decay(harness, decay(harness, 2))

    harness.prune('peer', TOPIC, 1)
    let failure = (5 - deliveries) ** 2
    expect(harness.score('peer')).to.be.closeTo(100 + failure * -3 * 0.7, EPSILON)

    decay(harness)
    decay(harness)
    failure *= 0.95 ** 2
    // it is in the mesh again, and the penalty of the first time is still there
    expect(harness.mesh()).to.deep.equal(['peer'])
    expect(harness.score('peer')).to.be.closeTo(100 + failure * -3 * 0.7, EPSILON)
  })

  it('rust test_scoring_p5: what the application says, at once', () => {
    const harness = scoredHarness({}, ['peer'], { appSpecificWeight: 2 })

    harness.worth.set('peer', 1.1)
    expect(harness.score('peer')).to.be.closeTo(2.2, EPSILON)
    harness.worth.set('peer', -3)
    expect(harness.score('peer')).to.equal(-6)
  })

  it('rust test_scoring_p6: peers at one address above the threshold, squared, for each of their addresses once', () => {
    const harness = scoredHarness({}, [], { IPColocationFactorWeight: -2, IPColocationFactorThreshold: 5 })
    const crowd = ['c0', 'c1', 'c2', 'c3', 'c4']
    const others = ['o0', 'o1', 'o2', 'o3']
    crowd.forEach(peer => harness.connect(peer, { ips: ['10.1.2.3'] }))
    others.forEach(peer => harness.connect(peer, { ips: ['10.1.2.4'] }))
    expect(scores(harness, ...crowd, ...others)).to.deep.equal(Array(9).fill(0))

    move(harness, others.slice(0, 3), ['10.1.2.4', '10.1.2.3'])
    expect(scores(harness, ...crowd, ...others)).to.deep.equal([...Array(8).fill(9 * -2), 0])

    move(harness, crowd.slice(0, 3), ['10.1.2.3', '10.1.2.4'])
    expect(scores(harness, ...crowd)).to.deep.equal([...Array(3).fill((9 + 4) * -2), -18, -18])
    expect(scores(harness, ...others)).to.deep.equal([...Array(3).fill((9 + 4) * -2), 4 * -2])

    const before = scores(harness, ...crowd, ...others)
    move(harness, crowd.slice(0, 3), ['10.1.2.3', '10.1.2.4', '10.1.2.3'])
    expect(scores(harness, ...crowd, ...others)).to.deep.equal(before)
  })

  it('rust test_scoring_p7_grafts_before_backoff: twice within the flood threshold, once after it, squared, with decay', () => {
    const harness = scoredHarness({}, ['early', 'late'], { behaviourPenaltyWeight: -2, behaviourPenaltyDecay: 0.9 })
    // both leave the mesh by a PRUNE of ours
    harness.worth.set('early', -1).set('late', -1)
    harness.tick(0)
    harness.worth.clear()
    expect(harness.mesh()).to.be.empty()

    harness.now += 9_000
    expect(penaltyCount(harness.graft('early', TOPIC), 'graft-in-backoff', 'early')).to.equal(2)
    harness.now += 1_000
    expect(penaltyCount(harness.graft('late', TOPIC), 'graft-in-backoff', 'late')).to.equal(1)
    expect(scores(harness, 'early', 'late')).to.deep.equal([-8, -2])

    const before = harness.score('late')
    harness.tick(0)
    const decays = Math.round(Math.log(harness.score('late') / before) / Math.log(0.81))
    expect(decays).to.equal(10)
    expect(harness.score('early')).to.be.closeTo(-8 * 0.81 ** decays, EPSILON)
  })
})

describe('conformance: scores and the application', () => {
  it('go TestGossipsubScoreValidatorEx: who sends what is ignored loses nothing, who sends what is rejected does', () => {
    const harness = scoredHarness({ invalidMessageDeliveriesWeight: -1 }, ['ignored', 'rejected'])
    const [one, other] = createMessages(2)
    harness.message('ignored', one)
    harness.message('rejected', other)
    const actions = [...harness.verdict(one, 'ignore'), ...harness.verdict(other, 'reject')]

    expect(actions.filter(action => action.type === 'deliver')).to.be.empty()
    expect(scores(harness, 'ignored', 'rejected')).to.deep.equal([0, -1])
  })

  it('go TestGossipsubPeerScoreResetTopicParams: new parameters of a topic apply at once to what was counted', () => {
    const harness = scoredHarness({ firstMessageDeliveriesWeight: 1 }, ['peer'])
    createMessages(8).forEach(message => harness.validMessage('peer', message))
    expect(harness.score('peer')).to.equal(8)

    const params = topicParams({ firstMessageDeliveriesWeight: 3, firstMessageDeliveriesCap: 5 })
    harness.router.handle({ type: 'topicScored', topic: TOPIC, params }, harness.now)

    expect(harness.score('peer')).to.equal(15)
  })
})

/** A router that counts nothing but what is given, with these peers in its mesh. */
function scoredHarness (counted: Partial<TopicScoreParams>, peers: string[], scoreParams = {}): WorthHarness {
  const harness = new WorthHarness({}, { scoreParams: { topics: { [TOPIC]: topicParams(counted) }, topicScoreCap: 0, decayInterval: 1_000, decayToZero: 0.01, ...scoreParams } })
  harness.tick(0)
  harness.join()
  harness.connectSubscribers(peers)

  return harness
}

/** A decay of the counters passes. Returns what the counter is then. */
function decay (harness: WorthHarness, counter = 0): number {
  harness.tick(1_000)

  return counter * 0.9
}

function scores (harness: WorthHarness, ...peers: string[]): number[] {
  return peers.map(peer => harness.score(peer) + 0)
}

function move (harness: WorthHarness, peers: string[], ips: string[]): void {
  for (const peer of peers) {
    harness.router.handle({ type: 'peerMoved', peer, origin: { isOutbound: false, ips } }, harness.now)
  }
}
