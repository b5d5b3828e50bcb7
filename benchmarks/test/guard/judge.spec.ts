import { expect } from 'aegir/chai'
import { isPassed, judge } from '../../src/guard/judge.ts'

describe('the judgement of a ratio', () => {
  it('is that it held within 25 % of the committed value', () => {
    for (const ratio of [0.75, 0.8, 1, 1.2, 1.25]) {
      expect(verdict([ratio, ratio, ratio]), `${ratio}`).to.equal('held')
    }
  })

  it('is that it fell when the median is more than 25 % below', () => {
    expect(verdict([0.74, 0.74, 0.74])).to.equal('fell')
    expect(verdict([0.1, 0.74, 9])).to.equal('fell')
  })

  it('is that it rose when the median is more than 25 % above', () => {
    expect(verdict([1.26, 1.26, 1.26])).to.equal('rose')
  })

  it('is of the median, whatever single rounds are', () => {
    expect(verdict([0.01, 0.02, 0.8, 0.9, 99])).to.equal('held')
  })

  it('is measured from the committed value', () => {
    expect(judge({ name: 'x', ratios: [7.4] }, 10).verdict).to.equal('fell')
    expect(judge({ name: 'x', ratios: [7.4] }, 9).verdict).to.equal('held')
  })

  it('has the interval of the median', () => {
    expect(judge({ name: 'x', ratios: [3, 1, 2] }, 2)).to.deep.include({ median: 2, interval: { low: 1, high: 3 } })
    expect(judge({ name: 'x', ratios: [3] }, 2).interval).to.equal(undefined)
  })

  it('is none of what could not be measured', () => {
    expect(judge({ name: 'x', ratios: [1, 1], failure: 'it died' }, 1)).to.include({ verdict: 'untold', failure: 'it died' })
    expect(judge({ name: 'x', ratios: [] }, 1)).to.include({ verdict: 'untold', failure: 'there is no round of it' })
  })

  it('passes what held or rose, and nothing else', () => {
    const passed = [[1], [2], [0.5], []].map((ratios) => isPassed(judge({ name: 'x', ratios }, 1)))

    expect(passed).to.deep.equal([true, true, false, false])
  })
})

function verdict (ratios: number[]): string {
  return judge({ name: 'x', ratios }, 1).verdict
}
