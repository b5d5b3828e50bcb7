import type { Random } from './random.ts'

/**
 * A message id as a key of maps and tables: 53 bits of a keyed hash of the id, which is what a number holds exactly. Never 0.
 *
 * Two ids may have one key: an id that was never seen passes for one of `n` seen ids with a probability of `n / 2^53`, with
 * half a million ids 6 in 10^11. At 1,000 messages a second that is one message in 500 years.
 */
export type IdKey = number

/** One for all tables of a router: a key is computed once per message and carried along. */
export interface IdHash {
  of(id: Uint8Array): IdKey
  /** The key of the id that is `bytes` from `start` up to `end`, without cutting it out. */
  ofRange(bytes: Uint8Array, start: number, end: number): IdKey
  /** The key of the id that is two ranges of `bytes` one after the other, as `from || seqno` are, the default id. */
  ofRanges(bytes: Uint8Array, aStart: number, aEnd: number, bStart: number, bEnd: number): IdKey
}

/**
 * Ids come from others, and who could foresee keys would make ids that share one, to suppress messages and to slow down tables.
 * So the hash has a secret: 64 bits of it are drawn from `random` here.
 */
export function createIdHash (random: Random): IdHash {
  return new HalfSipHash(random.below(TWO_POW_32), random.below(TWO_POW_32))
}

const TWO_POW_32 = 2 ** 32

/**
 * HalfSipHash-1-3 with 64 bits of output (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012; the half has words of
 * 32 bits), of which the upper 11 are left out. One round a word and three at the end is what hash tables use it with.
 */
class HalfSipHash implements IdHash {
  private readonly k0: number
  private readonly k1: number

  constructor (k0: number, k1: number) {
    this.k0 = k0 | 0
    this.k1 = k1 | 0
  }

  of (id: Uint8Array): IdKey {
    return this.ofRanges(id, 0, id.length, 0, 0)
  }

  ofRange (bytes: Uint8Array, start: number, end: number): IdKey {
    return this.ofRanges(bytes, start, end, 0, 0)
  }

  /** The round is written out three times: as a function it would have to return four numbers, and one loop for all takes half as long again. */
  ofRanges (bytes: Uint8Array, aStart: number, aEnd: number, bStart: number, bEnd: number): IdKey {
    // `| 0`, or the compiler keeps v0 as a floating-point number throughout
    let v0 = this.k0 | 0
    let v1 = this.k1 ^ 0xee
    let v2 = this.k0 ^ 0x6c796765
    let v3 = this.k1 ^ 0x74656462
    let at = aStart
    let end = aEnd
    let nextStart = bStart
    // a word that is not whole yet: the first range may end within one
    let rest = 0
    let restBits = 0

    for (;;) {
      // words can be read whole only where none is begun
      for (const lastWord = restBits === 0 ? end - 4 : at - 1; at <= lastWord; at += 4) {
        const word = bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24
        v3 ^= word
        v0 = (v0 + v1) | 0
        v1 = (v1 << 5 | v1 >>> 27) ^ v0
        v0 = v0 << 16 | v0 >>> 16
        v2 = (v2 + v3) | 0
        v3 = (v3 << 8 | v3 >>> 24) ^ v2
        v0 = (v0 + v3) | 0
        v3 = (v3 << 7 | v3 >>> 25) ^ v0
        v2 = (v2 + v1) | 0
        v1 = (v1 << 13 | v1 >>> 19) ^ v2
        v2 = v2 << 16 | v2 >>> 16
        v0 ^= word
      }

      for (; restBits < 32 && at < end; restBits += 8) {
        rest |= bytes[at++] << restBits
      }

      if (restBits === 32) {
        v3 ^= rest
        v0 = (v0 + v1) | 0
        v1 = (v1 << 5 | v1 >>> 27) ^ v0
        v0 = v0 << 16 | v0 >>> 16
        v2 = (v2 + v3) | 0
        v3 = (v3 << 8 | v3 >>> 24) ^ v2
        v0 = (v0 + v3) | 0
        v3 = (v3 << 7 | v3 >>> 25) ^ v0
        v2 = (v2 + v1) | 0
        v1 = (v1 << 13 | v1 >>> 19) ^ v2
        v2 = v2 << 16 | v2 >>> 16
        v0 ^= rest
        rest = 0
        restBits = 0
      } else if (nextStart < bEnd) {
        at = nextStart
        end = bEnd
        nextStart = bEnd
      } else {
        break
      }
    }

    const last = rest | (aEnd - aStart + bEnd - bStart) << 24
    let low = 0
    v3 ^= last

    // one round for the last word, three for each half of the result
    for (let round = 0; round < 7; round++) {
      if (round === 1) {
        v0 ^= last
        v2 ^= 0xee
      } else if (round === 4) {
        low = v1 ^ v3
        v1 ^= 0xdd
      }

      v0 = (v0 + v1) | 0
      v1 = (v1 << 5 | v1 >>> 27) ^ v0
      v0 = v0 << 16 | v0 >>> 16
      v2 = (v2 + v3) | 0
      v3 = (v3 << 8 | v3 >>> 24) ^ v2
      v0 = (v0 + v3) | 0
      v3 = (v3 << 7 | v3 >>> 25) ^ v0
      v2 = (v2 + v1) | 0
      v1 = (v1 << 13 | v1 >>> 19) ^ v2
      v2 = v2 << 16 | v2 >>> 16
    }

    const high = (v1 ^ v3) & 0x1fffff
    const key = high * TWO_POW_32 + (low >>> 0)

    return key === 0 ? 1 : key
  }
}
