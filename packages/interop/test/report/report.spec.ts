import { expect } from 'aegir/chai'
import { box, outcomeLines, summaryText } from '../../src/report/console.ts'
import { readEnvironment } from '../../src/report/environment.ts'
import { suiteTables } from '../../src/report/matrix.ts'
import { toCsv, toMarkdown } from '../../src/report/results.ts'
import { fakeOutcome } from '../runner/fake.ts'

const OUTCOMES = [
  fakeOutcome('passed'),
  fakeOutcome('failed', { row: 'reset' }, { reason: 'saw "eof",\nnot a reset', logs: 'logs/reset' }),
  fakeOutcome('skipped', { row: 'streams' }, { reason: 'no API for it' }),
  fakeOutcome('known', { dialer: 'chainsafe', row: 'reset' }, { reason: 'resets are ends there' }),
  fakeOutcome('passed', { suite: 'gossipsub', dialer: 'quicmesh, go', listener: '', row: 'simple-fanout tcp' }, { result: { notes: 'p99 of 20 ms' } })
]

describe('the report', () => {
  it('has a row for a dialer, a column for a listener, and then one for all that was tested', () => {
    expect(suiteTables('transport', OUTCOMES).split('\n')).to.deep.equal([
      '| dialer \\ listener | quicmesh |',
      '|---|---|',
      '| go | 🔴 1/2 |',
      '| chainsafe | 🟡 |',
      '',
      '|  | go x quicmesh | chainsafe x quicmesh |',
      '|---|---|---|',
      '| ping | 🟢 |  |',
      '| reset | 🔴 | 🟡 |',
      '| streams | ⚪ |  |'
    ])
  })

  it('has the mixes of a mesh as rows', () => {
    expect(suiteTables('gossipsub', OUTCOMES).split('\n').slice(2)).to.deep.equal(['| quicmesh, go | 🟢 |'])
  })

  it('has the columns of test-plans as CSV, without what was not tested', () => {
    expect(toCsv(OUTCOMES)).to.equal([
      'name,outcome,error',
      'transport go x quicmesh (ping),success,',
      'transport go x quicmesh (reset),failure,"saw ""eof"",\nnot a reset"',
      'transport chainsafe x quicmesh (reset),failure,resets are ends there',
      '"gossipsub quicmesh, go x  (simple-fanout tcp)",success,',
      ''
    ].join('\n'))
  })

  it('says where it was made, what is missing, and each reason once', () => {
    const text = toMarkdown({
      environment: readEnvironment(),
      versions: { go: 'go-libp2p v0.48.0' },
      missingToolchains: ['python'],
      buildFailures: { rust: 'error[E0308]' },
      seed: 5,
      profile: 'full',
      ignored: ['perf go'],
      outcomes: OUTCOMES
    })

    expect(text).to.include('seed 5: 2 passed, 1 failed, 2 skipped')
    expect(text).to.include('| go | go-libp2p v0.48.0 |')
    expect(text).to.include('Missing here: python')
    expect(text).to.include('error[E0308]')
    expect(text).to.include('`perf go`')
    expect(text).to.include('p99 of 20 ms')
    expect(text.match(/no API for it/g)).to.have.lengthOf(1)
  })

  it('ends with the counts', () => {
    expect(summaryText(OUTCOMES).split('\n').at(-1)).to.equal('2 passed, 1 failed, 2 skipped')
  })

  it('tells all that is needed to look into a failure', () => {
    expect(outcomeLines(OUTCOMES[1])).to.deep.equal(['✘ transport go x quicmesh (reset) 1.2 s', '    saw "eof",\nnot a reset', '    logs: logs/reset', '    again: npm run interop'])
    expect(outcomeLines(OUTCOMES[2])[0]).to.include('no API for it')
  })

  it('puts a notice in a box', () => {
    expect(box(['a', 'bcd']).split('\n')).to.deep.equal(['╔═════╗', '║ a   ║', '║ bcd ║', '╚═════╝'])
  })
})
