import { expect } from 'aegir/chai'
import { Pace } from '../src/pace.ts'

describe('pace', () => {
  it('lets the first go at once and the others one interval apart', () => {
    const pace = new Pace(100)

    expect([pace.take(1_000), pace.take(1_000), pace.take(1_000)]).to.deep.equal([0, 10, 20])
  })

  it('makes up for a timer that was late', () => {
    const pace = new Pace(1_000)
    pace.take(0)

    expect([pace.take(3), pace.take(3), pace.take(3), pace.take(3)]).to.deep.equal([0, 0, 0, 1])
  })

  it('does not make up for a long pause', () => {
    const pace = new Pace(100)
    pace.take(0)
    const waits = Array.from({ length: 20 }, () => pace.take(10_000))

    expect(waits.filter(wait => wait === 0)).to.have.lengthOf.below(8)
  })
})
