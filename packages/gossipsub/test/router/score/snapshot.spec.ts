import { expect } from 'aegir/chai'
import { ledger, topicParams } from './ledger.ts'
import type { PeerScores } from '../../../src/router/score/peer-scores.ts'

describe('peer scores: inspection', () => {
  /** One peer with something in each component, and one that left. */
  function inspected (): PeerScores {
    const scores = ledger({
      topicScoreCap: 100,
      appSpecificScore: () => 3,
      appSpecificWeight: 2,
      IPColocationFactorWeight: -1,
      IPColocationFactorThreshold: 1,
      behaviourPenaltyWeight: -1,
      behaviourPenaltyDecay: 0.5,
      slowPeerPenaltyWeight: -1,
      slowPeerPenaltyDecay: 0.5,
      retainScore: 60_000,
      topics: {
        topic: topicParams({
          topicWeight: 0.5,
          timeInMeshWeight: 1,
          timeInMeshCap: 10,
          firstMessageDeliveriesWeight: 1,
          firstMessageDeliveriesDecay: 0.5,
          firstMessageDeliveriesCap: 10,
          meshMessageDeliveriesWeight: -1,
          meshMessageDeliveriesDecay: 0.5,
          meshMessageDeliveriesCap: 10,
          meshMessageDeliveriesThreshold: 3,
          meshMessageDeliveriesActivation: 1_000,
          meshFailurePenaltyWeight: -0.5,
          meshFailurePenaltyDecay: 0.5,
          invalidMessageDeliveriesWeight: -2,
          invalidMessageDeliveriesDecay: 0.5
        })
      }
    })

    scores.addPeer('A', ['192.0.2.1', '127.0.0.1'], 0)
    scores.addPeer('B', ['192.0.2.1'], 0)
    scores.addPeer('C', ['192.0.2.1'], 0)
    scores.onGraft('A', 'topic', 0)
    scores.refresh(2_000)
    scores.onPrune('A', 'topic')
    scores.onGraft('A', 'topic', 2_000)
    scores.refresh(6_000)
    scores.onFirstDelivery('A', 'topic')
    scores.onInvalidMessage('A', 'topic')
    scores.addPenalty('A', 2)
    scores.addPenalty('C', 10)
    scores.addSlowPenalty('A', 3)
    scores.removePeer('C', 6_000)

    return scores
  }

  it('dumps what is counted in the shape of dumpPeerScoreStats() of @libp2p/gossipsub', () => {
    expect(inspected().dump()).to.deep.equal({
      A: {
        connected: true,
        expire: 0,
        topics: {
          topic: {
            inMesh: true,
            graftTime: 2_000,
            meshTime: 4_000,
            firstMessageDeliveries: 1,
            meshMessageDeliveries: 1,
            meshMessageDeliveriesActive: true,
            meshFailurePenalty: 4.5,
            invalidMessageDeliveries: 1
          }
        },
        knownIPs: new Set(['192.0.2.1']),
        behaviourPenalty: 2,
        slowPeerPenalty: 3
      },
      B: { connected: true, expire: 0, topics: {}, knownIPs: new Set(['192.0.2.1']), behaviourPenalty: 0, slowPeerPenalty: 0 },
      C: { connected: false, expire: 66_000, topics: {}, knownIPs: new Set(['192.0.2.1']), behaviourPenalty: 10, slowPeerPenalty: 0 }
    })
  })

  it('dumps data that can be cloned to another thread, and is a copy', () => {
    const scores = inspected()
    const dump = scores.dump()

    expect(structuredClone(dump)).to.deep.equal(dump)
    dump.A.topics.topic.invalidMessageDeliveries = 100
    dump.A.knownIPs.clear()
    expect(scores.dump()).to.deep.equal(inspected().dump())
  })

  it('says how a score comes about', () => {
    const scores = inspected()

    expect(scores.snapshot('A')).to.deep.equal({
      score: (4 + 1 - 4 - 2.25 - 2) * 0.5 + 6 - 4 - 4 - 3,
      topics: {
        topic: {
          timeInMesh: 4_000,
          firstMessageDeliveries: 1,
          meshMessageDeliveries: 1,
          invalidMessageDeliveries: 1,
          meshFailurePenalty: 4.5,
          weighted: { p1: 4, p2: 1, p3: -4, p3b: -2.25, p4: -2 },
          score: -1.625
        }
      },
      appSpecificScore: 3,
      IPColocationFactor: 4,
      behaviourPenalty: 2,
      slowPeerPenalty: 3,
      connected: true,
      weighted: { topics: -1.625, p5: 6, p6: -4, p7: -4, slowPeer: -3 }
    })
    expect(scores.snapshot('A')?.score).to.equal(scores.score('A'))
    expect(structuredClone(scores.snapshot('A'))).to.deep.equal(scores.snapshot('A'))
  })

  it('knows of peers that left, and of no others', () => {
    const scores = inspected()

    expect([...scores.peers()]).to.deep.equal(['A', 'B', 'C'])
    expect(scores.snapshot('C')).to.include({ connected: false, behaviourPenalty: 10 })
    expect(scores.snapshot('D')).to.equal(undefined)
  })

  it('shows a topic of any name', () => {
    const scores = ledger({ topics: { ['__proto__']: topicParams({ invalidMessageDeliveriesWeight: -1, invalidMessageDeliveriesDecay: 0.5 }) } }, ['A'])

    scores.onInvalidMessage('A', '__proto__')
    expect(scores.score('A')).to.equal(-1)
    expect(Object.keys(scores.dump().A.topics)).to.deep.equal(['__proto__'])
    expect(Object.keys(scores.snapshot('A')?.topics ?? {})).to.deep.equal(['__proto__'])
  })
})
