import { resolve } from 'node:path'
import { expect } from 'aegir/chai'
import { OptionsError } from '../../src/arguments.ts'
import { BASELINE_FILE } from '../../src/guard/baseline.ts'
import { GUARDED_NAMES } from '../../src/guard/guarded.ts'
import { parseOptions, USAGE } from '../../src/guard/options.ts'

describe('options of the guard', () => {
  it('are all ratios in at least 5 rounds, against the committed values, by default', () => {
    const { rounds, ...others } = parseOptions([])

    expect(rounds).to.be.at.least(5)
    expect(others).to.deep.equal({ only: GUARDED_NAMES, baseline: BASELINE_FILE, isUpdate: false, isHelp: false })
  })

  it('select ratios, rounds and committed values', () => {
    expect(parseOptions(['--only', 'subscribe,upload-cpu', '--rounds', '9', '--baseline', '/some/file.json', '--update'])).to.deep.equal({
      only: ['upload-cpu', 'subscribe'], rounds: 9, baseline: resolve('/some/file.json'), isUpdate: true, isHelp: false
    })
  })

  it('are explained', () => {
    for (const word of ['--only', '--rounds', '--baseline', '--update', ...GUARDED_NAMES]) {
      expect(USAGE).to.include(word)
    }
  })

  for (const [what, args, message] of [
    ['an unknown option', ['--quick'], /--quick/],
    ['an unknown ratio', ['--only', 'mood'], /--only: 'mood' is none of/],
    ['no rounds', ['--rounds', '0'], /--rounds: '0'/],
    ['a positional argument', ['messages'], /messages/]
  ] as Array<[string, string[], RegExp]>) {
    it(`refuse ${what}`, () => {
      expect(() => parseOptions(args)).to.throw(OptionsError, message)
    })
  }
})
