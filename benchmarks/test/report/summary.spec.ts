import { expect } from 'aegir/chai'
import { summarise } from '../../src/report/summary.ts'
import { MEASUREMENTS, record, SIZES, SIZE_MEASUREMENTS, UPLOAD } from '../records.ts'
import type { MetricSummary } from '../../src/report/summary.ts'

describe('the summary of a result', () => {
  it('has spread and ratios of each contestant', () => {
    const { contestants: [ours, rival] } = megabytesPerSecond()

    expect(ours.value).to.deep.equal({ median: 200, lowerQuartile: 150, upperQuartile: 300, min: 100, max: 400 })
    expect(ours.ratios['chainsafe-quic']).to.deep.include({ median: 2, min: 2, max: 4, interval: { low: 2, high: 4 } })
    expect(rival.ratios['chainsafe-quic'].median).to.equal(1)
  })

  it('compares only rounds that both have', () => {
    const withoutRound = MEASUREMENTS.filter(({ contestant, round }) => contestant !== 'chainsafe-quic' || round !== 1)
    const { contestants: [ours] } = megabytesPerSecond({ measurements: withoutRound })

    expect(ours.rounds).to.have.lengthOf(3)
    expect(ours.ratios['chainsafe-quic'].median).to.equal(3)
    expect(ours.ratios['chainsafe-quic'].interval).to.equal(undefined)
  })

  it('has a contestant that failed where it has every round, and nowhere else', () => {
    const failures = [{ contestant: 'quicmesh', during: 'round 3 of 3, upload', error: 'Connection lost' }]
    const told = (measurements: typeof MEASUREMENTS): string[] => megabytesPerSecond({ failures, measurements }).contestants.map(({ contestant }) => contestant)

    expect(told(MEASUREMENTS)).to.deep.equal(['quicmesh', 'chainsafe-quic'])
    expect(told(MEASUREMENTS.filter(({ contestant, round }) => contestant !== 'quicmesh' || round < 3))).to.deep.equal(['chainsafe-quic'])
  })

  it('has a contestant that failed where it has every round in which something is measured', () => {
    const failures = [{ contestant: 'quicmesh', during: 'round 1 of 3, download', error: 'Connection lost' }]
    const measurements = MEASUREMENTS.filter(({ round }) => round !== 2)
    const told = (everyNthRound: number): string[] => megabytesPerSecond({ failures, measurements, figures: [{ ...UPLOAD, everyNthRound }] }).contestants.map(({ contestant }) => contestant)

    expect(told(2)).to.deep.equal(['quicmesh', 'chainsafe-quic'])
    expect(told(1)).to.deep.equal(['chainsafe-quic'])
  })

  it('has no ratio to 0', () => {
    const measurements = MEASUREMENTS.map((m) => m.contestant === 'quicmesh' ? m : { ...m, values: { 'MB/s': 0 } })

    expect(megabytesPerSecond({ measurements }).contestants[0].ratios).to.deep.equal({})
  })

  it('has no ratios of what is a ratio', () => {
    const metrics = UPLOAD.metrics.map((metric) => ({ ...metric, isRatio: true }))

    expect(megabytesPerSecond({ figures: [{ ...UPLOAD, metrics }] }).contestants[0].ratios).to.deep.equal({})
  })

  it('has a point for each value of a sweep, with goals at each', () => {
    const [{ sweep, points }] = summarise(record({ figures: [SIZES], measurements: SIZE_MEASUREMENTS }))

    expect(sweep).to.deep.equal(SIZES.sweep)
    expect(points.map(({ x, metrics: [{ contestants, goals }] }) => [x, contestants[0].value.median, goals[0].isMet])).to.deep.equal([
      [64, 10, true], [256, 40, true], [1_024, 160, false]
    ])
  })
})

function megabytesPerSecond (changes: Parameters<typeof record>[0] = {}): MetricSummary {
  return summarise(record(changes))[0].points[0].metrics[0]
}
