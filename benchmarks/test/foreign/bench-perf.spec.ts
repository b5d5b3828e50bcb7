import { expect } from 'aegir/chai'
import { checkRecord } from '../../src/report/check-record.ts'
import { bench, benchWith } from '../bench-command.ts'

describe('bench:perf', () => {
  it('tells what it has measured, with the versions of both sides', async () => {
    const { code, stdout, stderr } = await bench('perf', '--json', '--rounds', '1', '--requests', '1', '--only', 'quicmesh-quicmesh', '--figures', 'request')
    const { failures, leftOut, measurements, environment } = checkRecord(JSON.parse(stdout))

    expect(failures, stderr).to.deep.equal([])
    expect([code, leftOut]).to.deep.equal([0, undefined])
    expect(measurements.map(({ contestant, figure, round }) => [contestant, figure, round])).to.deep.equal([['quicmesh-quicmesh', 'request', 1]])
    expect(measurements[0].values.ms).to.be.above(0)
    expect(Object.keys(environment.packages)).to.deep.equal(['@quicmesh/quic-transport', 'libp2p'])
  })

  it('leaves out what there is no toolchain for, and says so', async () => {
    const { code, stdout, stderr } = await benchWith(
      { PATH: '' }, 'perf', '--rounds', '1', '--requests', '1', '--only', 'quicmesh-quicmesh,go-go', '--figures', 'request'
    )

    expect(code, stderr).to.equal(0)
    expect(stdout).to.include('left out: go-go: go-libp2p needs go, and there is none\n').and.match(/quicmesh-quicmesh +\d/)
  })

  it('is an error when that leaves nothing', async () => {
    const { code, stderr } = await benchWith({ PATH: '' }, 'perf', '--json', '--only', 'go-go')

    expect(code).to.equal(2)
    expect(stderr).to.include('Nothing of what was asked for can be measured here: go-go: go-libp2p needs go, and there is none')
  })
})
