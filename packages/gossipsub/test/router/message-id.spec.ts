import { expect } from 'aegir/chai'
import { createIdHash } from '../../src/router/message-id.ts'
import { createRandom } from '../../src/router/random.ts'
import { seeds } from './seeds.ts'
import type { Random } from '../../src/router/random.ts'

/** The key of the published test vectors, and what they have for the inputs '', 00, 00 01 and so on (HalfSipHash-2-4, 64 bits). */
const VECTOR_KEY: [number, number] = [0x03020100, 0x07060504]
const VECTORS = ['218d1f59b9b83cc8', 'be552412f8387315', '064f39ef7c50eb57', 'ce0f1a45f7060679', 'd5e78a175be52ea1']

describe('router: keys of message ids', () => {
  it('the reference below is HalfSipHash', () => {
    for (let length = 0; length < VECTORS.length; length++) {
      const [low, high] = halfSipHash(ascending(length), VECTOR_KEY, 2, 4)

      expect(toHex(low) + toHex(high)).to.equal(VECTORS[length])
    }
  })

  for (const seed of seeds()) {
    it(`are 53 bits of HalfSipHash-1-3 under a key of the router's random numbers (SEED=${seed})`, () => {
      const random = createRandom(seed)
      const hash = createIdHash(createRandom(seed))
      const key: [number, number] = [random.below(2 ** 32), random.below(2 ** 32)]

      for (let length = 0; length < 300; length++) {
        const id = randomBytes(length, random)
        const [low, high] = halfSipHash(id, key, 1, 3)

        expect(hash.of(id), `an id of ${length} bytes`).to.equal((high % 2 ** 21) * 2 ** 32 + low)
      }
    })

    it(`of one range and of two are those of the bytes by themselves (SEED=${seed})`, () => {
      const random = createRandom(seed)
      const hash = createIdHash(random)
      const frame = randomBytes(200, random)

      for (let run = 0; run < 2_000; run++) {
        const [aStart, aEnd] = range(random, frame.length)
        const [bStart, bEnd] = range(random, frame.length)
        const a = frame.subarray(aStart, aEnd)
        const b = frame.subarray(bStart, bEnd)

        expect(hash.ofRange(frame, aStart, aEnd)).to.equal(hash.of(a))
        expect(hash.ofRanges(frame, aStart, aEnd, bStart, bEnd)).to.equal(hash.of(Uint8Array.from([...a, ...b])))
      }
    })
  }

  it('cannot be foreseen without the key', () => {
    const id = ascending(20)

    expect(createIdHash(createRandom(1)).of(id)).to.not.equal(createIdHash(createRandom(2)).of(id))
    expect(createIdHash(createRandom(1)).of(id)).to.equal(createIdHash(createRandom(1)).of(id))
  })

  it('tell the empty id, ids of zeros and ids as long as a frame apart', () => {
    const hash = createIdHash(createRandom(1))
    const keys = [0, 1, 2, 3, 4, 5, 255, 256, 257, 1_048_576].map(length => hash.of(new Uint8Array(length)))

    expect(new Set(keys).size).to.equal(keys.length)
    keys.forEach(key => { expect(Number.isSafeInteger(key) && key > 0).to.equal(true) })
  })

  it('of like ids are spread evenly: over the lowest bits, the highest, and those that tables use', () => {
    const hash = createIdHash(createRandom(1))
    const keys = Array.from({ length: 16_000 }, (_, i) => hash.of(Uint8Array.of(i & 255, i >> 8, 0, 0)))
    const mean = keys.length / 16

    for (const part of [(key: number) => key % 16, (key: number) => Math.floor(key / 2 ** 49), (key: number) => (key >>> 0) >>> 28]) {
      const counts = new Array<number>(16).fill(0)
      keys.forEach(key => { counts[part(key)]++ })
      counts.forEach(count => { expect(count).to.be.closeTo(mean, 5 * Math.sqrt(mean)) })
    }

    expect(new Set(keys).size).to.equal(keys.length)
  })
})

/** HalfSipHash-c-d with 64 bits of output, over arrays of words: the lower and the upper half. */
function halfSipHash (bytes: Uint8Array, [k0, k1]: [number, number], c: number, d: number): [low: number, high: number] {
  const v = Uint32Array.of(k0, k1 ^ 0xee, k0 ^ 0x6c796765, k1 ^ 0x74656462)
  const padded = new Uint8Array(Math.floor(bytes.length / 4) * 4 + 4)
  padded.set(bytes)
  padded[padded.length - 1] = bytes.length
  const words = new DataView(padded.buffer)

  for (let offset = 0; offset < padded.length; offset += 4) {
    v[3] ^= words.getUint32(offset, true)
    rounds(v, c)
    v[0] ^= words.getUint32(offset, true)
  }

  v[2] ^= 0xee
  rounds(v, d)
  const low = (v[1] ^ v[3]) >>> 0
  v[1] ^= 0xdd
  rounds(v, d)

  return [low, (v[1] ^ v[3]) >>> 0]
}

function rounds (v: Uint32Array, count: number): void {
  const step = (to: number, from: number, by: number, turned: number): void => {
    v[to] += v[from]
    v[from] = rotate(v[from], by) ^ v[to]
    v[to] = rotate(v[to], turned)
  }

  for (let i = 0; i < count; i++) {
    step(0, 1, 5, 16)
    step(2, 3, 8, 0)
    step(0, 3, 7, 0)
    step(2, 1, 13, 16)
  }
}

function rotate (word: number, bits: number): number {
  return bits === 0 ? word : (word << bits) | (word >>> (32 - bits))
}

function toHex (word: number): string {
  const bytes = new DataView(new ArrayBuffer(4))
  bytes.setUint32(0, word, true)

  return bytes.getUint32(0).toString(16).padStart(8, '0')
}

function ascending (length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i)
}

function randomBytes (length: number, random: Random): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256))
}

function range (random: Random, length: number): [start: number, end: number] {
  const start = random.below(length)

  return [start, start + random.below(Math.min(60, length - start) + 1)]
}
