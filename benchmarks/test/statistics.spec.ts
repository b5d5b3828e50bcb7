import { expect } from 'aegir/chai'
import { median, percentile, quantile, ratiosPerRound, spread } from '../src/statistics.ts'

describe('statistics', () => {
  describe('median', () => {
    it('is the middle value whatever the order', () => {
      expect(median([30, 10, 20])).to.equal(20)
    })

    it('is the mean of the two in the middle of an even number', () => {
      expect(median([40, 10, 30, 20])).to.equal(25)
    })

    it('compares numbers, not their texts', () => {
      expect(median([9, 100, 1_000])).to.equal(100)
    })

    it('is refused of no values', () => {
      expect(() => median([])).to.throw(RangeError)
    })
  })

  describe('quantile', () => {
    it('interpolates between the nearest two, as R and NumPy do', () => {
      expect(quantile([1, 2, 3, 4], 0.25)).to.equal(1.75)
      expect(quantile([4, 3, 2, 1], 0.75)).to.equal(3.25)
      expect(quantile([15, 20, 35, 40, 50], 0.4)).to.be.closeTo(29, 1e-9)
    })

    it('is a value of its own where it falls on one', () => {
      expect(quantile([50, 10, 30, 20, 40], 0.25)).to.equal(20)
      expect(quantile([7], 0.9)).to.equal(7)
      expect(quantile([7, 9], 0)).to.equal(7)
      expect(quantile([7, 9], 1)).to.equal(9)
    })

    it('is refused out of range and of no values', () => {
      expect(() => quantile([1], -0.1)).to.throw(RangeError)
      expect(() => quantile([1], NaN)).to.throw(RangeError)
      expect(() => quantile([], 0.5)).to.throw(RangeError)
    })
  })

  describe('spread', () => {
    it('has quartiles about the median, and the smallest and the largest', () => {
      expect(spread([5, 1, 2])).to.deep.equal({ median: 2, lowerQuartile: 1.5, upperQuartile: 3.5, min: 1, max: 5 })
    })

    it('leaves the values in their order', () => {
      const values = [3, 1, 2]
      spread(values)

      expect(values).to.deep.equal([3, 1, 2])
    })
  })

  describe('percentile', () => {
    const oneToHundred = Array.from({ length: 100 }, (_, i) => 100 - i)

    it('is the value that so many percent do not exceed', () => {
      expect(percentile(oneToHundred, 50)).to.equal(50)
      expect(percentile(oneToHundred, 99)).to.equal(99)
    })

    it('is the largest value at 100', () => {
      expect(percentile(oneToHundred, 100)).to.equal(100)
    })

    it('is a measured value also of a few', () => {
      expect(percentile([7, 5], 50)).to.equal(5)
      expect(percentile([7, 5], 99)).to.equal(7)
      expect(percentile([7], 1)).to.equal(7)
    })

    it('is refused out of range and of no values', () => {
      expect(() => percentile([1], 0)).to.throw(RangeError)
      expect(() => percentile([1], 101)).to.throw(RangeError)
      expect(() => percentile([1], NaN)).to.throw(RangeError)
      expect(() => percentile([], 50)).to.throw(RangeError)
    })
  })

  describe('ratios per round', () => {
    it('compare each round with the same round of the rival', () => {
      expect(ratiosPerRound([10, 40, 9], [5, 10, 9])).to.deep.equal([2, 4, 1])
    })

    it('have a median that is not the ratio of the medians', () => {
      const ours = [10, 20, 90]
      const rivals = [10, 30, 40]

      expect(median(ratiosPerRound(ours, rivals))).to.equal(1)
      expect(median(ours) / median(rivals)).to.be.closeTo(0.667, 0.001)
    })

    it('are refused when rounds are missing', () => {
      expect(() => ratiosPerRound([1, 2], [1])).to.throw(RangeError)
    })
  })
})
