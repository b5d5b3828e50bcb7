import { resolve } from 'node:path'
import { expect } from 'aegir/chai'
import { OptionsError } from '../src/arguments.ts'
import { FIGURE_NAMES as GOSSIPSUB_FIGURE_NAMES } from '../src/gossipsub/figures.ts'
import * as gossipsubWorkload from '../src/gossipsub/workload.ts'
import { parseOptions, usage } from '../src/options.ts'
import { gossipsub } from '../src/suites/gossipsub.ts'
import { net } from '../src/suites/net.ts'
import { quic } from '../src/suites/quic.ts'
import { SUITES } from '../src/suites.ts'
import { DEFAULT_WORKLOAD, scaleWorkload } from '../src/workload.ts'
import type { RunSettings, Suite } from '../src/suite.ts'

describe('options', () => {
  for (const suite of SUITES) {
    it(`of ${suite.name} measure every figure of every contestant in at least 5 rounds by default`, () => {
      const { contestants, figures, rounds, workload } = settingsOf(suite)

      expect(contestants).to.deep.equal(suite.contestants)
      expect(figures).to.deep.equal(Object.keys(suite.figures))
      expect(rounds).to.be.at.least(5)
      expect(workload).to.deep.equal(suite.workload)
    })

    it(`of ${suite.name} make a quick run of fewer rounds and less work`, () => {
      const { rounds, workload, isQuick } = settingsOf(suite, '--quick')

      expect(isQuick).to.equal(true)
      expect(rounds).to.be.below(settingsOf(suite).rounds)
      expect(workload).to.deep.equal(suite.scaleWorkload(suite.defaults.quick.scalePercent))
      expect(settingsOf(suite, '--quick', '--rounds', '7', '--scale', '50')).to.deep.include({ rounds: 7, workload: suite.scaleWorkload(50) })
    })

    it(`of ${suite.name} are explained`, () => {
      for (const word of ['--rounds', '--keep', ...suite.contestants, ...Object.keys(suite.figures), ...suite.workloadOptions.map(({ name }) => `--${name}`)]) {
        expect(usage([suite])).to.include(word)
      }
    })
  }

  it('share the figures of QUIC out to those on a plain loopback and those over paths', () => {
    expect(Object.keys(net.figures)).to.deep.equal(['rtt', 'loss'])
    expect(Object.keys(quic.figures)).to.include('upload').and.not.include('loss')
    expect(net.contestants).to.include('quicmesh').and.not.include('tcp-noise-yamux')
  })

  it('set the work of a round', () => {
    const settings = settingsOf(quic, '--rounds', '7', '--bytes=1000000', '--echoes', '20', '--timeout', '9')

    expect(settings).to.deep.include({ rounds: 7, timeoutMs: 9_000, workload: { ...DEFAULT_WORKLOAD, bytes: 1_000_000, echoes: 20 } })
    expect(settingsOf(gossipsub, '--scale', '50', '--rate', '70').workload).to.deep.equal({ ...gossipsubWorkload.scaleWorkload(50), rate: 70 })
  })

  it('make no less of what happens at once', () => {
    expect(scaleWorkload(10)).to.deep.include({ bytes: DEFAULT_WORKLOAD.bytes / 10, burstDials: DEFAULT_WORKLOAD.burstDials })
    expect(gossipsubWorkload.scaleWorkload(10).rate).to.equal(gossipsubWorkload.DEFAULT_WORKLOAD.rate)
  })

  it('select by name, in lists or repeated, in the order of measuring', () => {
    expect(settingsOf(quic, '--figures', 'echo,upload').figures).to.deep.equal(['upload', 'echo'])
    expect(settingsOf(quic, '--only', 'tcp-noise-yamux', '--only', 'quicmesh').contestants).to.deep.equal(['quicmesh', 'tcp-noise-yamux'])
  })

  it('take runs for rounds', () => {
    expect(settingsOf(quic, '--runs', '7').rounds).to.equal(7)
  })

  it('add another build of our own, measured first', () => {
    const { builds, contestants } = settingsOf(quic, '--build', 'new=/some/new=er.node')

    expect(builds).to.deep.equal({ new: resolve('/some/new=er.node') })
    expect(contestants).to.deep.equal(['new', ...quic.contestants])
    expect(settingsOf(quic, '--build', 'new=/some.node', '--only', 'quicmesh,new').contestants).to.deep.equal(['new', 'quicmesh'])
    expect(settingsOf(gossipsub, '--build', 'new=/some/folder').contestants).to.deep.equal(['new', ...gossipsub.contestants])
  })

  it('say what was asked for, and not where the results go', () => {
    expect(parseOptions([quic], ['--json', '--quick', '--only', 'quicmesh', '--save', '/some/file']).command)
      .to.equal('npm run bench:quic -- --quick --only quicmesh')
    expect(parseOptions(SUITES, []).command).to.equal('npm run bench')
  })

  describe('of all suites together', () => {
    it('run one after the other', () => {
      expect(parseOptions(SUITES, []).runs.map(({ suite }) => suite)).to.deep.equal(SUITES)
    })

    it('take names of any of them, and leave out suites that have none', () => {
      const { runs } = parseOptions(SUITES, ['--only', 'quicmesh,libp2p-17', '--figures', 'unique,upload'])

      expect(runs.map(({ suite, settings }) => [suite.name, settings.contestants, settings.figures])).to.deep.equal([
        ['quic', ['quicmesh'], ['upload']],
        ['gossipsub', ['quicmesh', 'libp2p-17'], ['unique']]
      ])
    })

    it('have defaults of each', () => {
      const { settings } = parseOptions(SUITES, ['--quick']).runs.find(({ suite }) => suite === gossipsub) ?? expect.fail('gossipsub is missing')

      expect(settings.figures).to.deep.equal(GOSSIPSUB_FIGURE_NAMES)
      expect(settings.rounds).to.equal(gossipsub.defaults.quick.rounds)
    })
  })

  const wrong: Array<[string, Suite[], string[], RegExp]> = [
    ['an unknown option', [quic], ['--speed'], /--speed/],
    ['an option of another suite', [gossipsub], ['--bytes', '5'], /--bytes/],
    ['a build for all suites', SUITES, ['--build', 'new=/some.node'], /--build/],
    ['a positional argument', [quic], ['upload'], /upload/],
    ['an option without its value', [quic], ['--rounds'], /rounds/],
    ['an unknown contestant', [quic], ['--only', 'quicmesh,carrier-pigeon'], /--only: 'carrier-pigeon' is none of quicmesh/],
    ['an unknown figure', [gossipsub], ['--figures', 'mood'], /--figures: 'mood' is none of unique/],
    ['a figure that none of the contestants has', SUITES, ['--only', 'tcp-tls-yamux', '--figures', 'unique'], /nothing to measure/],
    ['a build without a path', [quic], ['--build', 'new'], /--build: 'new' is not NAME=PATH/],
    ['a build with the name of a contestant', [gossipsub], ['--build', 'libp2p-17=/x'], /--build: 'libp2p-17=\/x' is not NAME=PATH with a new name/],
    ['to keep results of another build', [quic], ['--build', 'new=/some.node', '--keep'], /--keep/],
    ['an empty list', [quic], ['--only', ''], /--only/],
    ['no rounds', [quic], ['--rounds', '0'], /--rounds: '0' is not an integer from 1 to/],
    ['a fraction', [quic], ['--bytes', '1.5'], /--bytes/],
    ['a number with a unit', [quic], ['--bytes', '10MB'], /--bytes/],
    ['a number that no run would survive', [quic], ['--echoes', '99999999999'], /--echoes/]
  ]

  for (const [what, suites, args, message] of wrong) {
    it(`refuse ${what}`, () => {
      expect(() => parseOptions(suites, args)).to.throw(OptionsError, message)
    })
  }
})

function settingsOf (suite: Suite, ...args: string[]): RunSettings<object> {
  const { runs } = parseOptions([suite], args)

  expect(runs).to.have.lengthOf(1)

  return runs[0].settings
}
