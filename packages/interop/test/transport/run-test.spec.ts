import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'aegir/chai'
import { pingRow } from '../../src/transport/rows.ts'
import { runTest } from '../../src/transport/run-test.ts'
import type { CellResult } from '../../src/runner/cell.ts'

const PEER = fileURLToPath(new URL('../fixtures/transport-peer.ts', import.meta.url))

const REPORT = '{"handshakePlusOneRTTMillis":12,"pingRTTMilllis":1}\n'

describe('a transport test', () => {
  let logs: string

  beforeEach(() => { logs = mkdtempSync(path.join(tmpdir(), 'quicmesh-transport-')) })
  afterEach(() => { rmSync(logs, { recursive: true, force: true }) })

  async function run (report: string, fault = ''): Promise<CellResult> {
    const transport = { file: process.execPath, args: [PEER, report, fault] }

    return runTest({ dialer: 'go', listener: 'rust', dialect: 'test-plans', row: pingRow('test-plans') }, {
      profile: 'ci', programs: () => ({ transport }), logs, seed: 5, signal: AbortSignal.timeout(30_000), slot: 62
    })
  }

  it('brings dialer and listener together, and judges the report', async () => {
    expect(await run(REPORT)).to.deep.equal({ figures: { 'handshake + RTT, ms': 12, 'RTT, ms': 1 } })
    expect(readFileSync(path.join(logs, 'dialer.stdout'), 'utf8')).to.equal(REPORT)
    expect(readFileSync(path.join(logs, 'dialer.stderr.log'), 'utf8')).to.equal('popped\n')
  })

  it('is tried again when a ping took longer than a handshake and a ping, and fails when it does so each time', async () => {
    const swapped = '{"handshakePlusOneRTTMillis":1,"pingRTTMilllis":12}\n'
    const first = path.join(logs, 'first')

    expect(await run(`${swapped}|${REPORT}|${first}`, 'second-time')).to.have.property('figures').that.includes({ 'RTT, ms': 1 })
    await expectFailure(swapped, '', 'less than a ping')
  })

  const FAULTS: Array<[string, string, string]> = [
    ['dialer-fails', REPORT, 'The dialer failed: exit code 1: no such transport'],
    ['listener-fails', REPORT, 'The listener ended before the dialer: exit code 1: nothing to listen on'],
    ['listener-talks', REPORT, 'A listener has nothing to report'],
    ['wildcard-address', REPORT, 'The listener must leave /ip4/'],
    ['ends-badly', REPORT, 'The listener must end with 0 by SIGTERM: exit code 7'],
    ['', 'nonsense', 'Not one line of JSON']
  ]

  for (const [fault, report, message] of FAULTS) {
    it(`fails when ${fault === '' ? 'the report is wrong' : fault}, and says where the logs are`, async () => {
      await expectFailure(report, fault, message)
    })
  }

  async function expectFailure (report: string, fault: string, message: string): Promise<void> {
    const err = await run(report, fault).catch((err) => err)

    for (const text of [message, 'dialer.stderr.log', 'qlog/', path.basename(logs)]) {
      expect(err).to.have.property('message').that.includes(text)
    }
  }
})
