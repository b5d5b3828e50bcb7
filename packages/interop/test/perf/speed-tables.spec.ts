import { expect } from 'aegir/chai'
import { speedFigures, speedTables } from '../../src/perf/speed-tables.ts'
import { FIGURES } from '../../src/perf/speed.ts'
import { ratios, spread } from '../../src/perf/statistics.ts'

const [up, , connect] = FIGURES

const SERIES = [
  { client: 'quicmesh', server: 'go', figure: up, values: [100, 300, 200] },
  { client: 'go', server: 'go', figure: up, values: [200, 400, 400] },
  { client: 'quicmesh', server: 'go', figure: connect, values: [3, 1, 2] }
]

describe('the tables of perf', () => {
  it('have the median and the spread of each pair, and its ratio to the pairs of one implementation', () => {
    const [introduction, first, second] = speedTables(SERIES, 'quic-v1', 3).split('\n\n')

    expect(introduction).to.include('quic-v1').and.include('3 rounds')
    expect(first.split('\n')).to.deep.equal([
      '| client x server | up, Mbit/s | x client\'s own | x server\'s own |',
      '|---|---|---|---|',
      '| quicmesh x go | 200 [100 to 300] |  | 0.50 |',
      '| go x go | 400 [200 to 400] | 1.00 | 1.00 |'
    ])
    expect(second).to.include('| quicmesh x go | 2 [1 to 3] |')
  })

  it('are figures, too', () => {
    expect(speedFigures(SERIES)).to.deep.equal({
      'quicmesh x go, up, Mbit/s': 200, 'go x go, up, Mbit/s': 400, 'quicmesh x go, connect + 1 byte, ms': 2
    })
  })

  it('turn seconds into what people compare', () => {
    expect(up.value(8)).to.equal(100)
    expect(connect.value(0.25)).to.equal(250)
  })

  it('take the middle of an even number of values, and compare round by round', () => {
    expect(spread([4, 1, 3, 2])).to.deep.equal({ median: 2.5, min: 1, max: 4 })
    expect(ratios([2, 9], [1, 3])).to.deep.equal([2, 3])
    expect(() => spread([])).to.throw(RangeError)
    expect(() => ratios([1], [])).to.throw(RangeError)
  })
})
