/*
 * The tests of score_test.go of go-libp2p-pubsub, each by its name, in virtual time. The tests of rust-libp2p's
 * peer_score/tests.rs are the same list; its names are given where they differ.
 */
import { expect } from 'aegir/chai'
import { TOPIC, ledger, meshLedger, repeat, topicParams } from './ledger.ts'

describe('peer scores: the list of go and rust', () => {
  it('go TestScoreTimeInMesh: time in the mesh earns once it is looked at (rust test_score_time_in_mesh)', () => {
    const scores = ledger({ topics: { [TOPIC]: topicParams({ topicWeight: 0.5, timeInMeshWeight: 1, timeInMeshQuantum: 1, timeInMeshCap: 3_600 }) } }, ['A'])

    expect(scores.score('A')).to.equal(0)
    scores.onGraft('A', TOPIC, 0)
    scores.refresh(200)
    expect(scores.score('A')).to.equal(0.5 * 200)
  })

  it('go TestScoreTimeInMeshCap: time in the mesh earns up to a cap (rust test_score_time_in_mesh_cap)', () => {
    const scores = meshLedger({ topicWeight: 0.5, timeInMeshWeight: 1, timeInMeshQuantum: 1, timeInMeshCap: 10 }, ['A'])

    scores.refresh(40)
    expect(scores.score('A')).to.equal(0.5 * 10)
  })

  const firstDeliveries = { firstMessageDeliveriesWeight: 1, firstMessageDeliveriesDecay: 1, firstMessageDeliveriesCap: 2_000 }

  it('go TestScoreFirstMessageDeliveries: each first delivery counts (rust test_score_first_message_deliveries)', () => {
    const scores = meshLedger(firstDeliveries, ['A'])

    repeat(100, () => { scores.onFirstDelivery('A', TOPIC) })
    scores.refresh(0)
    expect(scores.score('A')).to.equal(100)
  })

  it('go TestScoreFirstMessageDeliveriesCap: up to a cap (rust test_score_first_message_deliveries_cap)', () => {
    const scores = meshLedger({ ...firstDeliveries, firstMessageDeliveriesCap: 50 }, ['A'])

    repeat(100, () => { scores.onFirstDelivery('A', TOPIC) })
    scores.refresh(0)
    expect(scores.score('A')).to.equal(50)
  })

  it('go TestScoreFirstMessageDeliveriesDecay: the counter decays (rust test_score_first_message_deliveries_decay)', () => {
    const scores = meshLedger({ ...firstDeliveries, firstMessageDeliveriesDecay: 0.9 }, ['A'])

    repeat(100, () => { scores.onFirstDelivery('A', TOPIC) })
    scores.refresh(0)
    expect(scores.score('A')).to.equal(90)
    repeat(10, () => { scores.refresh(0) })
    expect(scores.score('A')).to.be.closeTo(100 * 0.9 ** 11, 1e-9)
  })

  const meshDeliveries = {
    meshMessageDeliveriesWeight: -1,
    meshMessageDeliveriesActivation: 1_000,
    meshMessageDeliveriesWindow: 10,
    meshMessageDeliveriesThreshold: 20,
    meshMessageDeliveriesCap: 100,
    meshMessageDeliveriesDecay: 1
  }

  it('go TestScoreMeshMessageDeliveries: late duplicates do not count for the mesh (rust test_score_mesh_message_deliveries)', () => {
    const scores = meshLedger(meshDeliveries, ['A', 'B', 'C'])

    scores.refresh(0)
    expect(['A', 'B', 'C'].map(peer => scores.score(peer)), 'nothing is due before the activation').to.deep.equal([0, 0, 0])

    repeat(100, () => {
      scores.onFirstDelivery('A', TOPIC)
      scores.onDuplicateDelivery('B', TOPIC, 0)
      scores.onDuplicateDelivery('C', TOPIC, 30)
    })
    scores.refresh(1_030)

    expect(scores.score('A')).to.equal(0)
    expect(scores.score('B')).to.equal(0)
    expect(scores.score('C')).to.equal(-(20 ** 2))
  })

  it('go TestScoreMeshMessageDeliveriesDecay: who stops delivering falls below the threshold (rust test_score_mesh_message_deliveries_decay)', () => {
    const scores = meshLedger({ ...meshDeliveries, meshMessageDeliveriesActivation: 0, meshMessageDeliveriesDecay: 0.9 }, ['A'])

    repeat(40, () => { scores.onFirstDelivery('A', TOPIC) })
    scores.refresh(1)
    expect(scores.score('A')).to.equal(0)
    repeat(20, () => { scores.refresh(1) })
    expect(scores.score('A')).to.be.closeTo(-((20 - 40 * 0.9 ** 21) ** 2), 1e-9)
  })

  it('go TestScoreMeshFailurePenalty: a deficit at the PRUNE sticks (rust test_score_mesh_failure_penalty)', () => {
    const scores = meshLedger({
      ...meshDeliveries, meshMessageDeliveriesWeight: 0, meshMessageDeliveriesActivation: 0, meshFailurePenaltyWeight: -1, meshFailurePenaltyDecay: 1
    }, ['A', 'B'])

    repeat(100, () => { scores.onFirstDelivery('A', TOPIC) })
    scores.refresh(1)
    expect([scores.score('A'), scores.score('B')], 'in the mesh').to.deep.equal([0, 0])

    scores.onPrune('B', TOPIC)
    scores.refresh(1)
    expect([scores.score('A'), scores.score('B')], 'after the PRUNE').to.deep.equal([0, -(20 ** 2)])
  })

  const invalidDeliveries = { invalidMessageDeliveriesWeight: -1, invalidMessageDeliveriesDecay: 1 }

  it('go TestScoreInvalidMessageDeliveries: invalid messages count squared (rust test_score_invalid_message_deliveries)', () => {
    const scores = meshLedger(invalidDeliveries, ['A'])

    repeat(100, () => { scores.onInvalidMessage('A', TOPIC) })
    scores.refresh(0)
    expect(scores.score('A')).to.equal(-(100 ** 2))
  })

  it('go TestScoreInvalidMessageDeliveriesDecay: the counter decays before it is squared (rust test_score_invalid_message_deliveris_decay)', () => {
    const scores = meshLedger({ ...invalidDeliveries, invalidMessageDeliveriesDecay: 0.9 }, ['A'])

    repeat(100, () => { scores.onInvalidMessage('A', TOPIC) })
    scores.refresh(0)
    expect(scores.score('A')).to.equal(-(90 ** 2))
    repeat(10, () => { scores.refresh(0) })
    expect(scores.score('A')).to.be.closeTo(-((100 * 0.9 ** 11) ** 2), 1e-9)
  })

  it('go TestScoreApplicationScore: the application has its say at any time (rust test_application_score)', () => {
    let appScore = 0
    const scores = ledger({ appSpecificScore: () => appScore, appSpecificWeight: 0.5 }, ['A'])

    for (appScore = -100; appScore < 100; appScore++) {
      expect(scores.score('A')).to.equal(appScore * 0.5)
    }
  })

  it('go TestScoreIPColocation: peers that share an address pay for it (rust test_score_ip_colocation)', () => {
    const scores = ledger({ IPColocationFactorThreshold: 1, IPColocationFactorWeight: -1 }, ['A', 'B', 'C', 'D'])

    placeFour(scores)
    expect(['A', 'B', 'C', 'D'].map(peer => scores.score(peer))).to.deep.equal([0, -4, -4, -4])
  })

  it('go TestScoreIPColocationWhitelist: unless the address is in a range of the whitelist', () => {
    const scores = ledger({
      IPColocationFactorThreshold: 1, IPColocationFactorWeight: -1, IPColocationFactorWhitelist: new Set(['2.3.0.0/16'])
    }, ['A', 'B', 'C', 'D'])

    placeFour(scores)
    expect(['A', 'B', 'C', 'D'].map(peer => scores.score(peer))).to.deep.equal([0, 0, 0, 0])
  })

  it('go TestScoreBehaviourPenalty: misbehaviour counts squared and decays (rust test_score_behaviour_penalty)', () => {
    const scores = ledger({ behaviourPenaltyWeight: -1, behaviourPenaltyDecay: 0.99 })

    scores.addPenalty('A', 1)
    expect(scores.score('A'), 'not known').to.equal(0)

    scores.addPeer('A', [], 0)
    expect(scores.score('A')).to.equal(0)
    scores.addPenalty('A', 1)
    expect(scores.score('A')).to.equal(-1)
    scores.addPenalty('A', 1)
    expect(scores.score('A')).to.equal(-4)
    scores.refresh(0)
    expect(scores.score('A')).to.equal(-3.9204)
  })

  it('go TestScoreRetention: a score outlives the connection for a time (rust test_score_retention)', () => {
    const scores = ledger({ appSpecificScore: () => -1_000, appSpecificWeight: 1, retainScore: 1_000 }, ['A'])

    scores.refresh(0)
    expect(scores.score('A')).to.equal(-1_000)
    scores.removePeer('A', 0)
    scores.refresh(500)
    expect(scores.score('A')).to.equal(-1_000)
    scores.refresh(1_050)
    expect(scores.score('A')).to.equal(0)
  })

  it('go TestScoreRecapTopicParams: lower caps cut the counters', () => {
    const params = { ...meshDeliveries, ...firstDeliveries, firstMessageDeliveriesCap: 100 }
    const scores = meshLedger(params, ['A', 'B'])

    repeat(100, () => {
      scores.onFirstDelivery('A', TOPIC)
      scores.onDuplicateDelivery('B', TOPIC, 0)
    })
    expect(scores.dump().A.topics[TOPIC].firstMessageDeliveries).to.equal(100)
    expect(scores.dump().B.topics[TOPIC].meshMessageDeliveries).to.equal(100)

    scores.setTopicParams(TOPIC, topicParams({ ...params, firstMessageDeliveriesCap: 50, meshMessageDeliveriesCap: 50 }))
    expect(scores.dump().A.topics[TOPIC].firstMessageDeliveries).to.equal(50)
    expect(scores.dump().B.topics[TOPIC].meshMessageDeliveries).to.equal(50)
    expect(scores.score('A')).to.equal(50)
  })

  it('go TestScoreResetTopicParams: new weights apply to what was counted before', () => {
    const scores = meshLedger(invalidDeliveries, ['A'])

    repeat(100, () => { scores.onInvalidMessage('A', TOPIC) })
    expect(scores.score('A')).to.equal(-10_000)
    scores.setTopicParams(TOPIC, topicParams({ ...invalidDeliveries, invalidMessageDeliveriesWeight: -10 }))
    expect(scores.score('A')).to.equal(-100_000)
  })

  function placeFour (scores: ReturnType<typeof ledger>): void {
    scores.setAddresses('A', ['1.2.3.4'])
    scores.setAddresses('B', ['2.3.4.5'])
    scores.setAddresses('C', ['2.3.4.5', '3.4.5.6'])
    scores.setAddresses('D', ['2.3.4.5'])
  }
})
