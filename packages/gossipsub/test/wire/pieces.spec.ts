import { expect } from 'aegir/chai'
import { createRandom } from '../../src/router/random.ts'
import { Pieces } from '../../src/wire/pieces.ts'
import { randomBytes } from '../fixtures/seeded.ts'
import { seeds } from '../router/seeds.ts'

describe('the pieces of a large frame', () => {
  for (const seed of seeds()) {
    it(`give any part of it (SEED=${seed})`, () => {
      const random = createRandom(seed)

      for (let run = 0; run < 100; run++) {
        const frame = randomBytes(random, 1_000)
        const pieces = new Pieces()
        const isCopied = random.below(2) === 0

        for (let offset = 0, end = 0; offset < frame.length; offset = end) {
          end = Math.min(frame.length, offset + random.below(300))
          pieces.add(isCopied ? frame.slice(offset, end) : frame.subarray(offset, end))
        }

        const start = random.below(frame.length + 1)
        const end = start + random.below(frame.length - start + 1)

        expect(pieces.part(start, end).slice()).to.deep.equal(frame.slice(start, end))
        expect(pieces.part(0, frame.length).slice()).to.deep.equal(frame)
      }
    })
  }

  it('are given without a copy, however many are in one buffer', () => {
    const buffer = new Uint8Array(100_000)
    const other = new Uint8Array(20_000)
    const pieces = new Pieces()
    pieces.add(buffer.subarray(0, 30_000))
    pieces.add(buffer.subarray(40_000, 70_000))
    pieces.add(other)

    expect([...pieces.part(10, 75_000)].map(piece => piece.buffer)).to.deep.equal([buffer.buffer, buffer.buffer, other.buffer])
  })

  it('are copied when they are the smaller part of a buffer, which else would stay alive', () => {
    const slab = new Uint8Array(256 * 1_024)
    const own = new Uint8Array(64 * 1_024)
    const pieces = new Pieces()
    pieces.add(slab.subarray(0, 32 * 1_024).fill(1))
    pieces.add(slab.subarray(32 * 1_024, 64 * 1_024).fill(2))
    pieces.add(own)
    pieces.add(slab.subarray(0, 5).fill(3))
    const bytes = pieces.part(0, 200_000)
    slab.fill(0xff)

    expect([...bytes].map(({ buffer }) => buffer.byteLength)).to.deep.equal([32 * 1_024, 32 * 1_024, 64 * 1_024, 5])
    expect([...bytes].map(([first]) => first)).to.deep.equal([1, 2, 0, 3])
  })

  it('are of no use when they are many and small', () => {
    const pieces = new Pieces()

    for (let i = 0; i < 100; i++) {
      pieces.add(new Uint8Array(4_096))
    }

    expect(pieces.isUsable).to.be.true()

    for (let i = 0; i < 4; i++) {
      pieces.add(new Uint8Array(1))
    }

    expect(pieces.isUsable).to.be.false()
  })
})
