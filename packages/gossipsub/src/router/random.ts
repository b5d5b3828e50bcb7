/**
 * The router's only source of chance: xoshiro128** (Blackman and Vigna, "Scrambled Linear Pseudorandom Number
 * Generators", 2018). Fast, small, and the same on every machine for the same seed. Not for secrets.
 */
export interface Random {
  /** A number in [0, 1), with 32 bits. */
  next(): number
  /** A whole number in [0, n), each equally likely; `n` from 1 to 2^32. */
  below(n: number): number
  /**
   * Put the array into a random order in place (Fisher-Yates) and return it. With a count (at most the length of the array)
   * it stops as soon as the first so many elements are random.
   */
  shuffle<T>(array: T[], count?: number): T[]
  /** `n` different elements of the array (all when it is shorter, none when `n` is negative) in random order; the array stays. */
  sample<T>(array: readonly T[], n: number): T[]
}

/**
 * @param seed - a number for repeatable runs, or four words of entropy (128 bits) for a node whose choices nobody should
 * be able to foretell
 */
export function createRandom (seed: number | Uint32Array): Random {
  return new Xoshiro128(typeof seed === 'number' ? expandSeed(seed) : seed)
}

const TWO_POW_32 = 2 ** 32

class Xoshiro128 implements Random {
  private readonly state: Uint32Array

  constructor (words: Uint32Array) {
    this.state = Uint32Array.from([words[0] ?? 0, words[1] ?? 0, words[2] ?? 0, words[3] ?? 0])

    // the generator never leaves the state of all zeros
    if (this.state.every(word => word === 0)) {
      this.state[0] = 1
    }
  }

  next (): number {
    return this.word() / TWO_POW_32
  }

  below (n: number): number {
    // words above the largest multiple of n are drawn again, else small results were likelier
    const limit = TWO_POW_32 - TWO_POW_32 % n
    let word = this.word()

    while (word >= limit) {
      word = this.word()
    }

    return word % n
  }

  shuffle <T> (array: T[], count = array.length): T[] {
    for (let i = 0; i < count; i++) {
      const j = i + this.below(array.length - i)
      const swapped = array[i]
      array[i] = array[j]
      array[j] = swapped
    }

    return array
  }

  sample <T> (array: readonly T[], n: number): T[] {
    const count = Math.max(0, Math.min(n, array.length))
    const sampled = this.shuffle(array.slice(), count)
    sampled.length = count

    return sampled
  }

  private word (): number {
    const s = this.state
    const result = Math.imul(rotateLeft(Math.imul(s[1], 5), 7), 9) >>> 0
    const t = s[1] << 9

    s[2] ^= s[0]
    s[3] ^= s[1]
    s[1] ^= s[2]
    s[0] ^= s[3]
    s[2] ^= t
    s[3] = rotateLeft(s[3], 11)

    return result
  }
}

function rotateLeft (word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

/** SplitMix32: spreads one number over the whole state, so that neighbouring seeds give unrelated sequences. */
function expandSeed (seed: number): Uint32Array {
  let word = seed | 0

  return Uint32Array.from({ length: 4 }, () => {
    word = (word + 0x9e3779b9) | 0
    let mixed = word ^ (word >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)

    return mixed ^ (mixed >>> 15)
  })
}
