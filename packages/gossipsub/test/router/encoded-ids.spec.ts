import { expect } from 'aegir/chai'
import { decodeIds, fieldBytes, writeField } from '../../src/router/encoded-ids.ts'
import { IdPool } from '../../src/router/id-pool.ts'
import { createRandom } from '../../src/router/random.ts'
import { RPC } from '../../src/wire/rpc.ts'
import { seeds } from './seeds.ts'
import type { EncodedIds } from '../../src/router/encoded-ids.ts'
import type { IdRun } from '../../src/router/id-pool.ts'

/** Lengths whose own length takes one byte, two and three, and no bytes at all. */
const LENGTHS = [0, 1, 20, 46, 127, 128, 300, 16_383, 16_384, 70_000]

describe('router: encoded ids', () => {
  it('are what the codec makes of an IHAVE without a topic', () => {
    const ids = LENGTHS.map(length => new Uint8Array(length).fill(length))

    expect(encodeIds(ids).parts).to.deep.equal([RPC.ControlIHave.encode({ messageIDs: ids })])
    expect(encodeIds(ids).count).to.equal(ids.length)
    expect(decodeIds(encodeIds(ids))).to.deep.equal(ids)
    expect(decodeIds(encodeIds([]))).to.be.empty()
  })
})

describe('router: pool of ids', () => {
  it('gives all of them, without a copy, when they are not more than asked', () => {
    const pool = new IdPool(runs(10))

    expect(numbersOf(pool.all)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(pool.sample(10, createRandom(1))).to.equal(pool.all)
    expect(pool.sample(11, createRandom(1))).to.equal(pool.all)
    expect(new IdPool([]).sample(5, createRandom(1))).to.deep.equal({ parts: [], count: 0 })
  })

  it('gives views of whole runs, and pieces of runs in memory of their own', () => {
    const given = runs(6_400)
    const pool = new IdPool(given)
    const isGiven = ({ buffer }: Uint8Array): boolean => given.some(({ bytes }) => bytes.buffer === buffer)

    expect(pool.sample(4_096, createRandom(1)).parts.every(isGiven)).to.be.true()
    expect(pool.sample(4_096, createRandom(1)).parts).to.have.lengthOf(64)
    expect(pool.sample(4_095, createRandom(1)).parts.some(isGiven)).to.be.false()
  })

  for (const seed of seeds()) {
    it(`gives as many different ones as asked (SEED=${seed})`, () => {
      const random = createRandom(seed)

      for (let run = 0; run < 300; run++) {
        const count = 1 + random.below(2_000)
        const pool = new IdPool(runs(count))
        const wanted = 1 + random.below(count)
        const first = numbersOf(pool.sample(wanted, random))
        const second = numbersOf(pool.sample(1 + random.below(count), random))

        expect(new Set(first).size, `${wanted} of ${count}`).to.equal(wanted)
        expect(first).to.have.lengthOf(wanted)
        expect([...first, ...second].every(number => number < count)).to.equal(true)
      }
    })
  }

  for (const { count, wanted } of [{ count: 50, wanted: 10 }, { count: 3_000, wanted: 1_000 }, { count: 6_000, wanted: 4_096 }]) {
    it(`chooses each as often: ${wanted} of ${count}`, () => {
      const samples = 1_000
      const random = createRandom(1)
      const pool = new IdPool(runs(count))
      const times = new Array<number>(count).fill(0)

      for (let i = 0; i < samples; i++) {
        numbersOf(pool.sample(wanted, random)).forEach(number => { times[number]++ })
      }

      const share = wanted / count
      const deviation = Math.sqrt(samples * share * (1 - share))
      times.forEach((time, number) => { expect(time, `of number ${number}`).to.be.closeTo(samples * share, 6 * deviation + 0.02 * samples) })
    })
  }

  it('gives each peer another choice, of which all together hold most ids', () => {
    const random = createRandom(1)
    const pool = new IdPool(runs(20_000))
    const samples = Array.from({ length: 8 }, () => numbersOf(pool.sample(5_000, random)))

    expect(new Set(samples.map(numbers => numbers.join())).size).to.equal(8)
    // of choices by chance: 1 - (3/4)^8, or 90 %
    expect(new Set(samples.flat()).size).to.be.closeTo(18_000, 600)
  })
})

/** So many ids that say their number, in one to five bytes, in runs of 64 and a shorter one, with other bytes around them. */
function runs (count: number): IdRun[] {
  return Array.from({ length: Math.ceil(count / 64) }, (_, i) => {
    const ids = encodeIds(Array.from({ length: Math.min(64, count - 64 * i) }, (_, j) => new TextEncoder().encode(String(64 * i + j))))
    const [part] = ids.parts
    const bytes = new Uint8Array(part.length + 8).fill(255)
    bytes.set(part, 3)

    return { bytes, start: 3, end: 3 + part.length, count: ids.count }
  })
}

function numbersOf (ids: EncodedIds): number[] {
  const numbers = decodeIds(ids).map(id => Number(new TextDecoder().decode(id)))
  expect(numbers).to.have.lengthOf(ids.count)

  return numbers
}

function encodeIds (ids: Uint8Array[]): EncodedIds {
  const bytes = new Uint8Array(ids.reduce((sum, id) => sum + fieldBytes(id.length), 0))
  const end = ids.reduce((offset, id) => writeField(bytes, offset, id), 0)
  expect(end).to.equal(bytes.length)

  return { parts: [bytes], count: ids.length }
}
