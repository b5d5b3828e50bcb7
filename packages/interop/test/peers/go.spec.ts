import { execFile } from 'node:child_process'
import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'aegir/chai'
import { loopbackNetwork } from '../../src/gossipsub/mesh-network.ts'
import { runMesh } from '../../src/gossipsub/run-mesh.ts'
import { LOOPBACK } from '../../src/net/host.ts'
import { goPeer } from '../../src/peers/go.ts'
import { MissingToolchainError } from '../../src/peers/peer.ts'
import { RunningProgram } from '../../src/process/running-program.ts'
import { pingRow, ROWS } from '../../src/transport/rows.ts'
import { runTest } from '../../src/transport/run-test.ts'
import { gossipLoadTests } from '../fixtures/gossip-load-tests.ts'
import type { Instruction, Params } from '../../peers/js/gossipsub/script.ts'
import type { Member } from '../../src/gossipsub/member.ts'
import type { MeshRun } from '../../src/gossipsub/run-mesh.ts'
import type { Program, ProgramName, Programs } from '../../src/peers/peer.ts'
import type { Ending } from '../../src/process/running-program.ts'
import type { CellResult } from '../../src/runner/cell.ts'
import type { Dialect } from '../../src/transport/dialect.ts'
import type { Row } from '../../src/transport/rows.ts'
import type { AddressInfo } from 'node:net'

const MODULE = fileURLToPath(new URL('../../peers/go/', import.meta.url))

/** Of namespaces and ports, unlike those of other specs. */
const SLOT = 61

const NODE_COUNT = 4
/** The first four are not counted. */
const MESSAGE_COUNT = 8

/** Cold: all of go-libp2p on two processors. */
const BUILD_TIMEOUT_MS = 570_000

const START_TIMEOUT_MS = 10_000
const POLL_MS = 50

