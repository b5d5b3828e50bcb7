import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'aegir/chai'
import { parseRecord } from '../src/report/check-record.ts'
import { bench } from './bench-command.ts'
import type { FigureSummary } from '../src/report/summary.ts'
import type { RoundMeasurement } from '../src/run.ts'

const BYTES = 1_000_000
const ECHOES = 20
const ECHO_BYTES = 32

describe('bench:quic', () => {
  it('tells what it has measured', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bench-quic-'))
    const saved = join(folder, 'results.json')
    const { code, stdout, stderr } = await bench('quic', '--json', '--only', 'tcp-noise-yamux', '--figures', 'upload,echo', '--rounds', '1', '--bytes', `${BYTES}`, '--echoes', `${ECHOES}`, '--save', saved)
    const { failures, measurements, summary } = JSON.parse(stdout)
    const received = measurements.map(({ measured }: { measured: RoundMeasurement }) => measured.receivedBytes)

    expect(failures, stderr).to.deep.equal([])
    expect(code).to.equal(0)
    expect(received).to.deep.equal([
      { atServer: BYTES, atClient: 0 },
      { atServer: ECHOES * ECHO_BYTES, atClient: ECHOES * ECHO_BYTES }
    ])
    expect(summary.map(({ figure }: FigureSummary) => figure)).to.deep.equal(['upload', 'echo'])
    expect(await readFile(saved, 'utf-8')).to.equal(stdout)
    expect(parseRecord(stdout, 'stdout').measurements[1].samples?.['round trip, us']).to.have.lengthOf(ECHOES)
    await rm(folder, { recursive: true })
  })

  it('says what the machine was and did', async () => {
    const { stdout } = await bench('quic', '--json', '--only', 'tcp-noise-yamux', '--figures', 'dials', '--rounds', '1', '--scale', '1')
    const { command, environment: { cores, loadAverage, othersShare, packages } } = JSON.parse(stdout)

    expect(command).to.equal('npm run bench:quic -- --only tcp-noise-yamux --figures dials --rounds 1 --scale 1')
    expect(cores).to.be.at.least(1)
    expect(loadAverage).to.be.at.least(0)
    expect(packages).to.have.property('@libp2p/tcp').that.matches(/^\d+\.\d+\.\d+/)

    if (process.platform === 'linux') {
      expect(othersShare).to.be.within(0, 1)
    }
  })

  it('reports a contestant that does not end in time and exits with 1', async () => {
    // no upload of 10 GB ends within a second
    const { code, stdout } = await bench('quic', '--json', '--only', 'tcp-noise-yamux', '--figures', 'upload', '--rounds', '1', '--bytes', '10000000000', '--timeout', '1')
    const { failures } = JSON.parse(stdout)

    expect(code).to.equal(1)
    expect(failures).to.have.lengthOf(1)
    expect(failures[0]).to.include({ contestant: 'tcp-noise-yamux', during: 'warm-up round, upload' })
    expect(failures[0].error).to.match(/No answer to 'measure' within 1 s/)
  })

  it('exits with 2 and says why when an option is wrong', async () => {
    const { code, stdout, stderr } = await bench('quic', '--only', 'carrier-pigeon')

    expect(code).to.equal(2)
    expect(stdout).to.equal('')
    expect(stderr).to.include('carrier-pigeon')
    expect(stderr).to.include('Usage:')
  })

  it('explains itself', async () => {
    const { code, stdout } = await bench('quic', '--help')

    expect(code).to.equal(0)
    expect(stdout).to.include('--rounds')
  })
})
