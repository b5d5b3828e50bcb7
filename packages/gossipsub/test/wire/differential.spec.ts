/**
 * Our codec against two others: a strict reference (corpus/plain.ts) that says which frames are to be taken, and the generated codec
 * (`RPC` of protons). Frames are those of the corpus, valid ones by chance, and both with changes. SEED repeats a failure.
 */
import { expect } from 'aegir/chai'
import { WireError } from '../../src/errors.ts'
import { createRandom } from '../../src/router/random.ts'
import { decodeRpc, scanRpc } from '../../src/wire/decode.ts'
import { frameRpc } from '../../src/wire/encode.ts'
import { FrameDecoder } from '../../src/wire/frame-decoder.ts'
import { RPC } from '../../src/wire/rpc.ts'
import { randomRpc } from '../fixtures/rpc.ts'
import { seeds } from '../router/seeds.ts'
import { corpus, corpusFrames } from './corpus/frames.ts'
import { fromHex, toHex } from './corpus/hex.ts'
import { mutatedFrame } from './corpus/mutations.ts'
import { readStrictly } from './corpus/plain.ts'
import type { Oddity, Refusal } from './corpus/plain.ts'
import type { Random } from '../../src/router/random.ts'

const FRAMES_PER_SEED = 4_000

/**
 * What the generated codec takes and we refuse: it knows the end of the frame but not that of a message in it, reads 32 bits of tags and lengths
 * however long they are, and replaces what is not UTF-8.
 */
const TAKEN_BY_THEM: Refusal[] = ['it ends early', 'a field beyond what holds it', 'a field number that is none', 'a wide length', 'a group', 'a long varint', 'a topic that is not UTF-8']

/** What we take, and the generated codec refuses or reads otherwise. */
const READ_OTHERWISE: Oddity[] = ['another wire type', 'a wide truth value', 'an odd backoff', 'many control fields']

function ours (frame: Uint8Array): RPC | undefined {
  try {
    const { subscriptions, messages, control } = decodeRpc(frame)
    const rpc = { subscriptions, messages: messages.map(({ message }) => message) }

    return control == null ? rpc : { ...rpc, control }
  } catch (err) {
    if (err instanceof WireError) {
      return undefined
    }

    throw err
  }
}

function theirs (frame: Uint8Array): RPC | undefined {
  try {
    return RPC.decode(frame)
  } catch {
    return undefined
  }
}

function frames (random: Random, count: number): Uint8Array[] {
  const valid = [...corpusFrames, ...Array.from({ length: 100 }, () => RPC.encode(randomRpc(random)))]

  return Array.from({ length: count }, () => mutatedFrame(random, valid))
}

function isSame (a: RPC | undefined, b: RPC | undefined): boolean {
  return JSON.stringify(a, asHex) === JSON.stringify(b, asHex)
}

function asHex (_: string, value: unknown): unknown {
  if (value instanceof Uint8Array) {
    return toHex(value)
  }

  return value != null && typeof value === 'object' && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1)) : value
}

describe('kept frames', () => {
  for (const { what, hex, isTaken } of corpus) {
    it(`${isTaken ? 'taken' : 'refused'}: ${what}`, () => {
      const { refusal, plain } = readStrictly(fromHex(hex))
      const rpc = ours(fromHex(hex))

      expect(refusal == null).to.equal(isTaken, refusal)
      expect(rpc != null).to.equal(isTaken)

      if (isTaken) {
        expect(rpc).to.deep.equal(RPC.decode(plain))
      }
    })
  }

  it('show each reason why the generated codec takes what we refuse, or reads it otherwise', () => {
    const different = corpusFrames.filter(frame => !isSame(ours(frame), theirs(frame))).map(readStrictly)

    expect(new Set(different.flatMap(({ refusal, oddities }) => refusal ?? [...oddities]))).to.have.all.keys(...TAKEN_BY_THEM, ...READ_OTHERWISE)
  })
})

describe('frames by chance, against a strict reference and the generated codec', () => {
  for (const seed of seeds()) {
    it(`the same are taken, with the same values (seed ${seed})`, () => {
      let equal = 0

      for (const frame of frames(createRandom(seed), FRAMES_PER_SEED)) {
        const { refusal, oddities, plain } = readStrictly(frame)
        const [our, their] = [ours(frame), theirs(frame)]
        const what = `SEED=${seed} ${toHex(frame)} ${refusal ?? [...oddities].join()}`

        expect(our != null).to.equal(refusal == null, what)

        if (our != null && !isSame(our, theirs(plain))) {
          expect(our).to.deep.equal(theirs(plain), what)
        }

        if (isSame(our, their)) {
          equal++
        } else {
          const reasons = refusal == null ? [...oddities] : [refusal]

          expect(reasons).to.not.be.empty(what)
          expect([...TAKEN_BY_THEM, ...READ_OTHERWISE]).to.include.members(reasons, what)
        }
      }

      expect(equal).to.be.greaterThan(FRAMES_PER_SEED / 5)
    })

    it(`messages are views where they are canonical, and encoded again where they are not (seed ${seed})`, () => {
      let again = 0

      for (const frame of frames(createRandom(seed + 1_000), FRAMES_PER_SEED / 4)) {
        const { refusal, plain } = readStrictly(frame)

        if (refusal != null) {
          continue
        }

        const what = `SEED=${seed} ${toHex(frame)}`
        const scan = scanRpc(frame).messages

        for (const [i, message] of RPC.decode(plain).messages.entries()) {
          const canonical = toHex(RPC.Message.encode(message))
          const { topic, from, data, seqno, signature, key } = scan.messageAt(i)
          again += scan.isCanonical(i) ? 0 : 1

          expect(scan.isCanonical(i)).to.equal(toHex(scan.bytesOf(i)) === canonical, what)
          expect(toHex(decodeRpc(frame).messages[i].encoded)).to.equal(canonical, what)
          expect(toHex(RPC.Message.encode({ topic, from, data, seqno, signature, key }))).to.equal(canonical, what)
        }
      }

      expect(again).to.be.greaterThan(FRAMES_PER_SEED / 400)
    })

    it(`subscriptions and control messages that were read are written as the generated codec writes them (seed ${seed})`, () => {
      let written = 0

      for (const frame of frames(createRandom(seed + 2_000), FRAMES_PER_SEED / 4)) {
        const rpc = ours(frame)

        if (rpc == null) {
          continue
        }

        const isEmpty = rpc.control == null || Object.values(rpc.control).every(list => list.length === 0)
        const expected = RPC.encode({ subscriptions: rpc.subscriptions, control: isEmpty ? undefined : rpc.control })
        const bodies = frameRpc(rpc).flatMap(frame => new FrameDecoder(100_000).push(frame))
        written += bodies.length

        expect(bodies.map(toHex)).to.deep.equal(expected.length === 0 ? [] : [toHex(expected)], `SEED=${seed} ${toHex(frame)}`)
      }

      expect(written).to.be.greaterThan(FRAMES_PER_SEED / 100)
    })
  }
})
