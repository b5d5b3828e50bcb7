import { expect } from 'aegir/chai'
import { pointName, pointsOf } from '../src/sweep.ts'
import type { Sweep } from '../src/sweep.ts'

const SIZES: Sweep<{ bytes: number, rounds: number }> = {
  label: 'bead size, bytes',
  scale: 'log',
  values: [1, 2, 4],
  quickValues: [1, 4],
  apply: (workload, bytes) => ({ ...workload, bytes })
}

const WORKLOAD = { bytes: 100, rounds: 7 }

describe('a sweep', () => {
  it('measures the same work at each of its values', () => {
    expect(pointsOf({ sweep: SIZES }, WORKLOAD)).to.deep.equal([
      { x: 1, workload: { bytes: 1, rounds: 7 } },
      { x: 2, workload: { bytes: 2, rounds: 7 } },
      { x: 4, workload: { bytes: 4, rounds: 7 } }
    ])
  })

  it('has fewer values in a quick run, if it says so', () => {
    expect(pointsOf({ sweep: SIZES }, WORKLOAD, true).map(({ x }) => x)).to.deep.equal([1, 4])
    expect(pointsOf({ sweep: { ...SIZES, quickValues: undefined } }, WORKLOAD, true)).to.have.lengthOf(3)
  })

  it('leaves a figure without one as it is', () => {
    expect(pointsOf({}, WORKLOAD)).to.deep.equal([{ workload: WORKLOAD }])
  })

  it('names its points', () => {
    expect(pointName('sizes', 64)).to.equal('sizes at 64')
    expect(pointName('echo', undefined)).to.equal('echo')
  })
})
