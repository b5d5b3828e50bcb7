import { expect } from 'aegir/chai'
import { PeerScore } from '../../../src/score.ts'
import { TOPIC, peerParams, repeat, topicParams } from './ledger.ts'
import type { PeerScoreParams } from '../../../src/score.ts'

describe('peer scores: PeerScore by itself', () => {
  let now: number

  beforeEach(() => {
    now = 0
  })

  function peerScore (params: Partial<PeerScoreParams> = {}): PeerScore {
    const valid = { skipAtomicValidation: false, appSpecificScore: () => 0, decayInterval: 1_000, decayToZero: 0.1 }

    return new PeerScore({ ...peerParams(params), ...valid }, null, undefined, { scoreCacheValidityMs: 1_000, now: () => now })
  }

  const topics = {
    [TOPIC]: topicParams({
      invalidMessageDeliveriesWeight: -1,
      invalidMessageDeliveriesDecay: 0.5,
      firstMessageDeliveriesWeight: 1,
      firstMessageDeliveriesDecay: 0.5,
      firstMessageDeliveriesCap: 10,
      meshMessageDeliveriesCap: 10,
      meshMessageDeliveriesWindow: 10
    })
  }

  it('go TestScoreRejectMessageDeliveries: who pays for a message that is refused (rust test_score_reject_message_deliveries)', () => {
    const scores = peerScore({ topics })
    const both = (): number[] => [scores.score('A'), scores.score('B')]

    scores.addPeer('A')
    scores.addPeer('B')

    scores.rejectMessage('A', 'blacklisted', TOPIC, 'blacklisted')
    expect(both(), 'blacklisted').to.deep.equal([0, 0])

    scores.validateMessage('ignored')
    scores.rejectMessage('A', 'ignored', TOPIC, 'ignore')
    scores.duplicateMessage('B', 'ignored', TOPIC)
    expect(both(), 'ignored').to.deep.equal([0, 0])

    scores.validateMessage('rejected')
    scores.rejectMessage('A', 'rejected', TOPIC, 'reject')
    scores.duplicateMessage('B', 'rejected', TOPIC)
    expect(both(), 'rejected before the duplicate').to.deep.equal([-1, -1])

    scores.validateMessage('rejected later')
    scores.duplicateMessage('B', 'rejected later', TOPIC)
    scores.rejectMessage('A', 'rejected later', TOPIC, 'reject')
    expect(both(), 'rejected after the duplicate').to.deep.equal([-4, -4])
  })

  it('blames only the sender of what fails the checks of the protocol', () => {
    const scores = peerScore({ topics })

    scores.addPeer('A')
    scores.addPeer('B')
    scores.rejectMessage('A', 'bad signature', TOPIC, 'error')
    scores.duplicateMessage('B', 'bad signature', TOPIC)
    scores.rejectInvalidMessage('A', TOPIC)
    expect([scores.score('A'), scores.score('B')]).to.deep.equal([-4, 0])
  })

  it('counts each delivery once, and in the window only', () => {
    const scores = peerScore({ topics })

    for (const peer of ['A', 'B', 'C', 'D']) {
      scores.addPeer(peer)
      scores.graft(peer, TOPIC)
    }

    scores.validateMessage('id')
    repeat(2, () => { scores.duplicateMessage('B', 'id', TOPIC) })
    scores.duplicateMessage('A', 'id', TOPIC)
    scores.deliverMessage('A', 'id', TOPIC)
    now = 10
    repeat(2, () => { scores.duplicateMessage('C', 'id', TOPIC) })
    scores.duplicateMessage('A', 'id', TOPIC)
    scores.duplicateMessage('B', 'id', TOPIC)
    now = 11
    scores.duplicateMessage('D', 'id', TOPIC)

    const counted = [...scores.peerStats].map(([peer, stats]) => [peer, stats.topics[TOPIC].firstMessageDeliveries, stats.topics[TOPIC].meshMessageDeliveries])
    expect(counted).to.deep.equal([['A', 1, 1], ['B', 0, 1], ['C', 0, 1], ['D', 0, 0]])
  })

  it('blames twice who sent an invalid message twice, as go does', () => {
    const scores = peerScore({ topics })

    scores.addPeer('A')
    scores.duplicateMessage('A', 'id', TOPIC)
    scores.rejectMessage('A', 'id', TOPIC, 'reject')
    expect(scores.score('A')).to.equal(-4)
  })

  it('takes the first verdict on a message only', () => {
    const scores = peerScore({ topics })

    scores.addPeer('A')
    scores.rejectMessage('A', 'id', TOPIC, 'reject')
    scores.rejectMessage('A', 'id', TOPIC, 'reject')
    expect(scores.score('A')).to.equal(-1)
  })

  it('forgets messages after two minutes', () => {
    const scores = peerScore({ topics })

    now = 5
    scores.validateMessage('id')
    expect(scores.messageFirstSeenTimestampMs('id')).to.equal(5)
    now = 120_005
    scores.background()
    expect(scores.messageFirstSeenTimestampMs('id')).to.equal(5)
    now = 120_006
    scores.background()
    expect(scores.messageFirstSeenTimestampMs('id')).to.equal(null)
  })

  it('remembers a bounded number of messages', () => {
    const scores = peerScore({ topics })

    for (let i = 0; i <= 65_536; i++) {
      scores.validateMessage(`${i}`)
    }
    expect(scores.messageFirstSeenTimestampMs('0')).to.equal(null)
    expect(scores.messageFirstSeenTimestampMs('1')).to.equal(0)
  })

  it('follows addresses, penalties and the mesh', () => {
    const scores = peerScore({
      topics, IPColocationFactorWeight: -1, IPColocationFactorThreshold: 1, behaviourPenaltyWeight: -1, behaviourPenaltyDecay: 0.5, retainScore: 60_000
    })

    scores.addPeer('A')
    scores.addPeer('B')
    scores.addIP('A', '192.0.2.1')
    scores.addIP('B', '192.0.2.1')
    scores.addIP('B', '192.0.2.2')
    expect(scores.score('A')).to.equal(-1)
    scores.removeIP('B', '192.0.2.1')
    expect([...scores.dumpPeerScoreStats().B.knownIPs]).to.deep.equal(['192.0.2.2'])
    expect(scores.score('A')).to.equal(0)

    scores.addPenalty('A', 2, 'graft_backoff')
    expect(scores.score('A')).to.equal(-4)
    scores.graft('A', TOPIC)
    now = 1_000
    scores.refreshScores()
    expect(scores.peerStats.get('A')?.topics[TOPIC]).to.include({ inMesh: true, meshTime: 1_000 })
    scores.prune('A', TOPIC)
    expect(scores.peerStats.get('A')?.topics[TOPIC].inMesh).to.equal(false)

    scores.removePeer('A')
    scores.addPeer('A')
    expect(scores.score('A'), 'after reconnecting').to.equal(-1)
    expect([...scores.dumpPeerScoreStats().A.knownIPs]).to.deep.equal(['192.0.2.1'])
  })

  it('starts and stops, and is empty then', () => {
    const scores = peerScore()

    scores.start()
    scores.start()
    scores.addPeer('A')
    scores.validateMessage('id')
    expect(scores.size).to.equal(1)
    scores.stop()
    expect(scores.size).to.equal(0)
    expect(scores.messageFirstSeenTimestampMs('id')).to.equal(null)
  })

  it('does not come about with parameters that are not valid', () => {
    expect(() => new PeerScore({ ...peerParams(), skipAtomicValidation: false })).to.throw().with.property('name', 'InvalidParametersError')
  })
})
