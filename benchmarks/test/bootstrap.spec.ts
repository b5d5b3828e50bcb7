import { expect } from 'aegir/chai'
import { medianInterval } from '../src/bootstrap.ts'

describe('the bootstrap interval of a median', () => {
  it('is from the smallest to the largest of up to 5 rounds, and no longer of 6', () => {
    expect(medianInterval([3, 1, 2])).to.deep.equal({ low: 1, high: 3 })
    expect(medianInterval([3, 1, 2, 4])).to.deep.equal({ low: 1, high: 4 })
    expect(medianInterval([3, 1, 2, 5, 4])).to.deep.equal({ low: 1, high: 5 })
    expect(medianInterval([3, 1, 2, 5, 4, 6])?.low).to.be.above(1)
  })

  it('is within the range of 9 rounds', () => {
    // the smallest is the median of a resample in 0.14 % of cases, the next or it in 3.3 %
    expect(medianInterval([9, 8, 7, 6, 5, 4, 3, 2, 1])).to.deep.equal({ low: 2, high: 8 })
  })

  it('is narrower with less confidence', () => {
    // of 5, the smallest is the median of a resample in 5.8 % of cases, it or the next in 31.7 %
    expect(medianInterval([1, 2, 3, 4, 5], { confidence: 0.8 })).to.deep.equal({ low: 2, high: 4 })
  })

  it('is near that of the normal approximation for many values', () => {
    // of 401 values, ranks 201 -+ 1.96 x sqrt(401) / 2
    const interval = medianInterval(Array.from({ length: 401 }, (_, i) => i + 1))

    expect(interval?.low).to.be.within(176, 187)
    expect(interval?.high).to.be.within(215, 226)
  })

  it('is a point where all values are the same', () => {
    expect(medianInterval([7, 7, 7])).to.deep.equal({ low: 7, high: 7 })
  })

  it('is the same for the same seed, and nearly so for another', () => {
    const values = Array.from({ length: 50 }, (_, i) => (i * 37) % 101)

    expect(medianInterval(values)).to.deep.equal(medianInterval(values))
    expect(medianInterval(values, { seed: 99 })?.low).to.be.closeTo(medianInterval(values)?.low ?? NaN, 5)
  })

  it('is not told of fewer than 3 values', () => {
    expect(medianInterval([1, 2])).to.equal(undefined)
    expect(medianInterval([])).to.equal(undefined)
  })
})
