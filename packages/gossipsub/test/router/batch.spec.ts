import { expect } from 'aegir/chai'
import { inRarestFirstOrder } from '../../src/router/batch.ts'
import { createRandom } from '../../src/router/random.ts'
import { peerNames } from './harness.ts'
import { seeds } from './seeds.ts'
import type { Outgoing } from '../../src/router/batch.ts'
import type { PeerIdStr } from '../../src/router/events.ts'
import type { Random } from '../../src/router/random.ts'

/** Batches for each seed. */
const BATCHES = 40

/** Data columns of one block, and mesh peers for each (the use that this was made for). */
const COLUMNS = 128
const COPIES = 8

interface Copy {
  message: string
  peer: PeerIdStr
}

describe('router: a batch, rarest first', () => {
  forRandomBatches('sends each message to each of its peers exactly once', (batch, copies) => {
    const pairs = ({ message, peer }: Copy): string => `${message} ${peer}`
    const wanted = batch.flatMap(({ message, peers }) => [...new Set(peers)].map(peer => pairs({ message, peer })))

    expect(copies.map(pairs).sort()).to.deep.equal(wanted.sort())
  })

  forRandomBatches('sends no copy of a message while another one, with peers left, has had fewer', (batch, copies) => {
    const sent = new Map(batch.map(({ message }) => [message, 0]))
    const peerCounts = new Map(batch.map(({ message, peers }) => [message, new Set(peers).size]))

    for (const { message } of copies) {
      const before = sent.get(message) ?? 0
      const fewer = batch.filter(other => (sent.get(other.message) ?? 0) < Math.min(before, peerCounts.get(other.message) ?? 0))

      expect(fewer.map(other => other.message), `before copy ${before + 1} of ${message}`).to.be.empty()
      sent.set(message, before + 1)
    }
  })

  forRandomBatches('leaves the batch as it is', (batch, _, before) => {
    expect(batch).to.deep.equal(before)
  })

  it('gives the same order for the same seed, and another one for another', () => {
    const batch = columns(() => peerNames(COPIES))

    expect(inRarestFirstOrder(batch, createRandom(1))).to.deep.equal(inRarestFirstOrder(batch, createRandom(1)))
    expect(inRarestFirstOrder(batch, createRandom(1))).to.not.deep.equal(inRarestFirstOrder(batch, createRandom(2)))
  })

  it('has nothing to send for no messages, or for messages without peers', () => {
    expect(inRarestFirstOrder([], createRandom(1))).to.be.empty()
    expect(inRarestFirstOrder([{ message: 'a', peers: [] }], createRandom(1))).to.be.empty()
  })

  it('keeps the copies of a single message together', () => {
    const [only, ...others] = inRarestFirstOrder([{ message: 'a', peers: peerNames(COPIES) }], createRandom(1))

    expect(only.message).to.equal('a')
    expect(only.peers).to.have.members(peerNames(COPIES)).and.to.have.lengthOf(COPIES)
    expect(others).to.be.empty()
  })

  for (const seed of seeds()) {
    it(`spreads the first copies evenly over peers that get everything (SEED=${seed})`, () => {
      const first = copiesOf(inRarestFirstOrder(columns(() => peerNames(COPIES)), createRandom(seed))).slice(0, COLUMNS)
      const counts = peerNames(COPIES).map(name => first.filter(({ peer }) => peer === name).length)

      // 16 each, with a standard deviation of 3.7 if it did not lean
      expect(Math.min(...counts)).to.be.at.least(13)
      expect(Math.max(...counts)).to.be.at.most(19)
    })

    it(`gives each message and each peer its turn to be the first (SEED=${seed})`, () => {
      const random = createRandom(seed)
      const batch = ['a', 'b', 'c'].map(message => ({ message, peers: peerNames(3) }))
      const firsts = Array.from({ length: 900 }, () => copiesOf(inRarestFirstOrder(batch, random))[0])
      const pairs = new Map<string, number>()

      for (const { message, peer } of firsts) {
        pairs.set(`${message} ${peer}`, (pairs.get(`${message} ${peer}`) ?? 0) + 1)
      }

      expect(pairs.size).to.equal(9)
      // 100 each, within five standard deviations
      pairs.forEach((count, pair) => { expect(count, pair).to.be.within(50, 150) })
    })
  }
})

function forRandomBatches (name: string, check: (batch: Array<Outgoing<string>>, copies: Copy[], before: Array<Outgoing<string>>) => void): void {
  for (const seed of seeds()) {
    it(`${name} (SEED=${seed})`, () => {
      const random = createRandom(seed)

      for (let i = 0; i < BATCHES; i++) {
        const batch = randomBatch(random)
        const before = structuredClone(batch)
        const copies = copiesOf(inRarestFirstOrder(batch, random))

        check(batch, copies, before)
      }
    })
  }
}

/** Peers that are few or many, none at all, or named twice. */
function randomBatch (random: Random): Array<Outgoing<string>> {
  const peers = peerNames(1 + random.below(20))

  return Array.from({ length: random.below(30) }, (_, i) => {
    const chosen = random.sample(peers, random.below(peers.length + 1))

    return { message: `message${i}`, peers: random.below(4) === 0 ? chosen.concat(chosen.slice(0, 2)) : chosen }
  })
}

function columns (peersOf: (column: number) => PeerIdStr[]): Array<Outgoing<string>> {
  return Array.from({ length: COLUMNS }, (_, column) => ({ message: `column${column}`, peers: peersOf(column) }))
}

function copiesOf (ordered: Array<Outgoing<string>>): Copy[] {
  return ordered.flatMap(({ message, peers }) => peers.map(peer => ({ message, peer })))
}
