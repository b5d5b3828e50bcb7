import { expect } from 'aegir/chai'
import { TestCounter, addCounts, countStep, formatCounts } from '../check/counts.mjs'

/**
 * @param {import('../check/counts.mjs').Harness} harness
 * @param {string} output
 */
function count (harness, output) {
  const counter = new TestCounter(harness)
  output.split('\n').forEach(line => counter.line(line))

  return counter.counts
}

describe('test counts', () => {
  describe('of mocha', () => {
    it('are read from its summary', () => {
      expect(count('mocha', '  ✔ works\n\n\n  12 passing (3s)\n  2 pending\n  1 failing\n\n  1) it breaks\n')).to.deep.equal({ passed: 12, failed: 1, skipped: 2 })
    })

    it('are read through colours', () => {
      expect(count('mocha', '\u001b[92m \u001b[0m\u001b[32m 68 passing\u001b[0m\u001b[90m (291ms)\u001b[0m\n\u001b[31m  3 failing\u001b[0m')).to.deep.equal({ passed: 68, failed: 3, skipped: 0 })
    })

    it('are 0 passing when everything fails', () => {
      expect(count('mocha', '  0 passing (12ms)\n  4 failing')).to.deep.equal({ passed: 0, failed: 4, skipped: 0 })
    })

    it('are added up over several summaries', () => {
      expect(count('mocha', '  1 passing (1m)\n\n  2 passing (2s)\n  1 pending\n')).to.deep.equal({ passed: 3, failed: 0, skipped: 1 })
    })

    it('are not taken from what tests print', () => {
      expect(count('mocha', '12 passing\n5 failing\nwe saw 3 passing (1s) cars\n  7 pending\n  1 passing (1s)\n\n  9 failing things')).to.deep.equal({ passed: 1, failed: 0, skipped: 0 })
    })
  })

  describe('of cargo', () => {
    it('are added up over the binaries', () => {
      expect(count('cargo', `
running 3 tests
test a ... ok
test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s
test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s
`)).to.deep.equal({ passed: 6, failed: 2, skipped: 1 })
    })

    it('are none when it does not compile', () => {
      expect(count('cargo', 'error[E0308]: mismatched types\nerror: could not compile `core`')).to.deep.equal({ passed: 0, failed: 0, skipped: 0 })
    })
  })

  describe('of the interop cells', () => {
    it('are in the last line', () => {
      expect(count('interop', '✔ transport go x quicmesh (ping) 1.2 s\n\n41 passed, 2 failed, 7 skipped')).to.deep.equal({ passed: 41, failed: 2, skipped: 7 })
    })

    it('are none when it did not come to an end', () => {
      expect(count('interop', '✔ transport go x quicmesh (41 passed, 0 failed, 0 skipped)')).to.deep.equal({ passed: 0, failed: 0, skipped: 0 })
    })
  })

  describe('of the guard', () => {
    it('are in the last line', () => {
      expect(count('guard', '✔ streams  1.30, +2 %; committed 1.28\n✘ large  1.00, -50 %; committed 2.00\n\n1 passed, 1 failed\n')).to.deep.equal({ passed: 1, failed: 1, skipped: 0 })
    })

    it('are none when it did not come to an end', () => {
      expect(count('guard', 'the yardstick of large is not the one of its committed value: 1 passed, 0 failed')).to.deep.equal({ passed: 0, failed: 0, skipped: 0 })
    })
  })

  describe('of a step', () => {
    it('are one check when it counts no tests', () => {
      expect(countStep({ ok: true })).to.deep.equal({ passed: 1, failed: 0, skipped: 0 })
      expect(countStep({ ok: false })).to.deep.equal({ passed: 0, failed: 1, skipped: 0 })
    })

    it('are those of its tests', () => {
      expect(countStep({ ok: true, counts: { passed: 5, failed: 0, skipped: 1 } })).to.deep.equal({ passed: 5, failed: 0, skipped: 1 })
      expect(countStep({ ok: false, counts: { passed: 5, failed: 2, skipped: 0 } })).to.deep.equal({ passed: 5, failed: 2, skipped: 0 })
    })

    it('have a failure when it failed although all its tests passed', () => {
      expect(countStep({ ok: false, counts: { passed: 5, failed: 0, skipped: 0 } })).to.deep.equal({ passed: 5, failed: 1, skipped: 0 })
    })

    it('have a failure when it succeeded although a test failed', () => {
      expect(countStep({ ok: true, counts: { passed: 5, failed: 1, skipped: 0 } }).failed).to.equal(1)
    })

    it('have a failure when no test ran', () => {
      expect(countStep({ ok: true, counts: { passed: 0, failed: 0, skipped: 0 } }).failed).to.equal(1)
      expect(countStep({ ok: true, counts: { passed: 0, failed: 0, skipped: 9 } }).failed).to.equal(1)
    })
  })

  it('are reported with skipped ones only where there are some', () => {
    expect(formatCounts(addCounts([{ passed: 1, failed: 0, skipped: 0 }, { passed: 2, failed: 3, skipped: 0 }]))).to.equal('3 passed, 3 failed')
    expect(formatCounts({ passed: 1, failed: 0, skipped: 2 })).to.equal('1 passed, 0 failed, 2 skipped')
  })
})
