import { expect } from 'aegir/chai'
import { formatJson } from '../../src/report/json.ts'
import { formatText } from '../../src/report/text.ts'
import { MEASUREMENTS, record, SIZES, SIZE_MEASUREMENTS, upload } from '../records.ts'

describe('the report', () => {
  it('tells the machine, the versions and the date', () => {
    const text = formatText(record())

    expect(text).to.include('Abacus 9000, 2 cores, linux 1.0 x64, node v24.0.0, 2030-01-02T03:04:05.000Z')
    expect(text).to.include('commit abc1234\n')
    expect(text).to.include('libp2p 3.0.0')
    expect(text).to.include('load average 0.10 before the run\n')
  })

  it('tells what others took of the machine while the run was on', () => {
    const { environment } = record()

    expect(formatText(record({ environment: { ...environment, othersShare: 0.034 } }))).to.include('load average 0.10 before the run, others took 3 % of the CPU while it was on\n')
  })

  it('says so when the machine was busy, and when the run was a quick one', () => {
    const { environment } = record()

    expect(formatText(record({ environment: { ...environment, isBusy: true } }))).to.include('THE MACHINE WAS BUSY')
    expect(formatText(record({ isQuick: true }))).to.include('A QUICK RUN')
    expect(formatText(record())).to.not.match(/BUSY|QUICK/)
  })

  it('gives medians with quartiles, and the ratios per round with their interval', () => {
    const text = formatText(record())

    expect(text).to.include('upload: 100 MB from client to server (MB/s: higher is better)\n')
    expect(text).to.match(/quicmesh +200 \[150 to 300\] +2\.00 \[2\.00 to 4\.00\] +0\.50\n/)
    expect(text).to.match(/chainsafe-quic +100 \[75\.0 to 100\] +1\.00 \[1\.00 to 1\.00\] +0\.50\n/)
  })

  it('has no ratios without the rival', () => {
    const text = formatText(record({ contestants: ['quicmesh'], baselines: [], measurements: MEASUREMENTS.filter(({ contestant }) => contestant === 'quicmesh') }))

    expect(text).to.match(/quicmesh +200 \[150 to 300\] +0\.50\n/)
    expect(text).to.not.include('goal')
  })

  it('says which goals are met, each by the median of the ratios', () => {
    expect(formatText(record())).to.include('goal MISSED by quicmesh: MB/s >= 6 x chainsafe-quic, is 2.00\n')
  })

  it('compares another build of ours with the one that is installed', () => {
    const measurements = [...MEASUREMENTS, upload('new', 1, 1_000), upload('new', 2, 800), upload('new', 3, 400)]
    const text = formatText(record({ contestants: ['new', 'quicmesh', 'chainsafe-quic'], ours: ['quicmesh', 'new'], baselines: ['chainsafe-quic', 'quicmesh'], measurements }))

    expect(text).to.match(/MB\/s +x chainsafe-quic +x quicmesh +CPU s/)
    expect(text).to.match(/new +800 \[600 to 900\] +8\.00 \[8\.00 to 10\.0\] +4\.00 /)
    expect(text).to.include('goal met by new: MB/s >= 6 x chainsafe-quic, is 8.00\n')
    expect(text).to.include('goal MISSED by quicmesh: MB/s >= 6 x chainsafe-quic, is 2.00\n')
  })

  it('names a contestant that failed with its error and has no figures of which it lacks a round', () => {
    const failures = [{ contestant: 'quicmesh', during: 'round 2 of 3, upload', error: 'Connection lost' }]
    const text = formatText(record({ failures, measurements: MEASUREMENTS.filter(({ contestant, round }) => contestant !== 'quicmesh' || round < 2) }))

    expect(text).to.include('FAILED: quicmesh (round 2 of 3, upload)\n  Connection lost')
    expect(text).to.not.match(/quicmesh +200/)
    expect(text).to.match(/chainsafe-quic +100/)
  })

  it('names a contestant that was left out, with the reason, and calls it no failure', () => {
    const leftOut = [{ contestant: 'quicmesh', reason: 'it needs a compiler, and there is none' }]
    const text = formatText(record({ leftOut, measurements: MEASUREMENTS.filter(({ contestant }) => contestant !== 'quicmesh') }))

    expect(text).to.include('left out: quicmesh: it needs a compiler, and there is none\n')
    expect(text).to.not.include('FAILED')
    expect(formatText(record())).to.not.include('left out')
  })

  it('has a table and goals for each value of what grows', () => {
    const text = formatText(record({ figures: [SIZES], measurements: SIZE_MEASUREMENTS }))

    expect(text).to.match(/sizes, message size, bytes 64: .*\n.*\n +quicmesh +10\.0 \[10\.0 to 10\.0\] +0\.50\n.*\n +goal met by quicmesh: CPU us <= 50, is 10\.0\n/)
    expect(text).to.match(/sizes, message size, bytes 1024: .*\n.*\n +quicmesh +160 \[160 to 160\] +0\.50\n.*\n +goal MISSED by quicmesh: CPU us <= 50, is 160\n/)
  })

  it('says - where there was no value', () => {
    const measurements = MEASUREMENTS.map((measurement) => measurement.contestant === 'quicmesh' ? { ...measurement, values: { 'MB/s': 5 } } : measurement)

    expect(formatText(record({ measurements }))).to.match(/quicmesh +5\.00 .* +-\n/)
  })

  it('has every round of every contestant in JSON', () => {
    const { environment, summary, measurements } = JSON.parse(formatJson([record()]))

    expect(environment).to.deep.equal(record().environment)
    expect(measurements).to.deep.equal(MEASUREMENTS)
    expect(summary[0].points[0].metrics[0].contestants[0]).to.deep.include({ contestant: 'quicmesh', rounds: [200, 400, 100] })
    expect(JSON.parse(formatJson([record(), record({ suite: 'net' })])).map(({ suite }: { suite: string }) => suite)).to.deep.equal(['quic', 'net'])
  })
})
