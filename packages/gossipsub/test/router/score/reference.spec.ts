import { expect } from 'aegir/chai'
import { createRandom } from '../../../src/router/random.ts'
import { PeerScores } from '../../../src/router/score/peer-scores.ts'
import { seeds } from '../seeds.ts'
import { peerParams, topicParams } from './ledger.ts'
import { ReferenceScores } from './reference.ts'
import type { Random } from '../../../src/router/random.ts'
import type { PeerScoreParams, TopicScoreParams } from '../../../src/router/score/params.ts'

const PEERS = Array.from({ length: 12 }, (_, i) => `peer-${i}`)
const TOPICS = ['one', 'two', 'three', '__proto__', 'not-scored', 'scored-later']
const MAX_RETAINED = 4
const EVENTS = 4_000

/** Addresses and what they count as; null is not counted. */
const ADDRESSES = new Map<string, string | null>([
  ['192.0.2.1', 'a'],
  ['192.0.2.2', 'b'],
  ['::ffff:192.0.2.2', 'b'],
  ['2001:db8:0:1::1', 'c'],
  ['2001:db8:0:1:ffff::2', 'c'],
  ['2001:db8:0:2::1', 'd'],
  ['10.1.2.3', null],
  ['127.0.0.1', null],
  ['no address', null]
])

describe('peer scores: against the plain reference', () => {
  for (const seed of seeds()) {
    it(`are the same after each of ${EVENTS} random events (SEED=${seed})`, () => {
      const random = createRandom(seed)
      const params = randomParams(random)
      const scores = new PeerScores({ params, maxRetained: MAX_RETAINED })
      const reference = new ReferenceScores(params, MAX_RETAINED, ip => ADDRESSES.get(ip) ?? null)
      const met = new Set<string>()
      let now = 0

      for (let i = 0; i < EVENTS; i++) {
        const [name, event] = randomEvent(random, now)

        event(scores)
        event(reference)
        now += random.below(400)

        expect(scores.size, `peers after event ${i}, ${name}`).to.equal(reference.peers.size)
        for (const peer of PEERS) {
          const expected = reference.score(peer)

          met.add(`score ${Math.sign(expected)}, ${reference.peers.get(peer)?.connected === true ? 'connected' : 'gone'}`)
          expect(scores.score(peer), `score of ${peer} after event ${i}, ${name}`)
            .to.be.closeTo(expected, 1e-9 * Math.max(1, Math.abs(expected)))
        }
      }

      expect(met, 'what the events led to').to.include.keys('score 1, connected', 'score -1, connected', 'score -1, gone', 'score 0, gone')
    })
  }
})

/** What both can be told. */
type Ledger = Pick<PeerScores, 'removePeer' | 'onGraft' | 'onPrune' | 'onFirstDelivery' | 'onDuplicateDelivery' | 'onInvalidMessage' | 'addPenalty' | 'addSlowPenalty' | 'refresh' | 'setTopicParams'> & {
  addPeer(peer: string, ips: string[], now: number): void
  setAddresses(peer: string, ips: string[]): void
}

function randomEvent (random: Random, now: number): [string, (ledger: Ledger) => void] {
  const peer = PEERS[random.below(PEERS.length)]
  const topic = TOPICS[random.below(TOPICS.length)]
  const ips = random.sample([...ADDRESSES.keys()], random.below(4))
  const sinceValidatedMs = random.below(30)
  const count = 1 + random.below(3)
  const params = randomTopicParams(random)

  const events: Array<[weight: number, name: string, event: (ledger: Ledger) => void]> = [
    [8, 'addPeer', ledger => { ledger.addPeer(peer, ips, now) }],
    [4, 'setAddresses', ledger => { ledger.setAddresses(peer, ips) }],
    [5, 'removePeer', ledger => { ledger.removePeer(peer, now) }],
    [12, 'onGraft', ledger => { ledger.onGraft(peer, topic, now) }],
    [6, 'onPrune', ledger => { ledger.onPrune(peer, topic, now) }],
    [20, 'onFirstDelivery', ledger => { ledger.onFirstDelivery(peer, topic) }],
    [20, 'onDuplicateDelivery', ledger => { ledger.onDuplicateDelivery(peer, topic, sinceValidatedMs) }],
    [4, 'onInvalidMessage', ledger => { ledger.onInvalidMessage(peer, topic) }],
    [4, 'addPenalty', ledger => { ledger.addPenalty(peer, count) }],
    [4, 'addSlowPenalty', ledger => { ledger.addSlowPenalty(peer, count) }],
    [12, 'refresh', ledger => { ledger.refresh(now) }],
    [1, 'setTopicParams', ledger => { ledger.setTopicParams(topic === 'not-scored' ? 'one' : topic, params) }]
  ]

  let at = random.below(events.reduce((sum, [weight]) => sum + weight, 0))

  for (const [weight, name, event] of events) {
    if (at < weight) {
      return [`${name} of ${peer} in ${topic}`, event]
    }
    at -= weight
  }

  throw new Error('the weights do not add up')
}

function randomParams (random: Random): PeerScoreParams {
  return peerParams({
    topics: Object.fromEntries(TOPICS.slice(0, 4).map(topic => [topic, randomTopicParams(random)])),
    topicScoreCap: random.below(2) * 20,
    appSpecificScore: peer => peer.length - 6.5,
    appSpecificWeight: random.next() - 0.5,
    IPColocationFactorWeight: -random.next(),
    IPColocationFactorThreshold: 1 + random.below(3),
    IPColocationFactorWhitelist: new Set(['10.0.0.0/8']),
    behaviourPenaltyWeight: -random.next(),
    behaviourPenaltyThreshold: random.below(4),
    behaviourPenaltyDecay: fraction(random),
    decayInterval: 1_000,
    decayToZero: 0.1,
    retainScore: 5_000,
    slowPeerPenaltyWeight: -random.next(),
    slowPeerPenaltyThreshold: random.below(3),
    slowPeerPenaltyDecay: fraction(random)
  })
}

function randomTopicParams (random: Random): TopicScoreParams {
  return topicParams({
    topicWeight: random.next(),
    timeInMeshWeight: random.below(2) * random.next(),
    timeInMeshQuantum: 1_000,
    timeInMeshCap: 5,
    firstMessageDeliveriesWeight: random.below(4) * random.next(),
    firstMessageDeliveriesDecay: fraction(random),
    firstMessageDeliveriesCap: 1 + random.below(20),
    meshMessageDeliveriesWeight: -random.below(2) * random.next(),
    meshMessageDeliveriesDecay: fraction(random),
    meshMessageDeliveriesCap: 1 + random.below(20),
    meshMessageDeliveriesThreshold: 1 + random.below(4),
    meshMessageDeliveriesWindow: random.below(30),
    meshMessageDeliveriesActivation: 1_000 + random.below(3_000),
    meshFailurePenaltyWeight: -random.next(),
    meshFailurePenaltyDecay: fraction(random),
    invalidMessageDeliveriesWeight: -random.next(),
    invalidMessageDeliveriesDecay: fraction(random)
  })
}

/** Between 0 and 1, both excluded. */
function fraction (random: Random): number {
  return 0.01 + 0.98 * random.next()
}
