import { expect } from 'aegir/chai'
import { createRandom } from '../../../src/router/random.ts'
import { seeds } from '../seeds.ts'
import { TOPIC, ledger, repeat, topicParams } from './ledger.ts'
import type { PeerScores } from '../../../src/router/score/peer-scores.ts'

/** gossipsub-v1.1.md "Score Retention After Disconnect". */
describe('peer scores: retention', () => {
  const RETAIN_MS = 60_000

  const params = {
    retainScore: RETAIN_MS,
    behaviourPenaltyWeight: -1,
    behaviourPenaltyDecay: 0.5,
    IPColocationFactorWeight: -1,
    IPColocationFactorThreshold: 1,
    topics: { [TOPIC]: topicParams({ firstMessageDeliveriesWeight: 1, firstMessageDeliveriesDecay: 1, firstMessageDeliveriesCap: 100 }) }
  }

  it('defect 1: reconnecting does not wash a negative score', () => {
    const scores = ledger(params, ['A'])

    scores.addPenalty('A', 3)
    scores.removePeer('A', 0)
    expect(scores.score('A'), 'while it is away').to.equal(-9)
    scores.addPeer('A', [], 1_000)
    expect(scores.score('A'), 'when it is back').to.equal(-9)
    expect(scores.dump().A).to.include({ connected: true, expire: 0, behaviourPenalty: 3 })
  })

  it('defect 1: not by leaving again and again, either', () => {
    const scores = ledger(params, ['A'])

    scores.addPenalty('A', 3)
    for (let now = 0; now < 10 * RETAIN_MS; now += RETAIN_MS / 2) {
      scores.removePeer('A', now)
      scores.addPeer('A', [], now + 1)
    }
    expect(scores.score('A')).to.equal(-9)
  })

  it('does not decay what is retained, and does once the peer is back', () => {
    const scores = ledger(params, ['A'])

    scores.addPenalty('A', 4)
    scores.removePeer('A', 0)
    repeat(10, () => { scores.refresh(1_000) })
    expect(scores.score('A')).to.equal(-16)
    scores.addPeer('A', [], 2_000)
    scores.refresh(2_000)
    expect(scores.score('A')).to.equal(-4)
  })

  it('does not keep a positive score', () => {
    const scores = ledger(params, ['A'])

    scores.onFirstDelivery('A', TOPIC)
    expect(scores.score('A')).to.equal(1)
    scores.removePeer('A', 0)
    expect(scores.score('A')).to.equal(0)
    expect(scores.size).to.equal(0)
  })

  it('keeps a score of 0 or less without its first deliveries', () => {
    const scores = ledger(params, ['A'])

    repeat(4, () => { scores.onFirstDelivery('A', TOPIC) })
    scores.addPenalty('A', 2)
    expect(scores.score('A')).to.equal(0)
    scores.removePeer('A', 0)
    expect(scores.score('A')).to.equal(-4)
  })

  it('ends after retainScore, with the next refresh', () => {
    const scores = ledger(params, ['A'])

    scores.addPenalty('A', 1)
    scores.removePeer('A', 1_000)
    scores.refresh(1_000 + RETAIN_MS)
    expect(scores.score('A')).to.equal(-1)
    scores.refresh(1_000 + RETAIN_MS + 1)
    expect(scores.score('A')).to.equal(0)
    expect(scores.size).to.equal(0)
  })

  it('ends after retainScore, for a peer that comes back before the refresh', () => {
    const scores = ledger(params, ['A'])

    scores.addPenalty('A', 1)
    scores.removePeer('A', 0)
    scores.addPeer('A', [], RETAIN_MS + 1)
    expect(scores.score('A')).to.equal(0)
    expect(scores.size).to.equal(1)
  })

  for (const retainScore of [0, -1, NaN]) {
    it(`is off with retainScore ${retainScore}`, () => {
      const scores = ledger({ ...params, retainScore }, ['A'])

      scores.addPenalty('A', 1)
      scores.removePeer('A', 0)
      expect(scores.size).to.equal(0)
      expect(scores.score('A')).to.equal(0)
    })
  }

  it('counts faults that are found after the peer left', () => {
    const scores = ledger(params, ['A'])

    scores.removePeer('A', 0)
    scores.addPenalty('A', 2)
    expect(scores.score('A')).to.equal(-4)
  })

  it('keeps a second removal from making it last', () => {
    const scores = ledger(params, ['A'])

    scores.addPenalty('A', 1)
    scores.removePeer('A', 0)
    scores.removePeer('A', RETAIN_MS)
    scores.refresh(RETAIN_MS + 1)
    expect(scores.size).to.equal(0)
  })

  it('counts a peer that left for P6 until it expires', () => {
    const scores = ledger(params, ['A', 'B'])

    scores.setAddresses('A', ['192.0.2.1'])
    scores.setAddresses('B', ['192.0.2.1'])
    scores.removePeer('B', 0)
    expect(scores.score('A')).to.equal(-1)
    scores.refresh(RETAIN_MS + 1)
    expect(scores.score('A')).to.equal(0)
  })

  it('counts a peer that comes back at its new address only', () => {
    const scores = ledger(params, ['A', 'B'])

    scores.setAddresses('A', ['192.0.2.1'])
    scores.setAddresses('B', ['192.0.2.1'])
    scores.removePeer('B', 0)
    scores.addPeer('B', ['192.0.2.2'], 1)
    expect([scores.score('A'), scores.score('B')]).to.deep.equal([0, 0])
  })

  it('evicts the least negative score first', () => {
    const penalties = { one: 1, five: 5, three: 3, four: 4, two: 2 }
    const scores = ledger(params, Object.keys(penalties), 3)

    for (const [peer, count] of Object.entries(penalties)) {
      scores.addPenalty(peer, count)
      scores.removePeer(peer, 0)
    }

    expect(Object.keys(scores.dump())).to.have.members(['five', 'four', 'three'])
  })

  it('evicts the one that expires first of equal scores', () => {
    const scores = ledger(params, ['A', 'B', 'C'], 2)

    for (const [now, peer] of ['A', 'B', 'C'].entries()) {
      scores.removePeer(peer, now)
    }

    expect(Object.keys(scores.dump())).to.have.members(['B', 'C'])
  })

  it('keeps nothing with a bound of 0', () => {
    const scores = ledger(params, ['A'], 0)

    scores.addPenalty('A', 1)
    scores.removePeer('A', 0)
    expect(scores.size).to.equal(0)
  })

  it('a crowd of newcomers does not displace the worst', () => {
    const scores = ledger(params, ['worst'], 10)

    scores.addPenalty('worst', 100)
    scores.removePeer('worst', 0)
    for (let i = 0; i < 1_000; i++) {
      scores.addPeer(`sybil-${i}`, [], 1)
      scores.addPenalty(`sybil-${i}`, 1)
      scores.removePeer(`sybil-${i}`, 1)
    }

    expect(scores.score('worst')).to.equal(-(100 ** 2))
    expect(scores.size).to.equal(10)
  })

  for (const seed of seeds()) {
    it(`defect 10: keeps nothing of peers that are forgotten (SEED=${seed})`, () => {
      const random = createRandom(seed)
      const scores = ledger(params, [], 20)
      const held: number[] = []

      for (let now = 0; now < 4 * RETAIN_MS; now += 100) {
        const peer = `peer-${random.below(1_000)}`

        scores.addPeer(peer, [`192.0.2.${random.below(256)}`, `2001:db8:${random.below(256)}::1`], now)
        scores.onGraft(peer, TOPIC, now)
        scores.addPenalty(peer, random.below(3))
        scores.score(peer)
        scores.removePeer(peer, now)
        held.push(scores.size)
      }

      expect(Math.max(...held)).to.equal(20)
      scores.refresh(6 * RETAIN_MS)
      expect(containersOf(scores)).to.deep.equal({ scored: 1 })
    })
  }
})

/** How much is in each map, set and array that the ledger can reach, apart from the empty ones and the parameters. */
function containersOf (scores: PeerScores): Record<string, number> {
  const found: Record<string, number> = {}
  const visited = new Set<unknown>()

  function visit (value: unknown, name: string): void {
    if (typeof value !== 'object' || value === null || visited.has(value)) {
      return
    }
    visited.add(value)

    const size = value instanceof Map || value instanceof Set ? value.size : (value as ArrayLike<unknown>).length ?? 0

    if (size > 0) {
      found[name === 'topics' ? 'scored' : name] = size
    }
    for (const [key, child] of value instanceof Map ? value : Object.entries(value)) {
      if (key !== 'params') {
        visit(child, String(key))
      }
    }
  }

  visit(scores, 'scores')

  return found
}
