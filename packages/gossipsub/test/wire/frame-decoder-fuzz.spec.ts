/** Frames cut anywhere, and damaged ones. SEED=7 takes that seed alone. */
import { expect } from 'aegir/chai'
import { Uint8ArrayList } from 'uint8arraylist'
import { WireError } from '../../src/errors.ts'
import { createRandom } from '../../src/router/random.ts'
import { FrameDecoder } from '../../src/wire/frame-decoder.ts'
import { mutated, randomBytes } from '../fixtures/seeded.ts'
import { seeds } from '../router/seeds.ts'
import type { Random } from '../../src/router/random.ts'

const MAX_FRAME_BYTES = 10_000
const STREAMS_PER_SEED = 200

describe('a stream of frames', () => {
  for (const seed of seeds()) {
    it(`is the same however it is cut, seed ${seed}`, () => {
      const random = createRandom(seed)

      for (let i = 0; i < STREAMS_PER_SEED; i++) {
        const sent = randomFrames(random)
        const decoder = new FrameDecoder(MAX_FRAME_BYTES)
        const received = cut(random, join(sent)).flatMap(chunk => decoder.push(chunk).map(frame => Uint8Array.from(frame)))

        expect(received).to.deep.equal(sent, `SEED=${seed}, stream ${i}`)
      }
    })

    it(`with damage: good frames first, then the typed error and nothing more, seed ${seed}`, () => {
      const random = createRandom(seed)
      let refused = 0

      for (let i = 0; i < STREAMS_PER_SEED; i++) {
        const bytes = mutated(random, join(randomFrames(random)))
        const decoder = new FrameDecoder(MAX_FRAME_BYTES)
        const plain = framesIn(bytes)
        const received: Uint8Array[] = []
        let failure: unknown

        try {
          for (const chunk of cut(random, bytes)) {
            received.push(...decoder.push(chunk).map(frame => Uint8Array.from(frame)))
          }
          failure = decoder.failure
        } catch (err) {
          failure = err
        }

        expect(received).to.deep.equal(plain.frames, `SEED=${seed}, stream ${i}`)
        expect(failure instanceof WireError ? failure.code : failure).to.equal(plain.failure, `SEED=${seed}, stream ${i}`)
        refused += plain.failure == null ? 0 : 1
      }

      expect(refused).to.be.above(0)
    })
  }
})

function randomFrames (random: Random): Uint8Array[] {
  const maxBytes = random.sample([3, 200, 9_000], 1)[0]

  return Array.from({ length: random.below(6) }, () => randomBytes(random, maxBytes))
}

/** In pieces of any size, some of them in lists as streams give them. */
function cut (random: Random, bytes: Uint8Array): Array<Uint8Array | Uint8ArrayList> {
  const chunks: Array<Uint8Array | Uint8ArrayList> = []
  const maxBytes = random.sample([1, 10, 5_000, bytes.length], 1)[0]

  for (let at = 0; at < bytes.length;) {
    const chunk = bytes.subarray(at, at += 1 + random.below(maxBytes))
    const middle = random.below(chunk.length + 1)
    chunks.push(random.below(2) === 0 ? chunk : new Uint8ArrayList(chunk.subarray(0, middle), chunk.subarray(middle)))
  }

  return chunks
}

/** A plain reading of the whole stream. */
function framesIn (bytes: Uint8Array): { frames: Uint8Array[], failure?: WireError['code'] } {
  const frames: Uint8Array[] = []

  for (let at = 0; at < bytes.length;) {
    const groups = bytes.subarray(at, at + 4).findIndex(byte => byte < 0x80) + 1

    if (groups === 0) {
      return bytes.length - at < 4 ? { frames } : { frames, failure: 'ERR_MALFORMED_FRAME' }
    }

    const length = bytes.subarray(at, at + groups).reduceRight((value, byte) => value * 0x80 + (byte & 0x7f), 0)

    if (length > MAX_FRAME_BYTES) {
      return { frames, failure: 'ERR_FRAME_TOO_LARGE' }
    }
    if (at + groups + length > bytes.length) {
      return { frames }
    }

    frames.push(bytes.slice(at + groups, at + groups + length))
    at += groups + length
  }

  return { frames }
}

function join (frames: Uint8Array[]): Uint8Array {
  return Uint8Array.from(frames.flatMap(frame => [...prefix(frame.length), ...frame]))
}

function prefix (length: number): Uint8Array {
  const groups: number[] = []

  for (let rest = length; rest > 0 || groups.length === 0; rest >>>= 7) {
    groups.push(rest > 0x7f ? rest & 0x7f | 0x80 : rest)
  }

  return Uint8Array.from(groups)
}
