import { expect } from 'aegir/chai'
import { TOPIC, ledger, meshLedger, repeat, topicParams } from './ledger.ts'
import type { TopicScoreParams } from '../../../src/router/score/params.ts'

/** The components of gossipsub-v1.1.md "The Score Function" one by one, where the list of go says nothing. */
describe('peer scores: the components', () => {
  const meshDeliveries: Partial<TopicScoreParams> = {
    meshMessageDeliveriesWeight: -1,
    meshMessageDeliveriesDecay: 1,
    meshMessageDeliveriesCap: 10,
    meshMessageDeliveriesThreshold: 4,
    meshMessageDeliveriesWindow: 10,
    meshMessageDeliveriesActivation: 1_000,
    meshFailurePenaltyWeight: -10,
    meshFailurePenaltyDecay: 0.5
  }

  it('are 0 for a peer that nobody knows, and nothing it does counts', () => {
    const scores = meshLedger(meshDeliveries, [])

    scores.onGraft('A', TOPIC, 0)
    scores.onFirstDelivery('A', TOPIC)
    scores.onInvalidMessage('A', TOPIC)
    scores.addPenalty('A', 1)
    scores.addSlowPenalty('A', 1)
    scores.setAddresses('A', ['192.0.2.1'])
    scores.onPrune('A', TOPIC)
    scores.removePeer('A', 0)

    expect(scores.score('A')).to.equal(0)
    expect(scores.size).to.equal(0)
    expect(scores.dump()).to.deep.equal({})
  })

  it('count nothing in topics that are not scored', () => {
    const scores = ledger({ topics: { [TOPIC]: topicParams({ invalidMessageDeliveriesWeight: -1, invalidMessageDeliveriesDecay: 0.5 }) } }, ['A'])

    for (const topic of ['other', 'toString', '__proto__', 'constructor']) {
      scores.onGraft('A', topic, 0)
      scores.onFirstDelivery('A', topic)
      scores.onInvalidMessage('A', topic)
    }

    expect(scores.score('A')).to.equal(0)
    expect(scores.dump().A.topics).to.deep.equal({})
  })

  it('P1 counts parts of a quantum, starts over with each GRAFT, and ends with the PRUNE', () => {
    const scores = meshLedger({ timeInMeshWeight: 1, timeInMeshQuantum: 1_000, timeInMeshCap: 10 }, ['A'])

    scores.refresh(2_500)
    expect(scores.score('A')).to.equal(2.5)
    scores.onGraft('A', TOPIC, 3_000)
    expect(scores.score('A'), 'after the second GRAFT').to.equal(0)
    scores.refresh(4_000)
    expect(scores.score('A')).to.equal(1)
    scores.onPrune('A', TOPIC)
    expect(scores.score('A'), 'after the PRUNE').to.equal(0)
  })

  it('P2 counts outside of the mesh, P3 does not', () => {
    const scores = ledger({ topics: { [TOPIC]: topicParams({ ...meshDeliveries, firstMessageDeliveriesWeight: 1, firstMessageDeliveriesDecay: 1, firstMessageDeliveriesCap: 10 }) } }, ['A'])

    scores.onFirstDelivery('A', TOPIC)
    scores.onDuplicateDelivery('A', TOPIC, 0)

    expect(scores.dump().A.topics[TOPIC]).to.include({ firstMessageDeliveries: 1, meshMessageDeliveries: 0 })
    expect(scores.score('A')).to.equal(1)
  })

  for (const [sinceValidatedMs, deliveries] of [[0, 1], [10, 1], [10.1, 0], [Infinity, 0]]) {
    it(`P3 counts ${deliveries} for a duplicate ${sinceValidatedMs} ms after the validation, with a window of 10 ms`, () => {
      const scores = meshLedger(meshDeliveries, ['A'])

      scores.onDuplicateDelivery('A', TOPIC, sinceValidatedMs)
      expect(scores.dump().A.topics[TOPIC].meshMessageDeliveries).to.equal(deliveries)
    })
  }

  it('P3 is due after more than the activation time, and is capped', () => {
    const scores = meshLedger(meshDeliveries, ['A'])

    scores.refresh(1_000)
    expect(scores.score('A'), 'at the activation time').to.equal(0)
    scores.refresh(1_001)
    expect(scores.score('A'), 'after it').to.equal(-(4 ** 2))

    repeat(20, () => { scores.onFirstDelivery('A', TOPIC) })
    expect(scores.dump().A.topics[TOPIC].meshMessageDeliveries).to.equal(10)
    expect(scores.score('A'), 'above the threshold').to.equal(0)
  })

  it('P3b takes the place of P3 at the PRUNE, once, and decays', () => {
    const scores = meshLedger(meshDeliveries, ['A'])

    scores.refresh(2_000)
    scores.onPrune('A', TOPIC)
    expect(scores.score('A')).to.equal(-10 * 4 ** 2)
    scores.onPrune('A', TOPIC)
    expect(scores.score('A'), 'after a second PRUNE').to.equal(-10 * 4 ** 2)
    scores.refresh(3_000)
    expect(scores.score('A'), 'after a decay').to.equal(-10 * 4 ** 2 / 2)
  })

  it('P3b is not due before the activation, nor without a deficit', () => {
    const scores = meshLedger(meshDeliveries, ['early', 'good'])

    scores.onPrune('early', TOPIC)
    repeat(4, () => { scores.onFirstDelivery('good', TOPIC) })
    scores.refresh(2_000)
    scores.onPrune('good', TOPIC)

    expect([scores.score('early'), scores.score('good')]).to.deep.equal([0, 0])
  })

  it('P3b sticks to a peer that is grafted again', () => {
    const scores = meshLedger(meshDeliveries, ['A'])

    scores.refresh(2_000)
    scores.onPrune('A', TOPIC)
    scores.onGraft('A', TOPIC, 2_000)
    expect(scores.score('A')).to.equal(-10 * 4 ** 2)
  })

  it('P3b applies when a peer in deficit disconnects', () => {
    const scores = ledger({ retainScore: 60_000, topics: { [TOPIC]: topicParams(meshDeliveries) } }, ['A'])

    scores.onGraft('A', TOPIC, 0)
    scores.refresh(2_000)
    expect(scores.score('A')).to.equal(-(4 ** 2))
    scores.removePeer('A', 2_000)
    expect(scores.score('A')).to.equal(-10 * 4 ** 2)
    expect(scores.dump().A.topics[TOPIC]).to.include({ inMesh: false, meshMessageDeliveriesActive: false, meshFailurePenalty: 4 ** 2 })
  })

  it('of each topic are multiplied by its weight', () => {
    const invalid = { invalidMessageDeliveriesWeight: -1, invalidMessageDeliveriesDecay: 0.5 }
    const scores = ledger({ topics: { one: topicParams({ ...invalid, topicWeight: 0.5 }), two: topicParams({ ...invalid, topicWeight: 3 }), off: topicParams({ ...invalid, topicWeight: 0 }) } }, ['A'])

    for (const topic of ['one', 'two', 'off']) {
      repeat(2, () => { scores.onInvalidMessage('A', topic) })
    }

    expect(scores.score('A')).to.equal(-(0.5 + 3) * 4)
  })

  it('of all topics are capped from above only', () => {
    const scores = ledger({
      topicScoreCap: 5,
      topics: {
        good: topicParams({ firstMessageDeliveriesWeight: 1, firstMessageDeliveriesDecay: 1, firstMessageDeliveriesCap: 100 }),
        bad: topicParams({ invalidMessageDeliveriesWeight: -1, invalidMessageDeliveriesDecay: 1 })
      },
      appSpecificScore: () => 7,
      appSpecificWeight: 1
    }, ['A'])

    repeat(20, () => { scores.onFirstDelivery('A', 'good') })
    expect(scores.score('A'), 'P5 is not capped').to.equal(5 + 7)
    repeat(10, () => { scores.onInvalidMessage('A', 'bad') })
    expect(scores.score('A'), 'penalties are not capped').to.equal(20 - 10 ** 2 + 7)
  })

  it('of all topics have no cap when it is 0', () => {
    const scores = meshLedger({ firstMessageDeliveriesWeight: 1, firstMessageDeliveriesDecay: 1, firstMessageDeliveriesCap: 1_000 }, ['A'])

    repeat(1_000, () => { scores.onFirstDelivery('A', TOPIC) })
    expect(scores.score('A')).to.equal(1_000)
  })

  it('P5 may be negative', () => {
    expect(ledger({ appSpecificScore: () => -3, appSpecificWeight: 2 }, ['A']).score('A')).to.equal(-6)
  })

  it('P5 is asked of the peer in question', () => {
    const scores = ledger({ appSpecificScore: peer => peer === 'A' ? 1 : 2, appSpecificWeight: 1 }, ['A', 'B'])

    expect([scores.score('A'), scores.score('B')]).to.deep.equal([1, 2])
  })

  for (const [what, appSpecificScore] of [
    ['throws', () => { throw new Error('no opinion') }],
    ['returns NaN', () => NaN],
    ['returns Infinity', () => Infinity],
    ['returns nothing', () => undefined as unknown as number]
  ] as Array<[string, () => number]>) {
    it(`P5 is 0 when the application's function ${what}`, () => {
      const scores = ledger({ appSpecificScore, appSpecificWeight: 1, behaviourPenaltyWeight: -1 }, ['A'])

      scores.addPenalty('A', 2)
      expect(scores.score('A')).to.equal(-4)
      expect(scores.snapshot('A')).to.include({ score: -4, appSpecificScore: 0 })
    })
  }

  it('P5 is not asked when its weight is 0', () => {
    let calls = 0
    const scores = ledger({ appSpecificScore: () => ++calls, appSpecificWeight: 0 }, ['A'])

    expect(scores.score('A')).to.equal(0)
    expect(calls).to.equal(0)
  })

  it('P7 is the square of what is above the threshold', () => {
    const scores = ledger({ behaviourPenaltyWeight: -2, behaviourPenaltyThreshold: 6, behaviourPenaltyDecay: 0.5 }, ['A'])

    scores.addPenalty('A', 6)
    expect(scores.score('A'), 'at the threshold').to.equal(0)
    scores.addPenalty('A', 3)
    expect(scores.score('A'), 'above the threshold').to.equal(-2 * 3 ** 2)
    scores.refresh(0)
    expect(scores.score('A'), 'after a decay').to.equal(0)
  })

  it('the slow peer penalty is off by default', () => {
    const scores = ledger({}, ['A'])

    scores.addSlowPenalty('A', 1_000)
    expect(scores.score('A')).to.equal(0)
  })

  it('the slow peer penalty is linear above its threshold and decays', () => {
    const scores = ledger({ slowPeerPenaltyWeight: -2, slowPeerPenaltyThreshold: 5, slowPeerPenaltyDecay: 0.5, decayToZero: 0.1 }, ['A'])

    scores.addSlowPenalty('A', 5)
    expect(scores.score('A'), 'at the threshold').to.equal(0)
    scores.addSlowPenalty('A', 15)
    expect(scores.score('A'), 'above the threshold').to.equal(-2 * 15)
    scores.refresh(0)
    expect(scores.score('A'), 'after a decay').to.equal(-2 * 5)
  })

  it('counters below decayToZero are 0', () => {
    const scores = ledger({
      decayToZero: 0.3,
      behaviourPenaltyWeight: -1,
      behaviourPenaltyDecay: 0.5,
      topics: { [TOPIC]: topicParams({ invalidMessageDeliveriesWeight: -1, invalidMessageDeliveriesDecay: 0.5 }) }
    }, ['A'])

    scores.onInvalidMessage('A', TOPIC)
    scores.addPenalty('A', 1)
    scores.refresh(0)
    expect(scores.score('A')).to.equal(-2 * 0.5 ** 2)
    scores.refresh(0)
    expect(scores.score('A')).to.equal(0)
    expect(scores.dump().A.topics[TOPIC].invalidMessageDeliveries).to.equal(0)
  })

  it('a topic that is scored from now on counts from now on', () => {
    const scores = ledger({}, ['A'])

    expect(scores.deliveriesWindowMs).to.equal(0)
    scores.onInvalidMessage('A', TOPIC)
    scores.setTopicParams(TOPIC, topicParams({ invalidMessageDeliveriesWeight: -1, invalidMessageDeliveriesDecay: 0.5, meshMessageDeliveriesWindow: 25 }))
    expect(scores.score('A')).to.equal(0)
    scores.onInvalidMessage('A', TOPIC)
    expect(scores.score('A')).to.equal(-1)
    expect(scores.deliveriesWindowMs).to.equal(25)
    expect(scores.topicParams(TOPIC)).to.include({ meshMessageDeliveriesWindow: 25 })
  })

  it('deliveriesWindowMs is the largest of all topics', () => {
    const scores = ledger({ topics: { one: topicParams({ meshMessageDeliveriesWindow: 5 }), two: topicParams({ meshMessageDeliveriesWindow: 50 }) } })

    expect(scores.deliveriesWindowMs).to.equal(50)
    scores.setTopicParams('two', topicParams({ meshMessageDeliveriesWindow: 1 }))
    expect(scores.deliveriesWindowMs).to.equal(5)
  })

  it('are not changed by an application that changes its parameters afterwards', () => {
    const topic = topicParams({ invalidMessageDeliveriesWeight: -1, invalidMessageDeliveriesDecay: 0.5 })
    const topics: Record<string, TopicScoreParams> = { [TOPIC]: topic }
    const scores = ledger({ topics }, ['A'])

    topic.invalidMessageDeliveriesWeight = -100
    topics.other = topic
    scores.onInvalidMessage('A', TOPIC)
    scores.onInvalidMessage('A', 'other')
    expect(scores.score('A')).to.equal(-1)
  })

  it('with weight 0 are off whatever else is given', () => {
    const scores = meshLedger({ timeInMeshQuantum: 0, firstMessageDeliveriesDecay: NaN, firstMessageDeliveriesCap: 10, invalidMessageDeliveriesDecay: NaN }, ['A'])

    scores.onFirstDelivery('A', TOPIC)
    scores.onInvalidMessage('A', TOPIC)
    scores.refresh(1_000)
    expect(scores.score('A')).to.equal(0)
  })
})
