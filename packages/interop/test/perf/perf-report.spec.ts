import { expect } from 'aegir/chai'
import { parsePerfReport } from '../../src/perf/perf-report.ts'

const WORKLOAD = { uploadBytes: 100, downloadBytes: 10 }
const STEP = '{"type":"intermediary","timeSeconds":1,"uploadBytes":60,"downloadBytes":0}\n'
const FINAL = '{"type":"final","timeSeconds":1.5,"uploadBytes":100,"downloadBytes":10}\n'

describe('the report of a perf client', () => {
  it('ends with a line of all', () => {
    expect(parsePerfReport(FINAL, WORKLOAD)).to.equal(1.5)
    expect(parsePerfReport(STEP + FINAL, WORKLOAD)).to.equal(1.5)
  })

  const WRONG: Record<string, string> = {
    'of nothing': '',
    'without its last line': STEP,
    'with something after it': FINAL + STEP,
    'with two last lines': FINAL + FINAL,
    'without a line feed': FINAL.trim(),
    'of fewer bytes up': FINAL.replace('100', '99'),
    'of fewer bytes down': FINAL.replace('10}', '9}'),
    'of more bytes down': FINAL.replace('10}', '11}'),
    'of more on the way than in the end': STEP + STEP + FINAL,
    'of no time': FINAL.replace('1.5', '0'),
    'without a time': FINAL.replace('1.5', 'null'),
    'with words': `connected\n${FINAL}`,
    'of another type': FINAL.replace('final', 'end')
  }

  for (const [what, output] of Object.entries(WRONG)) {
    it(`${what} is refused`, () => {
      expect(() => parsePerfReport(output, WORKLOAD)).to.throw()
    })
  }
})
