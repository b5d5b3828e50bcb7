import { expect } from 'aegir/chai'
import { formatJson, formatText } from '../src/report.ts'
import { summarise } from '../src/summary.ts'
import { TINY_WORKLOAD } from './workloads.ts'
import type { ContestantName } from '../src/contestants.ts'
import type { Environment } from '../src/environment.ts'
import type { Report } from '../src/report.ts'
import type { RoundMeasurement, RunResults, RunSettings } from '../src/run.ts'

const ENVIRONMENT: Environment = {
  date: '2030-01-02T03:04:05.000Z',
  cpuModel: 'Abacus 9000',
  cores: 2,
  system: 'linux 1.0 x64',
  node: 'v24.0.0',
  commit: 'abc1234',
  loadAverage: 0.1,
  isBusy: false,
  packages: { libp2p: '3.0.0' }
}

const SETTINGS: RunSettings = {
  contestants: ['quicmesh', 'chainsafe-quic'],
  figures: ['upload'],
  rounds: 3,
  workload: { ...TINY_WORKLOAD, bytes: 100_000_000 },
  timeoutMs: 1_000
}

/** 200, 400 and 100 MB/s against 100, 100 and 50. */
const RESULTS: RunResults = {
  measurements: [
    upload('quicmesh', 1, 0.5), upload('chainsafe-quic', 1, 1),
    upload('quicmesh', 2, 0.25), upload('chainsafe-quic', 2, 1),
    upload('quicmesh', 3, 1), upload('chainsafe-quic', 3, 2)
  ],
  failures: []
}

describe('the report', () => {
  it('tells the machine, the versions and the date', () => {
    const text = formatText(report())

    expect(text).to.include('Abacus 9000, 2 cores, linux 1.0 x64, node v24.0.0, 2030-01-02T03:04:05.000Z')
    expect(text).to.include('commit abc1234\n')
    expect(text).to.include('libp2p 3.0.0')
    expect(text).to.include('load average before the run: 0.10\n')
  })

  it('says so when the machine was busy', () => {
    expect(formatText({ ...report(), environment: { ...ENVIRONMENT, isBusy: true } })).to.include('THE MACHINE WAS BUSY')
  })

  it('gives medians with min and max, in MB of 10^6 bytes, and the ratios per round', () => {
    const text = formatText(report())

    expect(text).to.include('upload: 100 MB from client to server')
    expect(text).to.match(/quicmesh +200 \[100 to 400\] +2\.00 \[2\.00 to 4\.00\]/)
    expect(text).to.match(/chainsafe-quic +100 \[50\.0 to 100\] +1\.00 \[1\.00 to 1\.00\]/)
  })

  it('gives the CPU time of both sides beside the wall time', () => {
    // 0.5 s wall, 0.2 s and 0.3 s of CPU for 0.1 GB
    expect(formatText(report())).to.match(/quicmesh .* 0\.50 +0\.20 +0\.30 +5\.00\n/)
  })

  it('has no ratios without the rival', () => {
    const settings: RunSettings = { ...SETTINGS, contestants: ['quicmesh'] }

    expect(formatText(report(settings))).to.match(/quicmesh +200 \[100 to 400\] +- /)
  })

  it('says which goals are met, each by the median of the ratios', () => {
    expect(formatText(report())).to.include('goal MISSED by quicmesh: MB/s >= 6 x chainsafe-quic, is 2.00\n')
  })

  it('compares another build of ours with the one that is installed', () => {
    const settings: RunSettings = { ...SETTINGS, contestants: ['new', ...SETTINGS.contestants], builds: { new: '/some.node' } }
    const measurements = [...RESULTS.measurements, upload('new', 1, 0.1), upload('new', 2, 0.125), upload('new', 3, 0.25)]
    const text = formatText(report(settings, { ...RESULTS, measurements }))

    expect(text).to.match(/MB\/s +x +x quicmesh +wall s/)
    expect(text).to.match(/new +800 \[400 to 1000\] +8\.00 \[8\.00 to 10\.0\] +4\.00 /)
    expect(text).to.include('goal met by new: MB/s >= 6 x chainsafe-quic, is 8.00\n')
    expect(text).to.include('goal MISSED by quicmesh: MB/s >= 6 x chainsafe-quic, is 2.00\n')
  })

  it('names a contestant that failed with its error and has no figures of it', () => {
    const failures = [{ contestant: 'quicmesh' as const, during: 'round 2 of 3, upload', error: 'Connection lost' }]
    const text = formatText(report(SETTINGS, { ...RESULTS, failures }))

    expect(text).to.include('FAILED: quicmesh (round 2 of 3, upload)\n  Connection lost')
    expect(text).to.not.match(/quicmesh +200/)
    expect(text).to.match(/chainsafe-quic +100/)
  })

  it('has every round of every contestant in JSON', () => {
    const { environment, summary, measurements } = JSON.parse(formatJson(report()))

    expect(environment).to.deep.equal(ENVIRONMENT)
    expect(measurements).to.have.lengthOf(6)
    expect(summary[0].metrics[0].contestants[0]).to.deep.include({
      contestant: 'quicmesh',
      rounds: [200, 400, 100],
      ratioToRival: { median: 2, min: 2, max: 4 }
    })
  })
})

function report (settings = SETTINGS, results = RESULTS): Report {
  return { environment: ENVIRONMENT, settings, results, summary: summarise(settings, results) }
}

function upload (contestant: ContestantName, round: number, wallSeconds: number): RoundMeasurement {
  return {
    contestant,
    figure: 'upload',
    round,
    wallSeconds,
    clientCpuSeconds: 0.2,
    serverCpuSeconds: 0.3,
    receivedBytes: { atServer: 100_000_000, atClient: 0 },
    values: {}
  }
}
