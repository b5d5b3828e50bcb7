import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'aegir/chai'
import { LOOPBACK } from '../../src/net/host.ts'
import { startRedis } from '../../src/net/redis.ts'
import { chainsafePeer, quicmeshPeer } from '../../src/peers/js.ts'
import { RunningProgram } from '../../src/process/running-program.ts'
import { pingRow, ROWS } from '../../src/transport/rows.ts'
import { runTest } from '../../src/transport/run-test.ts'
import type { Peer, Program, Programs } from '../../src/peers/peer.ts'
import type { CellResult } from '../../src/runner/cell.ts'
import type { Dialect } from '../../src/transport/dialect.ts'
import type { Row } from '../../src/transport/rows.ts'

/** Of namespaces and ports, unlike those of other specs. */
const SLOT = 59

/** For a program to load, on a busy machine. */
const START_TIMEOUT_MS = 20_000

const POLL_MS = 25

/** What the suites give a program to end. */
const TERM_MS = 1_000

const PEERS: Record<string, Peer> = { quicmesh: quicmeshPeer, chainsafe: chainsafePeer }

describe('our transport program', function () {
  this.timeout(60_000)

  let folder: string
  let aborter: AbortController
  let transport: Program
  const built: Record<string, Programs> = {}

  before(async () => {
    for (const [name, peer] of Object.entries(PEERS)) {
      built[name] = await peer.build(() => {})
    }

    transport = built.quicmesh.transport ?? expect.fail('transport is missing')
  })

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'js-peer-'))
    aborter = new AbortController()
  })

  afterEach(async () => {
    aborter.abort(new Error('The test is over'))
    await rm(folder, { recursive: true, force: true })
  })

  const start = (env: Record<string, string>, name = 'transport'): RunningProgram => {
    return RunningProgram.start(transport, { host: LOOPBACK, env, name, logs: folder, signal: aborter.signal })
  }

  const pair = async (dialer: string, listener: string, dialect: Dialect, row: Row): Promise<CellResult> => runTest(
    { dialer, listener, dialect, row },
    { profile: 'ci', programs: (name) => built[name], logs: folder, seed: 0, slot: SLOT, signal: aborter.signal }
  )

  it('says of which libraries it is', () => {
    expect(quicmeshPeer.versions).to.match(/^@quicmesh\/quic-transport v\d+\.\d+\.\d+, @quicmesh\/gossipsub v\S+, libp2p v3\.\S+$/)
    expect(chainsafePeer.versions).to.match(/^@chainsafe\/libp2p-quic v\d+\.\d+\.\d+, @libp2p\/gossipsub v\S+, libp2p v3\.\S+$/)
  })

  for (const dialect of ['test-plans', 'unified'] as const) {
    for (const [dialer, listener] of [['quicmesh', 'quicmesh'], ['quicmesh', 'chainsafe'], ['chainsafe', 'quicmesh']]) {
      it(`pings as ${dialer} a listener of ${listener}, as ${dialect} asks for it`, async () => {
        const { figures } = await pair(dialer, listener, dialect, pingRow(dialect))

        expect(figures?.['RTT, ms']).to.be.within(0.001, 1_000)
      })
    }
  }

  // that one is silent for 35 s: the runner has it
  for (const row of ROWS.filter(({ name }) => name !== 'keep-alive')) {
    it(`does ${row.name} with itself`, async () => {
      const { unsupported } = await pair('quicmesh', 'quicmesh', 'test-plans', row)

      expect(unsupported).to.equal(undefined)
    })
  }

  it('reports a row that went wrong, with the reason, and ends well', async () => {
    // the end of a stream instead of its reset, which is a flaw of that listener
    const err = await pair('quicmesh', 'chainsafe', 'test-plans', rowOf('reset')).catch((err) => err)
    const report = JSON.parse(await readFile(join(folder, 'dialer.stdout'), 'utf8'))

    expect(err).to.be.an('error').with.property('message').that.includes('The dialer reports:')
    expect(report).to.deep.equal({ row: 'reset', ok: false, sentCode: 42, observed: { bytes: 1_024, ended: 'eof', code: null }, error: 'not as it must be' })
  })

  const refused: Array<[what: string, env: Record<string, string>, lastWords: RegExp]> = [
    ['an unknown transport', { transport: 'tls', is_dialer: 'true' }, /^EnvironmentError: transport=tls is unsupported/],
    ['neither dialer nor listener', { TEST_KEY: 'a', TRANSPORT: 'quic-v1' }, /^EnvironmentError: IS_DIALER is missing/],
    ['an unknown row', { transport: 'quic-v1', is_dialer: 'true', ROW: 'dance' }, /^EnvironmentError: ROW=dance is unknown: there are streams, /],
    ['an unknown implementation', { transport: 'quic-v1', is_dialer: 'true', IMPLEMENTATION: 'other' }, /^EnvironmentError: IMPLEMENTATION=other is unknown/],
    ['no Redis', { transport: 'quic-v1', is_dialer: 'true', redis_addr: '127.0.0.1:1', test_timeout_seconds: '0.2' }, /^Error: Not done within 0\.2 s$/],
    ['an address that it can\'t listen on', { transport: 'quic-v1', is_dialer: 'false', ip: '192.0.2.77' }, /Could not bind UDP port 0 of 192\.0\.2\.77/]
  ]

  for (const [what, env, lastWords] of refused) {
    it(`ends with exit code 1 and the reason for ${what}`, async () => {
      const { code, report, lastWords: words } = await start(env).ended

      expect([code, report]).to.deep.equal([1, ''])
      expect(words).to.match(lastWords)
    })
  }

  it('ends within a second of SIGTERM as a listener that waits, with exit code 0', async () => {
    const redis = await startRedis({ host: LOOPBACK, logs: folder, signal: aborter.signal })
    const listener = start({ transport: 'quic-v1', is_dialer: 'false', ip: '127.0.0.1', redis_addr: redis.address }, 'listener')
    const dialer = start({ transport: 'quic-v1', is_dialer: 'true', redis_addr: redis.address }, 'dialer')
    await dialer.ended
    const startedAtMs = performance.now()
    const { code, report } = await listener.stop()

    expect(performance.now() - startedAtMs).to.be.below(TERM_MS)
    expect([code, report]).to.deep.equal([0, ''])
    await redis.stop()
  })

  it('ends within a second of SIGTERM as a listener without Redis, with exit code 0', async () => {
    const listener = start({ transport: 'quic-v1', is_dialer: 'false', ip: '127.0.0.1', redis_addr: '127.0.0.1:1' }, 'listener')
    await untilSaid(listener, 'redis 127.0.0.1:1 - ')
    const startedAtMs = performance.now()
    const { code, report } = await listener.stop()

    expect(performance.now() - startedAtMs).to.be.below(TERM_MS)
    expect([code, report]).to.deep.equal([0, ''])
  })

  it('ends with exit code 1 as a listener that nobody ends', async () => {
    const redis = await startRedis({ host: LOOPBACK, logs: folder, signal: aborter.signal })
    const env = { transport: 'quic-v1', is_dialer: 'false', ip: '127.0.0.1', redis_addr: redis.address, test_timeout_seconds: '0.5' }
    const { code, lastWords } = await start(env).ended

    expect([code, lastWords]).to.deep.equal([1, 'Error: Not done within 0.5 s'])
    await redis.stop()
  })

  it('ends within a second of SIGTERM as a dialer that waits, with exit code 1', async () => {
    const redis = await startRedis({ host: LOOPBACK, logs: folder, signal: aborter.signal })
    const dialer = start({ transport: 'quic-v1', is_dialer: 'true', redis_addr: redis.address })
    await untilSaid(dialer, 'waiting for a listener')
    const startedAtMs = performance.now()
    const { code, lastWords } = await dialer.stop()

    expect(performance.now() - startedAtMs).to.be.below(TERM_MS)
    expect(code).to.equal(1)
    expect(lastWords).to.equal('Error: Ended by SIGTERM')
    await redis.stop()
  })

  it('says much on standard error when it is asked to, and nothing of it on standard output', async () => {
    const redis = await startRedis({ host: LOOPBACK, logs: folder, signal: aborter.signal })
    const env = { TRANSPORT: 'quic-v1', LISTENER_IP: '127.0.0.1', REDIS_ADDR: redis.address, TEST_KEY: 'a1b2c3d4', DEBUG: 'true' }
    const listener = start({ ...env, IS_DIALER: 'false' }, 'listener')
    const { report } = await start({ ...env, IS_DIALER: 'true' }, 'dialer').ended
    await listener.stop()

    expect(report).to.match(/^latency:\n {2}handshake_plus_one_rtt: [\d.]+\n {2}ping_rtt: [\d.]+\n {2}unit: ms\n$/)
    expect(await readFile(join(folder, 'dialer.stderr.log'), 'utf8')).to.include('libp2p:')
    expect(await readFile(join(folder, 'listener.stdout'), 'utf8')).to.equal('')
    await redis.stop()
  })
})

function rowOf (name: string): Row {
  return ROWS.find((row) => row.name === name) ?? expect.fail(`There is no row ${name}`)
}

/** Waits for words to people. */
async function untilSaid (program: RunningProgram, words: string): Promise<void> {
  const endsAtMs = performance.now() + START_TIMEOUT_MS

  while (!(await readFile(program.logFile, 'utf8').catch(() => '')).includes(words)) {
    if (performance.now() > endsAtMs) {
      throw new Error(`${program.name} did not say "${words}" within ${START_TIMEOUT_MS} ms`)
    }

    await delay(POLL_MS)
  }
}
