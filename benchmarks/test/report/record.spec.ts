import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'aegir/chai'
import { parseRecord, RecordError } from '../../src/report/check-record.ts'
import { formatRecord, isEmpty, MAX_SAMPLES, thinned, toRecord, withEarlier } from '../../src/report/record.ts'
import { keepRecord, keptRecords } from '../../src/report/results-folder.ts'
import { MEASUREMENTS, record, SIZES, SIZE_MEASUREMENTS, UPLOAD } from '../records.ts'
import type { BenchRecord } from '../../src/report/record.ts'
import type { Suite } from '../../src/suite.ts'

const SUITE: Suite = {
  name: 'beads',
  title: 'Beads',
  about: 'Of an abacus.',
  contestants: ['ours', 'theirs'],
  ours: 'ours',
  baselines: ['theirs', 'absent'],
  figures: {
    slide: {
      describe: () => 'beads that slide',
      metrics: [{ name: 'us', isHigherBetter: false, isHeadline: true }],
      sweep: { label: 'beads', scale: 'log', values: [1, 10, 100], quickValues: [1, 100], apply: (workload) => workload }
    }
  },
  defaults: { rounds: 5, timeoutSeconds: 1, quick: { rounds: 1, scalePercent: 10 } },
  workload: { beads: 5 },
  scaleWorkload: () => ({ beads: 1 }),
  workloadOptions: [],
  buildHelp: 'an abacus',
  packagesOf: () => [],
  run: async () => ({ measurements: [], failures: [] })
}

const KNOWN = ['upload', 'sizes']

