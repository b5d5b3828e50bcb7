import { expect } from 'aegir/chai'
import { PatternCheck, pattern, patternBytes } from '../../../peers/js/streams/pattern.ts'

/** Two pieces and a bit. */
const BYTES = 150_001

describe('pattern that the rows send', () => {
  it('is the one that all peers have', () => {
    const whole = Buffer.concat([...pattern(BYTES)])

    expect(whole.byteLength).to.equal(BYTES)
    expect(whole.findIndex((byte, index) => byte !== ((index * 31 + (index >> 8) * 17) & 0xff))).to.equal(-1)
    expect(whole.equals(patternBytes(BYTES))).to.be.true()
  })

  it('is recognised however it is cut', () => {
    const check = new PatternCheck()
    const whole = patternBytes(BYTES)

    for (let offset = 0; offset < BYTES; offset += 1_453) {
      check.push(whole.subarray(offset, offset + 1_453))
    }

    expect(check.isComplete(BYTES)).to.be.true()
    expect(check.isComplete(BYTES - 1)).to.be.false()
  })

  const wrong: Array<[what: string, damage: (whole: Uint8Array) => Uint8Array[], wrongAt: number]> = [
    ['a byte that is wrong', (whole) => [whole.with(70_000, whole[70_000] ^ 1)], 70_000],
    ['a byte that is lost', (whole) => [whole.subarray(0, 1_000), whole.subarray(1_001)], 1_000],
    ['pieces that were swapped', (whole) => [whole.subarray(4_096, 8_192), whole.subarray(0, 4_096)], 0]
  ]

  for (const [what, damage, wrongAt] of wrong) {
    it(`tells ${what}`, () => {
      const check = new PatternCheck()
      damage(patternBytes(BYTES)).forEach((piece) => { check.push(piece) })

      expect(check.wrongAt).to.equal(wrongAt)
      expect(check.isComplete(check.bytes)).to.be.false()
    })
  }
})
