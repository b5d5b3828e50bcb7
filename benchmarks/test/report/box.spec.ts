import { expect } from 'aegir/chai'
import { box } from '../../src/report/box.ts'

describe('a box', () => {
  it('is as wide as its longest line', () => {
    expect(box(['a', 'bcd']).split('\n')).to.deep.equal(['╔═════╗', '║ a   ║', '║ bcd ║', '╚═════╝'])
  })
})
