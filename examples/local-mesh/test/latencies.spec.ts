import { expect } from 'aegir/chai'
import { Latencies } from '../src/latencies.ts'

describe('latencies', () => {
  it('have no percentile when there are none', () => {
    expect(new Latencies().percentileMs(0.5)).to.be.undefined()
  })

  it('give percentiles within 1/32 of the exact ones', () => {
    const latencies = new Latencies()
    const exact: number[] = []

    for (let i = 1; i <= 10_000; i++) {
      const ms = 0.01 * i ** 1.5
      exact.push(ms)
      latencies.record(ms)
    }

    for (const share of [0.01, 0.5, 0.9, 0.99, 1]) {
      const expected = exact[Math.ceil(share * exact.length) - 1]
      const estimate = latencies.percentileMs(share) ?? NaN

      expect(estimate).to.be.within(expected - 0.001, expected * (1 + 1 / 32))
      expect(Math.abs(estimate - expected) / expected).to.be.below(1 / 32)
    }
  })

  it('are exact for a single one', () => {
    const latencies = new Latencies()
    latencies.record(12.3456)

    expect(latencies.percentileMs(0)).to.equal(12.3456)
    expect(latencies.percentileMs(0.99)).to.equal(12.3456)
    expect(latencies.count).to.equal(1)
  })

  it('take what is out of range to its nearest end', () => {
    const latencies = new Latencies()
    latencies.record(-5)
    expect(latencies.percentileMs(1)).to.equal(0)
    latencies.record(1e12)
    expect(latencies.percentileMs(1)).to.be.closeTo(2 ** 32 / 1000, 1)
    expect(latencies.maxMs).to.equal(1e12)
  })
})
