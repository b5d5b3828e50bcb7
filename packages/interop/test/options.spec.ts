import { expect } from 'aegir/chai'
import { OptionsError, parseOptions, SUITES } from '../src/options.ts'

describe('options of npm run interop', () => {
  it('are a full run of everything unless told otherwise', () => {
    const options = parseOptions([], {})

    expect(options).to.deep.include({ profile: 'full', suites: SUITES, only: [], ignore: [], required: [], isDocumented: false })
    expect(options.seed).to.be.within(0, 2 ** 32)
  })

  it('require go and rust where CI says that it is CI', () => {
    expect(parseOptions([], { CI: 'true' }).required).to.deep.equal(['go', 'rust'])
    expect(parseOptions(['--require', 'python'], { CI: 'true' }).required).to.deep.equal(['python'])
  })

  it('select', () => {
    expect(parseOptions(['--profile', 'ci', '--suite', 'perf,transport', '--only', 'go', '--only', 'rust', '--ignore', 'tcp', '--seed', '7', '--parallel', '2'], {}))
      .to.deep.include({ profile: 'ci', suites: ['perf', 'transport'], only: ['go', 'rust'], ignore: ['tcp'], seed: 7, parallel: 2 })
  })

  it('document a run of everything, but for what is left out by name', () => {
    expect(parseOptions(['--docs', '--profile', 'full', '--ignore', 'python'], {})).to.deep.include({ isDocumented: true, ignore: ['python'] })
  })

  for (const args of [
    ['--profile', 'quick'], ['--suite', 'transport,relay'], ['--require', 'zig'], ['--parallel', '0'], ['--parallel', '65'], ['--seed', '-1'], ['--seed', '1.5'], ['--what'], ['go'],
    ['--docs', '--profile', 'ci'], ['--docs', '--suite', 'perf'], ['--docs', '--only', 'go']
  ]) {
    it(`refuse ${args.join(' ')}`, () => {
      expect(() => parseOptions(args, {})).to.throw(OptionsError)
    })
  }
})
