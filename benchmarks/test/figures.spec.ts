import { expect } from 'aegir/chai'
import { FIGURE_NAMES, FIGURES, isMeasuredOf } from '../src/figures.ts'
import { pointsOf } from '../src/sweep.ts'
import { DEFAULT_WORKLOAD } from '../src/workload.ts'
import type { Figure } from '../src/figures.ts'

/** So that a point of the slowest contestant takes about a second. */
const MAX_POINT_BYTES = 40_000_000

describe('figures with a sweep', () => {
  const swept = FIGURE_NAMES.map((name) => ({ name, figure: FIGURES[name] as Figure })).filter(({ figure }) => figure.sweep != null)

  for (const { name, figure } of swept) {
    it(`has values of ${name} that its axis can show`, () => {
      const { values = [], quickValues = values, scale } = figure.sweep ?? {}

      expect(values.length).to.be.at.least(2)
      expect(values).to.deep.equal([...values].sort((a, b) => a - b))
      expect(values).to.include.members(quickValues)
      expect(quickValues.length).to.be.within(2, values.length)
      expect(scale).to.equal(values.includes(0) ? 'linear' : 'log')
    })

    it(`moves no more than a little at each value of ${name}`, () => {
      for (const { x, workload } of pointsOf(figure, DEFAULT_WORKLOAD)) {
        const { atServer, atClient } = figure.expectedBytes(workload)

        expect(atServer + atClient, `at ${x}`).to.be.at.most(MAX_POINT_BYTES)
        expect(figure.servers?.(workload) ?? 1, `at ${x}`).to.equal(1)
      }
    })

    it(`does something else at each value of ${name}, and says what it is`, () => {
      const points = pointsOf(figure, DEFAULT_WORKLOAD)
      const workloads = points.map(({ workload }) => JSON.stringify(workload))

      expect(new Set(workloads)).to.have.property('size', points.length)
      expect(figure.describe(DEFAULT_WORKLOAD)).to.match(/^(up to|memory of|\d)/).and.not.match(/undefined|NaN/)
    })
  }
})

describe('what is compared with each other', () => {
  it('is as much at every share of loss, and at every round trip', () => {
    for (const figure of [FIGURES.loss, FIGURES.rtt]) {
      const bytes = pointsOf(figure, DEFAULT_WORKLOAD).map(({ workload }) => figure.expectedBytes(workload).atServer)

      expect(new Set(bytes)).to.have.property('size', 1)
    }
  })

  it('has no wall time and no CPU where other work is in both', () => {
    for (const { metrics } of [FIGURES['busy-upload'], FIGURES['busy-messages'], FIGURES['busy-echo']] as Figure[]) {
      expect(metrics.map(({ name }) => name).filter((name) => /wall|CPU/.test(name))).to.deep.equal([])
    }
  })
})

describe('figures of a part of the contestants', () => {
  it('are those over a path, for UDP alone', () => {
    expect(isMeasuredOf('rtt', 'tcp-noise-yamux')).to.equal(false)
    expect(isMeasuredOf('rtt', 'raw-quinn')).to.equal(true)
  })

  it('are those of a busy event loop, for JavaScript alone', () => {
    expect(isMeasuredOf('busy-upload', 'raw-quinn')).to.equal(false)
    expect(isMeasuredOf('busy-upload', 'tcp-noise-yamux')).to.equal(true)
    expect(isMeasuredOf('busy-upload', 'another build of ours')).to.equal(true)
  })
})
