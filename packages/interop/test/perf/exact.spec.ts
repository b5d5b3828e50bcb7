import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'aegir/chai'
import { facilities } from '../../src/net/network.ts'
import { expectCarried, runExact } from '../../src/perf/exact.ts'
import type { CellResult } from '../../src/runner/cell.ts'

const PEER = fileURLToPath(new URL('../fixtures/perf-peer.ts', import.meta.url))

describe('perf, byte by byte', () => {
  let logs: string

  beforeEach(() => { logs = mkdtempSync(path.join(tmpdir(), 'quicmesh-perf-')) })
  afterEach(() => { rmSync(logs, { recursive: true, force: true }) })

  async function run (fault = ''): Promise<CellResult> {
    const perf = { file: process.execPath, args: [PEER, fault] }

    return runExact('go', 'rust', 'tcp', {
      profile: 'ci', programs: () => ({ perf }), logs, seed: 6, signal: AbortSignal.timeout(50_000), slot: 63
    })
  }

  it('passes when every byte has come', async () => {
    expect(await run()).to.deep.equal({})
  })

  it('fails when a server does not run, and says where the logs are', async () => {
    await expect(run('server-fails')).to.eventually.be.rejectedWith(/The server rust ended: exit code 1: no address.*logs in .*qlog/)
  })

  it('fails when a client claims what the server has not got', async () => {
    await expect(run('sends-nothing')).to.eventually.be.rejectedWith(/server-rust did not say .*3000017 bytes came, 0 are to go.*it said: 0 bytes came, 0 are to go/)
  })

  it('fails when a client claims what the cable has not carried, with a server that repeats it', async function () {
    const { whyLoopback } = await facilities()

    if (whyLoopback != null) {
      this.skip()
    }

    await expect(run('nobody-counts')).to.eventually.be.rejectedWith('3000017 bytes went up and 0 down, and the cable carried')
  })

  it('compares with what the cable carried, where that is known', () => {
    const before = { sentBytes: 1_000, receivedBytes: 2_000 }
    const workload = { uploadBytes: 10, downloadBytes: 20 }

    expectCarried(workload, before, { sentBytes: 1_010, receivedBytes: 2_020 })
    expectCarried(workload)
    expect(() => { expectCarried(workload, before, { sentBytes: 1_009, receivedBytes: 2_020 }) }).to.throw('the cable carried 9 and 20')
    expect(() => { expectCarried(workload, before, { sentBytes: 1_010, receivedBytes: 2_019 }) }).to.throw('the cable carried 10 and 19')
  })
})
