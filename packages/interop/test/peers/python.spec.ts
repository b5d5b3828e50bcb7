import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'aegir/chai'
import { LOOPBACK } from '../../src/net/host.ts'
import { quicmeshPeer } from '../../src/peers/js.ts'
import { MissingToolchainError } from '../../src/peers/peer.ts'
import { pythonPeer } from '../../src/peers/python.ts'
import { RunningProgram } from '../../src/process/running-program.ts'
import { pingRow, ROWS } from '../../src/transport/rows.ts'
import { runTest } from '../../src/transport/run-test.ts'
import type { Programs } from '../../src/peers/peer.ts'
import type { CellResult } from '../../src/runner/cell.ts'
import type { Dialect } from '../../src/transport/dialect.ts'
import type { Row } from '../../src/transport/rows.ts'

/** Of namespaces and ports, unlike those of other specs. */
const SLOT = 58

/** Cold: wheels from the registry. */
const BUILD_TIMEOUT_MS = 300_000

describe('py-libp2p as a peer', function () {
  this.timeout(60_000)

  const built: Record<string, Programs> = {}
  let folder: string
  let aborter: AbortController

  before(async function () {
    this.timeout(BUILD_TIMEOUT_MS)

    try {
      built.python = await pythonPeer.build(() => {})
    } catch (err) {
      // CI requires go and rust
      if (!(err instanceof MissingToolchainError)) {
        throw err
      }

      // eslint-disable-next-line no-console
      console.warn(`${err.message}: nothing of this peer is tested`)
      this.skip()
    }

    built.quicmesh = await quicmeshPeer.build(() => {})
  })

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'python-peer-'))
    aborter = new AbortController()
  })

  afterEach(async () => {
    aborter.abort(new Error('The test is over'))
    await rm(folder, { recursive: true, force: true })
  })

  const pair = async (dialer: string, listener: string, dialect: Dialect, row: Row): Promise<CellResult> => runTest(
    { dialer, listener, dialect, row },
    { profile: 'ci', programs: (name) => built[name], logs: folder, seed: 0, slot: SLOT, signal: aborter.signal }
  )

  const start = (env: Record<string, string>): RunningProgram => {
    const { transport = expect.fail('transport is missing') } = built.python

    return RunningProgram.start(transport, { host: LOOPBACK, env, name: 'transport', logs: folder, signal: aborter.signal })
  }

  it('says of which libraries it is', () => {
    expect(pythonPeer.versions).to.match(/^py-libp2p v0\.\d+\.\d+, aioquic v1\.\d+\.\d+$/)
  })

  for (const dialect of ['test-plans', 'unified'] as const) {
    for (const [dialer, listener] of [['python', 'quicmesh'], ['quicmesh', 'python']]) {
      it(`pings as ${dialer} a listener of ${listener}, as ${dialect} asks for it`, async () => {
        const { figures } = await pair(dialer, listener, dialect, pingRow(dialect))

        expect(figures?.['RTT, ms']).to.be.within(0.001, 1_000)
      })
    }
  }

  it('dials no peer whose id it does not know, and says so', async () => {
    const row = ROWS.find(({ name }) => name === 'no-peer-id') ?? expect.fail('no row')

    expect(await pair('python', 'quicmesh', 'test-plans', row)).to.include({ unsupported: 'py-libp2p dials a peer by its id' })
  })

  const refused: Array<[what: string, env: Record<string, string>, lastWords: RegExp]> = [
    ['an unknown transport', { transport: 'tls', is_dialer: 'true' }, /^EnvironmentProblem: transport=tls is unsupported/],
    ['neither dialer nor listener', { TEST_KEY: 'a', TRANSPORT: 'quic-v1' }, /^EnvironmentProblem: IS_DIALER must be true or false/],
    ['an unknown row', { transport: 'quic-v1', is_dialer: 'true', ROW: 'dance' }, /^EnvironmentProblem: ROW=dance is unknown/],
    ['no Redis', { transport: 'quic-v1', is_dialer: 'true', redis_addr: '127.0.0.1:1', test_timeout_seconds: '0.2' }, /^Ended: not done within 0\.2 s$/]
  ]

  for (const [what, env, lastWords] of refused) {
    it(`ends with exit code 1 and the reason for ${what}`, async () => {
      const { code, report, lastWords: words } = await start(env).ended

      expect([code, report]).to.deep.equal([1, ''])
      expect(words).to.match(lastWords)
    })
  }
})
