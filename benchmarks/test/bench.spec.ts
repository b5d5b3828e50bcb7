import { readFile } from 'node:fs/promises'
import { expect } from 'aegir/chai'
import { checkRecord } from '../src/report/check-record.ts'
import { bench } from './bench-command.ts'

describe('bench', () => {
  it('runs the suites that have what was asked for, one after the other, and has a result of each', async () => {
    const { code, stdout, stderr } = await bench('--json', '--only', 'quicmesh', '--figures', 'dials,subscribe', '--rounds', '1', '--scale', '1')
    const records = JSON.parse(stdout).map(checkRecord)

    expect(code, stderr).to.equal(0)
    expect(records.map(({ suite, measurements }: ReturnType<typeof checkRecord>) => [suite, measurements.map(({ figure }) => figure)])).to.deep.equal([
      ['quic', ['dials']], ['gossipsub', ['subscribe']]
    ])
  })

  it('exits with 2 when there is nothing to measure, and keeps what there was', async () => {
    const kept = new URL('../results/gossipsub.json', import.meta.url)
    const before = await readFile(kept, 'utf-8')
    const { code, stderr } = await bench('gossipsub', '--only', 'go', '--figures', 'unique', '--keep')

    expect(code).to.equal(2)
    expect(stderr).to.include('Nothing of what was asked for can be measured here: gossipsub has no unique of go\n')
    expect(await readFile(kept, 'utf-8')).to.equal(before)
  })

  it('exits with 2 for an option of one suite alone', async () => {
    const { code, stderr } = await bench('--rate', '5')

    expect(code).to.equal(2)
    expect(stderr).to.include('--rate').and.include('Usage: npm run bench --')
  })
})