describe('a record of results', () => {
  it('has all that tables and plots need', () => {
    const measurement = { contestant: 'ours', figure: 'slide', round: 1, x: 100, measured: {} }
    const settings = { contestants: ['new', 'ours', 'theirs'], builds: { new: '/some/path' }, figures: ['slide'], rounds: 2, isQuick: true, workload: { beads: 5 }, timeoutMs: 1 }
    const made = toRecord({ command: 'npm run bench:beads', isQuick: true }, { suite: SUITE, settings }, {
      environment: record().environment,
      results: {
        measurements: [{ ...measurement, values: { us: 3 } }, { ...measurement, round: 2, values: { us: NaN }, samples: { 'slide, us': [3, 1.23456, 2] } }],
        failures: []
      }
    })

    expect(made).to.not.have.property('leftOut')
    expect(made).to.deep.include({ suite: 'beads', ours: ['ours', 'new'], baselines: ['theirs', 'ours'], isQuick: true, workload: { beads: 5 } })
    expect(made.figures[0].sweep).to.deep.equal({ label: 'beads', scale: 'log', values: [1, 100] })
    expect(made.measurements.map(({ values }) => values)).to.deep.equal([{ us: 3 }, {}])
    expect(made.measurements[1].samples).to.deep.equal({ 'slide, us': [1.235, 2, 3] })
    expect(formatRecord(made)).to.not.include('/some/path')
    expect(parseRecord(formatRecord(made), 'beads.json')).to.deep.equal(JSON.parse(formatRecord(made)))
  })

  it('says who was left out, who is then no baseline', () => {
    const settings = { contestants: ['ours', 'theirs'], figures: ['slide'], rounds: 1, workload: {}, timeoutMs: 1 }
    const makeWithout = (...names: string[]): BenchRecord => toRecord({ command: 'npm run bench:beads', isQuick: false }, { suite: SUITE, settings }, {
      environment: record().environment,
      results: { measurements: [], failures: [], leftOut: names.map((contestant) => ({ contestant, reason: 'no abacus' })) }
    })

    expect(makeWithout('theirs')).to.deep.include({ ours: ['ours'], baselines: [], leftOut: [{ contestant: 'theirs', reason: 'no abacus' }] })
  })

  it('keeps figures of an earlier run that a like one did not measure, and says of which', () => {
    const whole = record({ figures: [UPLOAD, SIZES], measurements: [...MEASUREMENTS, ...SIZE_MEASUREMENTS], command: 'npm run bench:quic' })
    const later = { ...record().environment, commit: 'def5678' }
    const again = record({ environment: later, command: 'npm run bench:quic -- --figures upload', measurements: MEASUREMENTS.slice(0, 2) })
    const kept = withEarlier(again, whole, KNOWN)

    expect(kept.figures.map(({ name }) => name)).to.deep.equal(['upload', 'sizes'])
    expect(kept.measurements).to.deep.equal([...MEASUREMENTS.slice(0, 2), ...SIZE_MEASUREMENTS])
    expect(kept.earlier).to.deep.equal([{ command: whole.command, environment: whole.environment, figures: ['sizes'] }])
    expect(parseRecord(formatRecord(kept), 'quic.json')).to.deep.equal(JSON.parse(formatRecord(kept)))

    // of a third run both are still told apart, until nothing is left of one
    const third = record({ environment: { ...later, commit: '0123456' } })
    expect(withEarlier(third, kept, KNOWN).earlier?.map(({ figures }) => figures)).to.deep.equal([['sizes']])
    const sizes = record({ figures: [SIZES], measurements: SIZE_MEASUREMENTS, environment: later, command: 'npm run bench:quic -- --figures sizes' })
    expect(withEarlier(sizes, kept, KNOWN).earlier).to.deep.equal([{ command: again.command, environment: later, figures: ['upload'] }])
    expect(withEarlier(whole, kept, KNOWN)).to.equal(whole)
    // nor is anything left of a figure that is no more
    expect(withEarlier(again, whole, ['upload'])).to.equal(again)
  })

  it('keeps nothing of an earlier run that measured more, less or others, or failed', () => {
    const whole = record({ figures: [UPLOAD, SIZES], measurements: [...MEASUREMENTS, ...SIZE_MEASUREMENTS] })
    const unlike: Array<Partial<BenchRecord>> = [
      { rounds: 4 },
      { isQuick: true },
      { workload: { bytes: 1 } },
      { contestants: ['quicmesh', 'chainsafe-quic', 'raw-quinn'] },
      { leftOut: [{ contestant: 'chainsafe-quic', reason: 'no abacus' }] },
      { environment: { ...whole.environment, cpuModel: 'Abacus 9001' } },
      { environment: { ...whole.environment, packages: { libp2p: '4.0.0' } } },
      { failures: [{ contestant: 'quicmesh', during: 'start', error: 'Out of beads' }] }
    ]

    for (const changes of unlike) {
      expect(withEarlier(record(), { ...whole, ...changes }, KNOWN), JSON.stringify(changes)).to.deep.equal(record())
    }
  })

  it('is empty when nothing was measured and nothing failed', () => {
    const failures = [{ contestant: 'quicmesh', during: 'start', error: 'Out of beads' }]

    expect(isEmpty(record({ measurements: [] }))).to.equal(true)
    expect(isEmpty(record({ measurements: [], failures }))).to.equal(false)
    expect(isEmpty(record())).to.equal(false)
  })

  it('keeps the least, the most and the ranks between of many samples', () => {
    const kept = thinned(Array.from({ length: 10_001 }, (_, i) => 10_000 - i))

    expect(kept).to.have.lengthOf(MAX_SAMPLES)
    expect(kept[0]).to.equal(0)
    expect(kept[100]).to.equal(5_000)
    expect(kept.at(-1)).to.equal(10_000)
  })

  it('has a line for each measurement', () => {
    expect(formatRecord(record()).split('\n').filter((line) => line.includes('"round":'))).to.have.lengthOf(MEASUREMENTS.length)
  })

  it('can be read back, also with more in it than there is today', () => {
    const leftOut = [{ contestant: 'quicmesh', reason: 'it needs a compiler' }]

    expect(parseRecord(formatRecord(record()), 'quic.json')).to.deep.equal(record())
    expect(parseRecord(formatRecord(record({ leftOut })), 'quic.json')).to.deep.include({ leftOut })
    expect(parseRecord(JSON.stringify({ ...record(), colour: 'blue' }), 'quic.json')).to.deep.include(record())
  })

  it('is kept in a folder by suite, among other files, and may be missing there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bench-results-'))
    await keepRecord(record(), KNOWN, folder)

    await keepRecord(record({ suite: 'gossipsub' }), KNOWN, folder)
    await writeFile(join(folder, 'scale.json'), 'of somebody else')

    expect((await keptRecords(['net', 'gossipsub', 'quic'], folder)).map(({ suite }) => suite)).to.deep.equal(['gossipsub', 'quic'])

    await writeFile(join(folder, 'net.json'), '{}')
    await expect(keptRecords(['net', 'quic'], folder)).to.eventually.be.rejectedWith(RecordError, /^net\.json: schema is undefined/)

    await writeFile(join(folder, 'net.json'), formatRecord(record()))
    await expect(keptRecords(['net'], folder)).to.eventually.be.rejectedWith(RecordError, 'net.json: it is a result of quic')

    await keepRecord(record({ suite: 'net' }), KNOWN, folder)
    expect(await keptRecords(['net'], folder)).to.have.lengthOf(1)
    await rm(folder, { recursive: true })
  })

  const [first] = MEASUREMENTS
  const wrong: Array<[string, string | object, RegExp]> = [
    ['is no JSON', '{"schema":', /JSON/],
    ['is something else', [], /the file is no object/],
    ['is of before there were versions', { benchmark: 'quic', summary: [] }, /schema is undefined, not 'quicmesh-benchmark'.*before they had versions/],
    ['is of a later version', { ...record(), version: 2 }, /version is 2; this reads 1/],
    ['has no environment', { ...record(), environment: undefined }, /environment is no object/],
    ['has no rounds', { ...record(), rounds: 0 }, /rounds is no whole number/],
    ['has a stranger as baseline', { ...record(), baselines: ['stranger'] }, /baselines\[0\] is "stranger", none of quicmesh, chainsafe-quic/],
    ['has a figure without metrics', { ...record(), figures: [{ ...UPLOAD, metrics: [] }] }, /figures\[0\]\.metrics is empty/],
    ['has a goal without a bound', { ...record(), figures: [{ ...UPLOAD, metrics: [{ ...UPLOAD.metrics[0], goals: [{ of: 'x' }] }] }] }, /goals\[0\] has neither/],
    ['has a measurement of a stranger', { ...record(), measurements: [{ ...first, contestant: 'stranger' }] }, /measurements\[0\]\.contestant is "stranger"/],
    ['has a measurement of no figure', { ...record(), measurements: [{ ...first, figure: 'mood' }] }, /measurements\[0\]\.figure is "mood"/],
    ['has a round too many', { ...record(), measurements: [{ ...first, round: 4 }] }, /measurements\[0\]\.round is 4 of 3/],
    ['has a value that is no number', { ...record(), measurements: [{ ...first, values: { 'MB/s': '5' } }] }, /measurements\[0\]\.values\.MB\/s is no number/],
    ['has a value of no metric', { ...record(), measurements: [{ ...first, values: { mood: 5 } }] }, /a key of measurements\[0\]\.values is "mood"/],
    ['has an x without a sweep', { ...record(), measurements: [{ ...first, x: 5 }] }, /measurements\[0\]\.x is 5/],
    ['has an x beside the sweep', { ...record(), figures: [SIZES], measurements: [{ ...SIZE_MEASUREMENTS[0], x: 65 }] }, /measurements\[0\]\.x is 65/],
    ['has left out a stranger', { ...record(), leftOut: [{ contestant: 'stranger', reason: '' }] }, /leftOut\[0\]\.contestant is "stranger"/],
    ['has a sample that is no number', { ...record(), measurements: [{ ...first, samples: { us: [1, null] } }] }, /samples\.us\[1\] is no number/]
  ]

  for (const [what, content, message] of wrong) {
    it(`is refused when it ${what}`, () => {
      const text = typeof content === 'string' ? content : JSON.stringify(content)

      expect(() => parseRecord(text, 'quic.json')).to.throw(RecordError, message).with.property('message').that.matches(/^quic\.json: /)
    })
  }
})
