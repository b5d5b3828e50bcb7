import { resolve } from 'node:path'
import { expect } from 'aegir/chai'
import { OptionsError } from '../src/arguments.ts'
import { CONTESTANT_NAMES } from '../src/contestants.ts'
import { FIGURE_NAMES } from '../src/figures.ts'
import { parseOptions } from '../src/options.ts'
import { DEFAULT_WORKLOAD, scaleWorkload } from '../src/workload.ts'

describe('options', () => {
  it('measure every figure of every contestant in at least 5 rounds by default', () => {
    const options = parseOptions([])

    expect(options.contestants).to.deep.equal(CONTESTANT_NAMES)
    expect(options.figures).to.deep.equal(FIGURE_NAMES)
    expect(options.rounds).to.be.at.least(5)
    expect(options.isJson).to.equal(false)
  })

  it('set the work of a round', () => {
    const options = parseOptions(['--rounds', '7', '--bytes=1000000', '--echoes', '20', '--timeout', '9', '--json'])

    expect(options.rounds).to.equal(7)
    expect(options.workload).to.deep.equal({ ...DEFAULT_WORKLOAD, bytes: 1_000_000, echoes: 20 })
    expect(options.timeoutMs).to.equal(9_000)
    expect(options.isJson).to.equal(true)
  })

  it('select by name, in lists or repeated, in the order of measuring', () => {
    expect(parseOptions(['--figures', 'echo,upload']).figures).to.deep.equal(['upload', 'echo'])
    expect(parseOptions(['--only', 'tcp-noise-yamux', '--only', 'quicmesh']).contestants)
      .to.deep.equal(['quicmesh', 'tcp-noise-yamux'])
  })

  it('take runs for rounds', () => {
    expect(parseOptions(['--runs', '7']).rounds).to.equal(7)
  })

  it('make a quick run of fewer rounds and less work, and no less at once', () => {
    const { rounds, workload } = parseOptions(['--quick'])

    expect(rounds).to.be.below(parseOptions([]).rounds)
    expect(workload.bytes).to.equal(DEFAULT_WORKLOAD.bytes / 10)
    expect(workload.burstDials).to.equal(DEFAULT_WORKLOAD.burstDials)
    expect(parseOptions(['--quick', '--rounds', '7', '--scale', '50']))
      .to.deep.include({ rounds: 7, workload: scaleWorkload(50) })
  })

  it('add another build of our own stack, measured first', () => {
    const { builds, contestants } = parseOptions(['--build', 'new=/some/new=er.node'])

    expect(builds).to.deep.equal({ new: resolve('/some/new=er.node') })
    expect(contestants).to.deep.equal(['new', ...CONTESTANT_NAMES])
    expect(parseOptions(['--build', 'new=/some.node', '--only', 'quicmesh,new']).contestants).to.deep.equal(['new', 'quicmesh'])
  })

  const wrong: Array<[string, string[], RegExp]> = [
    ['an unknown option', ['--speed'], /--speed/],
    ['a positional argument', ['upload'], /upload/],
    ['an option without its value', ['--rounds'], /rounds/],
    ['an unknown contestant', ['--only', 'quicmesh,carrier-pigeon'], /--only: 'carrier-pigeon' is none of quicmesh/],
    ['an unknown figure', ['--figures', 'mood'], /--figures: 'mood' is none of upload/],
    ['a build without a path', ['--build', 'new'], /--build: 'new' is not NAME=PATH/],
    ['a build with the name of a contestant', ['--build', 'quicmesh=/some.node'], /--build: 'quicmesh=/],
    ['an empty list', ['--only', ''], /--only/],
    ['no rounds', ['--rounds', '0'], /--rounds: '0' is not an integer from 1 to/],
    ['a fraction', ['--bytes', '1.5'], /--bytes/],
    ['a number with a unit', ['--bytes', '10MB'], /--bytes/],
    ['a number that no run would survive', ['--echoes', '99999999999'], /--echoes/]
  ]

  for (const [what, args, message] of wrong) {
    it(`refuse ${what}`, () => {
      expect(() => parseOptions(args)).to.throw(OptionsError, message)
    })
  }
})
