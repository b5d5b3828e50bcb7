import { expect } from 'aegir/chai'
import { GUARDED } from '../../src/guard/guarded.ts'
import { judge } from '../../src/guard/judge.ts'
import { formatFailures, formatJudgements, formatNodes, formatYardsticks } from '../../src/guard/report.ts'
import { committed } from './committed.ts'
import type { RatioRounds } from '../../src/guard/judge.ts'

const [RATIO] = GUARDED.filter(({ name }) => name === 'upload-cpu')

describe('the report of the guard', () => {
  it('has a line for each ratio, and the counts in the last', () => {
    expect(report({ ratios: [0.9, 1, 0.95] })).to.equal(
      '✔ upload-cpu  0.95 [0.90 to 1.00], +6 %; committed 0.90; upload, CPU s/GB against raw-quinn\n\n1 passed, 0 failed\n')
  })

  it('says of a fall what fell, from where, how far, and how to look closer', () => {
    const text = report({ ratios: [0.5, 0.4, 0.45] })

    expect(text).to.include('✘ upload-cpu  0.45 [0.40 to 0.50], -50 %; committed 0.90')
      .and.include('upload-cpu has FALLEN: 0.45 [0.40 to 0.50] of 3 rounds, -50 % of the committed 0.90; -25 % are allowed\n')
      .and.include('  committed 2030-01-02 at abc1234: Abacus 9000, 2 cores, linux 1.0 x64, node v24.0.0\n')
      .and.include('  look closer: npm run bench:quic -- --figures upload --only quicmesh,raw-quinn --rounds 9\n')
    expect(text.endsWith('\n0 passed, 1 failed\n')).to.equal(true)
  })

  it('asks in a box to raise the value of what has risen, which has passed', () => {
    expect(report({ ratios: [2, 2, 2] })).to.include('\n║ upload-cpu has RISEN by more than 25 %: 2.00 [2.00 to 2.00] instead of 0.90. ║\n')
      .and.match(/\n║ npm run bench:guard -- --update --only upload-cpu +║\n/)
      .and.include('\n1 passed, 0 failed\n')
  })

  it('counts what could not be told as failed, and says why', () => {
    expect(report({ ratios: [], failure: 'raw-quinn failed:\nit died' })).to.include('✘ upload-cpu  could not be told; committed 0.90')
      .and.include('upload-cpu COULD NOT BE TOLD:\n  raw-quinn failed:\n  it died\n')
      .and.include('\n0 passed, 1 failed\n')
  })

  it('says in a box of another version of Node.js', () => {
    const values = [committed(), committed({ node: 'v22.0.0' }), committed({ node: 'v22.0.0' })]

    expect(formatNodes([committed()], 'v24.0.0')).to.equal('')
    expect(formatNodes(values, 'v24.0.0').match(/committed with Node\.js v22\.0\.0, this is v24\.0\.0/g)).to.have.lengthOf(1)
    expect(formatNodes(values, 'v24.0.0')).to.match(/^╔═+╗\n(║.+║\n)+╚═+╝\n$/)
  })

  it('says in a box what a try could not measure', () => {
    const measured = [{ name: 'a', ratios: [1] }, { name: 'b', ratios: [], failure: 'it died\nat once' }]

    expect(formatFailures(measured.slice(0, 1), 1)).to.equal('')
    expect(formatFailures(measured, 2)).to.match(/^╔═+╗\n║ b could not be measured in try 2: ║\n║ {3}it died +║\n║ {3}at once +║\n╚═+╝\n$/)
  })

  it('says which versions the yardsticks are of', () => {
    expect(formatYardsticks(new Map([['raw-quinn', { quinn: '0.11.12', rustls: '0.23.46' }]]))).to.equal('  yardstick raw-quinn: quinn 0.11.12, rustls 0.23.46\n')
  })
})

function report (measured: Omit<RatioRounds, 'name'>): string {
  const judgement = judge({ name: RATIO.name, ...measured }, committed().ratio)

  return formatJudgements([{ ratio: RATIO, committed: committed(), judgement }])
}
