import { resolve } from 'node:path'
import { expect } from 'aegir/chai'
import { OptionsError } from '../src/arguments.ts'
import { CONTESTANT_NAMES } from '../src/gossipsub/contestants.ts'
import { FIGURE_NAMES } from '../src/gossipsub/figures.ts'
import { parseOptions } from '../src/gossipsub/options.ts'
import { DEFAULT_WORKLOAD, scaleWorkload } from '../src/gossipsub/workload.ts'

describe('options of bench:gossipsub', () => {
  it('measure every figure of every contestant in at least 5 rounds by default', () => {
    const options = parseOptions([])

    expect(options.contestants).to.deep.equal(CONTESTANT_NAMES)
    expect(options.figures).to.deep.equal(FIGURE_NAMES)
    expect(options.rounds).to.be.at.least(5)
    expect(options.workload).to.deep.equal(DEFAULT_WORKLOAD)
  })

  it('select by name, in the order of measuring', () => {
    expect(parseOptions(['--figures', 'seen,unique']).figures).to.deep.equal(['unique', 'seen'])
    expect(parseOptions(['--only', 'libp2p-17', '--only', 'quicmesh']).contestants).to.deep.equal(['quicmesh', 'libp2p-17'])
  })

  it('make a quick run of fewer rounds and less work', () => {
    const { rounds, workload } = parseOptions(['--quick'])

    expect(rounds).to.be.below(parseOptions([]).rounds)
    expect(workload.messages).to.be.below(DEFAULT_WORKLOAD.messages)
    expect(workload.rate).to.equal(DEFAULT_WORKLOAD.rate)
    expect(parseOptions(['--quick', '--scale', '50', '--rate', '70']).workload).to.deep.equal({ ...scaleWorkload(50), rate: 70 })
  })

  it('add another build of our own, measured first', () => {
    const { builds, contestants } = parseOptions(['--build', 'new=/some/folder'])

    expect(builds).to.deep.equal({ new: resolve('/some/folder') })
    expect(contestants).to.deep.equal(['new', ...CONTESTANT_NAMES])
  })

  const wrong: Array<[string, string[], RegExp]> = [
    ['an unknown option', ['--speed'], /--speed/],
    ['an unknown contestant', ['--only', 'floodsub'], /--only: 'floodsub' is none of quicmesh/],
    ['an unknown figure', ['--figures', 'mood'], /--figures: 'mood' is none of unique/],
    ['a build with the name of a contestant', ['--build', 'libp2p-17=/x'], /--build: 'libp2p-17=\/x' is not NAME=PATH with a new name/],
    ['no rounds', ['--rounds', '0'], /--rounds: '0' is not an integer from 1 to/]
  ]

  for (const [what, args, message] of wrong) {
    it(`refuse ${what}`, () => {
      expect(() => parseOptions(args)).to.throw(OptionsError, message)
    })
  }
})