describe('go-libp2p as a peer', function () {
  this.timeout(60_000)

  let programs: Programs
  let folder: string
  let aborter: AbortController

  before(async function () {
    this.timeout(BUILD_TIMEOUT_MS)

    try {
      programs = await goPeer.build(() => {})
    } catch (err) {
      if (!(err instanceof MissingToolchainError) || process.env.CI === 'true') {
        throw err
      }

      // eslint-disable-next-line no-console
      console.warn(`${err.message}: nothing of this peer is tested`)
      this.skip()
    }
  })

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'go-peer-'))
    aborter = new AbortController()
  })

  afterEach(async () => {
    aborter.abort(new Error('The test is over'))
    await rm(folder, { recursive: true, force: true })
  })

  const program = (name: ProgramName): Program => programs[name] ?? expect.fail(`${name} is missing`)

  const start = (name: ProgramName, args: string[], env: Record<string, string> = {}): RunningProgram => RunningProgram.start(
    { ...program(name), args },
    { host: LOOPBACK, env, name, logs: folder, signal: aborter.signal }
  )

  it('says of which libraries it is', () => {
    expect(goPeer.versions).to.match(/^go-libp2p v0\.\d+\.\d+, go-libp2p-pubsub v0\.\d+\.\d+$/)
  })

  it('passes its own tests', async function () {
    this.timeout(BUILD_TIMEOUT_MS)
    const env = { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '-trimpath -buildvcs=false' }
    const { stdout } = await promisify(execFile)('go', ['test', './...'], { cwd: MODULE, env })

    expect(stdout).to.match(/^ok\s+\S+\/cmd\/gossipsub\s/m).and.match(/^ok\s+\S+\/cmd\/gossip-load\s/m).and.match(/^ok\s+\S+\/internal\/pattern\s/m)
  })

  describe('transport', () => {
    const dialects: Dialect[] = ['test-plans', 'unified']
    // that one is silent for 35 s: the runner has it
    const quickRows = ROWS.filter(({ name }) => name !== 'keep-alive')

    const withItself = async (dialect: Dialect, row: Row): Promise<CellResult> => runTest(
      { dialer: 'go', listener: 'go', dialect, row },
      { profile: 'ci', programs: () => programs, logs: folder, seed: 0, slot: SLOT, signal: aborter.signal }
    )

    for (const dialect of dialects) {
      for (const row of [pingRow(dialect), ...quickRows]) {
        it(`does ${row.name} with itself, as ${dialect} asks for it`, async () => {
          const { unsupported } = await withItself(dialect, row)

          expect(unsupported).to.equal(undefined)
        })
      }
    }

    const refused: Array<[what: string, env: Record<string, string>, lastWords: RegExp]> = [
      ['an unknown transport', { transport: 'tls', is_dialer: 'true' }, /^transport: unknown transport "tls"/],
      ['neither dialer nor listener', { TEST_KEY: 'a', TRANSPORT: 'quic-v1' }, /^IS_DIALER: /],
      ['no Redis', { transport: 'quic-v1', is_dialer: 'true', redis_addr: '127.0.0.1:1', test_timeout_seconds: '0.2' }, /^no Redis at 127\.0\.0\.1:1: /]
    ]

    for (const [what, env, lastWords] of refused) {
      it(`ends with exit code 1 and the reason for ${what}`, async () => {
        const { code, report, lastWords: words } = await start('transport', [], env).ended

        expect(code).to.equal(1)
        expect(report).to.equal('')
        expect(words).to.match(lastWords)
      })
    }
  })

  describe('perf', () => {
    for (const transport of ['quic-v1', 'tcp']) {
      it(`measures bytes up and down over ${transport}, without a peer id`, async () => {
        const address = `127.0.0.1:${await freePort()}`
        const server = start('perf', ['--run-server', '--server-address', address])
        await untilSaid(server, 'listening on')

        const client = await start('perf', [
          '--server-address', address, '--transport', transport, '--upload-bytes', '3000001', '--download-bytes', '5000001'
        ]).ended
        await server.untilOutput(/^3000001 bytes came, 5000001 are to go$/m, START_TIMEOUT_MS)
        const startedAtMs = performance.now()
        const { code, report } = await server.stop()

        expect(lastLine(client)).to.include({ type: 'final', uploadBytes: 3_000_001, downloadBytes: 5_000_001 })
        expect(lastLine(client).timeSeconds).to.be.within(0.000_1, 50)
        expect([code, report]).to.deep.equal([0, ''])
        expect(performance.now() - startedAtMs).to.be.below(1_000)
      })
    }

    it('ends with exit code 1 when nobody is there', async () => {
      const { code, report, lastWords } = await start('perf', ['--server-address', `127.0.0.1:${await freePort()}`, '--transport', 'tcp']).ended

      expect(code).to.equal(1)
      expect(report).to.equal('')
      expect(lastWords).to.match(/connection refused/)
    })
  })

  gossipLoadTests(() => program('gossip-load'))

  describe('gossipsub', () => {
    const mesh = async (members: Member[], transport: 'tcp' | 'quic-v1'): Promise<MeshRun> => runMesh({
      members,
      params: script(),
      transport,
      network: loopbackNetwork(members.length, SLOT),
      program: () => program('gossipsub'),
      hasQlog: false,
      folder,
      signal: aborter.signal
    })

    const startScript = async (params: unknown, args: string[]): Promise<RunningProgram> => {
      const file = join(folder, 'params.json')
      await writeFile(file, JSON.stringify(params))

      return start('gossipsub', ['--params', file, ...args], { NODE_ID: '7', NODE_PORT: String(await freePort()) })
    }

    for (const transport of ['tcp', 'quic-v1'] as const) {
      it(`delivers every message to every node over ${transport}, and logs copies`, async () => {
        const run = await mesh(Array.from({ length: NODE_COUNT }, () => ({ peer: 'go' })), transport)

        expect(run.faults).to.deep.equal([])
        expect(run.deliveries.map(({ id, latenciesMs }) => [id, [...latenciesMs.keys()].sort()])).to.deep.equal(
          Array.from({ length: MESSAGE_COUNT }, (_, id) => [String(id), otherNodes(id % NODE_COUNT)])
        )
        // the messages are too small for IDONTWANT, and each node forwards to whoever has not sent it the message
        expect(run.deliveries.reduce((sum, { copies }) => sum + copies, 0)).to.be.above(0)
      })
    }

    it('speaks no version beyond the one that it is limited to', async () => {
      const run = await mesh([
        { peer: 'go', protocolVersion: '1.0' },
        { peer: 'go', protocolVersion: '1.1' },
        { peer: 'go', protocolVersion: '1.2' },
        { peer: 'go' }
      ], 'quic-v1')
      const spoken = await Promise.all(Array.from({ length: NODE_COUNT }, async (_, id) => {
        const log = await readFile(join(folder, `hosts/node${id}/gossipsub.1000.stdout`), 'utf8')

        return new Set([...log.matchAll(/"protocol":"\/meshsub\/(\d\.\d)\.0"/g)].map(([, version]) => version))
      }))

      expect(run.faults).to.deep.equal([])
      expect(spoken.map(versions => [...versions].sort())).to.deep.equal([['1.0'], ['1.0', '1.1'], ['1.0', '1.1', '1.2'], ['1.0', '1.1', '1.2']])
    })

    const refused: Array<[what: string, params: unknown, args: string[], lastWords: RegExp]> = [
      ['partial messages', { script: [{ type: 'addPartialMessage', topicID: 'a', groupID: 1, parts: 3 }] }, [], /unknown instruction type: addPartialMessage/],
      ['an instruction before initGossipSub', { script: [{ type: 'subscribeToTopic', topicID: 'a' }] }, [], /subscribeToTopic: before initGossipSub/],
      ['an unknown transport', { script: [] }, ['--transport', 'udp'], /--transport: unknown transport "udp"/],
      ['an unknown version', { script: [] }, ['--protocol-version', '2.0'], /--protocol-version: unknown version "2\.0"/]
    ]

    for (const [what, params, args, lastWords] of refused) {
      it(`ends with exit code 1 and the reason for ${what}`, async () => {
        const ending = await (await startScript(params, args)).ended

        expect(ending.code).to.equal(1)
        expect(ending.lastWords).to.match(lastWords)
      })
    }

    it('ends within a second of SIGTERM, with exit code 0', async () => {
      const node = await startScript({ script: [{ type: 'waitUntil', elapsedSeconds: 50 }] }, ['--transport', 'quic-v1'])
      await node.untilOutput(/"msg":"PeerID","id":"12D3Koo\w+","node_id":7\}/, START_TIMEOUT_MS)

      const startedAtMs = performance.now()

      expect((await node.stop()).code).to.equal(0)
      expect(performance.now() - startedAtMs).to.be.below(1_000)
    })
  })
})

