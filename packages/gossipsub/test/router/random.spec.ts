import { expect } from 'aegir/chai'
import { createRandom } from '../../src/router/random.ts'

const DRAWS = 24_000

describe('router: random', () => {
  it('gives the same sequence for the same seed, and another one for another seed', () => {
    expect(sequence(1)).to.deep.equal(sequence(1))
    expect(sequence(1)).to.not.deep.equal(sequence(2))
    expect(sequence(Uint32Array.of(1, 2, 3, 4))).to.deep.equal(sequence(Uint32Array.of(1, 2, 3, 4)))
  })

  it('follows the published algorithm: the first numbers from the state 1, 2, 3, 4', () => {
    const random = createRandom(Uint32Array.of(1, 2, 3, 4))
    const words = Array.from({ length: 4 }, () => random.next() * 2 ** 32)

    expect(words).to.deep.equal(referenceWords([1n, 2n, 3n, 4n], 4))
    expect(words[0]).to.equal(11_520)
  })

  it('does not get stuck on a seed of zeros', () => {
    expect(new Set(sequence(Uint32Array.of(0, 0, 0, 0))).size).to.be.greaterThan(10)
  })

  it('next is in [0, 1), with the mean in the middle', () => {
    const random = createRandom(1)
    const numbers = Array.from({ length: DRAWS }, () => random.next())

    expect(Math.min(...numbers)).to.be.at.least(0)
    expect(Math.max(...numbers)).to.be.lessThan(1)
    expect(numbers.reduce((sum, number) => sum + number) / DRAWS).to.be.closeTo(0.5, 0.01)
  })

  it('below(n) gives each number below n equally often', () => {
    const random = createRandom(1)

    expectEven(countBy(() => String(random.below(6))), 6)
  })

  it('below(n) does not prefer small numbers when n is large', () => {
    const random = createRandom(1)

    expectEven(countBy(() => String(Math.floor(random.below(3 * 2 ** 30) / 2 ** 30))), 3)
  })

  it('below(1) is 0', () => {
    expect(createRandom(1).below(1)).to.equal(0)
  })

  it('defect 12: shuffle gives each order equally often', () => {
    const random = createRandom(1)

    expectEven(countBy(() => random.shuffle(['a', 'b', 'c', 'd']).join('')), 24)
  })

  it('sample gives each choice equally often and leaves the array as it is', () => {
    const random = createRandom(1)
    const array = Object.freeze(['a', 'b', 'c', 'd'])

    expectEven(countBy(() => random.sample(array, 2).sort().join('')), 6)
    expect(random.sample(array, 9)).to.have.members(['a', 'b', 'c', 'd']).and.to.have.lengthOf(4)
    expect(random.sample(array, 0)).to.be.empty()
    expect(random.sample(array, -1)).to.be.empty()
  })
})

function sequence (seed: number | Uint32Array): number[] {
  const random = createRandom(seed)

  return Array.from({ length: 20 }, () => random.next())
}

function countBy (draw: () => string): Map<string, number> {
  const counts = new Map<string, number>()

  for (let i = 0; i < DRAWS; i++) {
    const drawn = draw()
    counts.set(drawn, (counts.get(drawn) ?? 0) + 1)
  }

  return counts
}

/** Within five standard deviations of the mean. */
function expectEven (counts: Map<string, number>, kinds: number): void {
  const mean = DRAWS / kinds

  expect(counts.size).to.equal(kinds)
  counts.forEach((count, kind) => {
    expect(count, kind).to.be.closeTo(mean, 5 * Math.sqrt(mean))
  })
}

/** xoshiro128** once more, over unbounded integers. */
function referenceWords (s: bigint[], count: number): number[] {
  const mask = 0xffffffffn
  const rotate = (word: bigint, bits: bigint): bigint => ((word << bits) | (word >> (32n - bits))) & mask

  return Array.from({ length: count }, () => {
    const word = rotate((s[1] * 5n) & mask, 7n) * 9n & mask
    const t = (s[1] << 9n) & mask
    s[2] ^= s[0]
    s[3] ^= s[1]
    s[1] ^= s[2]
    s[0] ^= s[3]
    s[2] ^= t
    s[3] = rotate(s[3], 11n)

    return Number(word)
  })
}
