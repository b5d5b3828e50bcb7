import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'aegir/chai'
import { makeDocuments, PICTURES } from '../../src/report/documents.ts'
import { keptRecords } from '../../src/report/results-folder.ts'
import { SUITES } from '../../src/suites.ts'
import { MEASUREMENTS, record, SIZES, SIZE_MEASUREMENTS, UPLOAD } from '../records.ts'
import type { BenchRecord } from '../../src/report/record.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

const README = 'before\n<!-- benchmarks: begin -->\nold\n<!-- benchmarks: end -->\nafter\n'

describe('the documents of this checkout', () => {
  it('are what its results make: if not, npm run bench:docs', async function () {
    this.timeout(60_000)

    const records = await keptRecords(SUITES.map(({ name }) => name))
    const documents = await makeDocuments(records, await readFile(join(ROOT, 'README.md'), 'utf-8'))
    const pictures = [...documents.keys()].filter((path) => path.startsWith(`${PICTURES}/`)).sort()

    expect(records).to.not.be.empty()
    expect((await readdir(join(ROOT, PICTURES))).map((name) => `${PICTURES}/${name}`).sort()).to.deep.equal(pictures)

    for (const [path, content] of documents) {
      expect(await readFile(join(ROOT, path), 'utf-8') === content, `${path} differs`).to.equal(true)
    }
  })
})

describe('the document of results', () => {
  it('has machine, versions, commit, date and command', async () => {
    expect(await documentOf()).to.include('- Abacus 9000, 2 cores, linux 1.0 x64, Node.js v24.0.0; load average 0.10 before the run\n')
      .and.include('- commit abc1234, 2030-01-02 (03:04 UTC), 3 rounds: `npm run bench:quic -- --rounds 3`\n')
      .and.include('- `libp2p` 3.0.0\n')
  })

  it('warns of a quick run and of a busy machine', async () => {
    const { environment } = record()

    expect(await documentOf({ isQuick: true, environment: { ...environment, isBusy: true, loadAverage: 7 } }))
      .to.include('> **This was a quick run**').and.include('> **The machine was busy** with something else: load average 7.00 before the run, of 2 cores.')
    expect(await documentOf()).to.not.match(/quick run|was busy/)
  })

  it('has a table with quartiles and intervals, and a picture, of each figure', async () => {
    const document = await documentOf()

    expect(document).to.include('### upload\n\n100 MB from client to server.\n\n![Streams, upload](benchmarks/quic-upload.svg)\n')
    expect(document).to.include('|  | MB/s, more is better | ratio to chainsafe-quic | CPU s |\n|---|---:|---:|---:|\n')
    expect(document).to.include('| quicmesh | 200 [150 to 300] | 2.00 [2.00 to 4.00] | 0.50 |\n')
    expect(document).to.include('| chainsafe-quic | 100 [75.0 to 100] |  | 0.50 |\n')
  })

  it('says which goals were missed', async () => {
    expect(await documentOf()).to.include('0 of 1 met.').and.include('| upload: MB/s, quicmesh | >= 6 x chainsafe-quic | 2.00 | **missed** |')
  })

  it('has a table and a curve over what grows, and missed goals before met ones', async () => {
    const document = await documentOf({ figures: [SIZES], measurements: SIZE_MEASUREMENTS })

    expect(document).to.include('![Streams, sizes, by message size, bytes](benchmarks/quic-sizes.svg)')
    expect(document).to.include('CPU us, less is better, by message size, bytes:\n\n|  | 64 | 256 | 1,024 |\n')
    expect(document).to.include('| quicmesh | 10.0 [10.0 to 10.0] | 40.0 [40.0 to 40.0] | 160 [160 to 160] |\n')
    expect(document).to.include('| quicmesh / chainsafe-quic | 0.50 | 0.50 | 0.50 |\n')
    expect(document).to.match(/at 1024 .*\*\*missed\*\* \|\n.*at 64 .* met \|\n.*at 256 .* met \|/)
  })

  it('names who failed, and has no figures of which it lacks a round', async () => {
    const failures = [{ contestant: 'chainsafe-quic', during: 'round 2 of 3, upload', error: 'Lost\n  at stack' }]
    const document = await documentOf({ failures, measurements: MEASUREMENTS.filter(({ contestant, round }) => contestant !== 'chainsafe-quic' || round < 2) })

    expect(document).to.include('### Failed\n\n- chainsafe-quic, round 2 of 3, upload: `Lost`\n').and.not.include('| chainsafe-quic | 100')
  })

  it('names who was left out, and why', async () => {
    const leftOut = [{ contestant: 'chainsafe-quic', reason: 'it needs a compiler' }]

    expect(await documentOf({ leftOut })).to.include('### Left out\n\n- chainsafe-quic: it needs a compiler\n')
    expect(await documentOf()).to.not.include('Left out')
  })

  it('has a picture for each figure, and one for samples', async () => {
    const measurements = MEASUREMENTS.map((measurement) => ({ ...measurement, samples: { 'trip, us': [1, 2, 3] } }))
    const documents = await makeDocuments([record({ figures: [UPLOAD, { ...UPLOAD, name: 'never' }], measurements })], README)

    expect([...documents.keys()]).to.have.members(['README.md', 'docs/benchmarks.md', 'docs/benchmarks/quic-upload.svg', 'docs/benchmarks/quic-upload-distribution.svg'])
    expect(documents.get('docs/benchmarks/quic-upload.svg')).to.match(/^<svg .*<\/svg>\n$/s)
  })

  it('does not depend on anything but the results', async () => {
    const first = await makeDocuments([record()], README)

    expect(await makeDocuments([record()], first.get('README.md') ?? '')).to.deep.equal(first)
  })
})

describe('the table of the README', () => {
  it('has ours beside the rival, between its markers and nowhere else', async () => {
    const readme = (await makeDocuments([record()], README)).get('README.md')

    expect(readme).to.match(/^before\n<!-- benchmarks: begin -->\n\nStreams: `npm run bench:quic -- --rounds 3`, medians of 3 rounds, Abacus 9000/)
    expect(readme).to.include('| upload, MB/s (more is better) | 200 [150 to 300] | 100 | 2.00 [2.00 to 4.00] |\n')
    expect(readme).to.not.include('old')
    expect(readme).to.match(/\n\n<!-- benchmarks: end -->\nafter\n$/)
  })

  it('is refused without markers', async () => {
    await expect(makeDocuments([record()], 'no markers')).to.eventually.be.rejectedWith('benchmarks: begin')
  })
})

async function documentOf (changes: Partial<BenchRecord> = {}): Promise<string> {
  return (await makeDocuments([record(changes)], README)).get('docs/benchmarks.md') ?? ''
}
