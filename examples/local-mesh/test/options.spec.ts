import { expect } from 'aegir/chai'
import { InvalidOptionsError, parseOptions } from '../src/options.ts'

describe('options', () => {
  it('has a default for everything', () => {
    expect(parseOptions([])).to.deep.equal({
      nodes: 8,
      file: undefined,
      topic: 'quicmesh/local-mesh',
      rate: undefined,
      publisher: 'round-robin',
      seed: 1,
      json: false
    })
  })

  it('takes what is given', () => {
    expect(parseOptions(['--nodes', '16', '--topic', 't', '--rate=0.5', '--publisher', '15', '--seed', '0', '--file', 'f', '--json'])).to.deep.equal({
      nodes: 16,
      file: 'f',
      topic: 't',
      rate: 0.5,
      publisher: 15,
      seed: 0,
      json: true
    })
  })

  it('knows --help', () => {
    expect(parseOptions(['--help'])).to.equal('help')
    expect(parseOptions(['-h'])).to.equal('help')
  })

  const wrong: Array<[string, string[]]> = [
    ['an unknown option', ['--bogus']],
    ['a word that belongs to no option', ['file.txt']],
    ['a missing value', ['--nodes']],
    ['fewer than 2 nodes', ['--nodes', '1']],
    ['more than 64 nodes', ['--nodes', '65']],
    ['nodes that are no number', ['--nodes', '8x']],
    ['nodes that are no whole number', ['--nodes', '8.5']],
    ['a rate of 0', ['--rate', '0']],
    ['a negative rate', ['--rate=-5']],
    ['a rate that is no number', ['--rate', 'fast']],
    ['an empty topic', ['--topic', '']],
    ['a topic that is too long', ['--topic', 't'.repeat(257)]],
    ['a publisher that is no node', ['--nodes', '4', '--publisher', '4']],
    ['an empty file name', ['--file', '']],
    ['a seed beyond 32 bits', ['--seed', '4294967296']]
  ]

  for (const [what, args] of wrong) {
    it(`refuses ${what}`, () => {
      expect(() => parseOptions(args)).to.throw(InvalidOptionsError).with.property('code', 'ERR_INVALID_OPTIONS')
    })
  }

  it('names the option and its range', () => {
    expect(() => parseOptions(['--nodes', '99'])).to.throw("--nodes must be a whole number from 2 to 64, not '99'")
  })
})