/** All nodes are connected; each publishes in its turn. */
function script (): Params {
  const nodes = Array.from({ length: NODE_COUNT }, (_, id) => id)
  const only = (nodeID: number, instruction: Instruction): Instruction => ({ type: 'ifNodeIDEquals', nodeID, instruction })

  return {
    script: [
      { type: 'initGossipSub', gossipSubParams: { HeartbeatInitialDelay: 100_000_000, Dlazy: 0, GossipFactor: 0 } },
      { type: 'setTopicValidationDelay', topicID: 'a', delaySeconds: 0.1 },
      ...nodes.slice(0, -1).map(id => only(id, { type: 'connect', connectTo: nodes.slice(id + 1) })),
      { type: 'subscribeToTopic', topicID: 'a', partial: false },
      { type: 'waitUntil', elapsedSeconds: 4 },
      ...Array.from({ length: MESSAGE_COUNT }, (_, messageID) => (
        only(messageID % NODE_COUNT, { type: 'publish', topicID: 'a', messageID, messageSizeBytes: 64 })
      )),
      { type: 'waitUntil', elapsedSeconds: 6 }
    ]
  }
}

function otherNodes (id: number): number[] {
  return Array.from({ length: NODE_COUNT }, (_, other) => other).filter(other => other !== id)
}

async function freePort (): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => { server.close(resolve) })

  return port
}

/** Waits for words to people, which `untilOutput` does not see. */
async function untilSaid (program: RunningProgram, words: string): Promise<void> {
  const endsAtMs = performance.now() + START_TIMEOUT_MS

  while (!(await readFile(program.logFile, 'utf8').catch(() => '')).includes(words)) {
    if (performance.now() > endsAtMs) {
      throw new Error(`${program.name} did not say "${words}" within ${START_TIMEOUT_MS} ms`)
    }

    await delay(POLL_MS)
  }
}

function lastLine ({ report, code, lastWords }: Ending): { timeSeconds: number } {
  if (code !== 0) {
    throw new Error(`It ended with exit code ${code}: ${lastWords}`)
  }

  return JSON.parse(report.trim().split('\n').at(-1) ?? '')
}
