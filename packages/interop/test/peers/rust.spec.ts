import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'aegir/chai'
import { loopbackNetwork } from '../../src/gossipsub/mesh-network.ts'
import { runMesh } from '../../src/gossipsub/run-mesh.ts'
import { findProgram } from '../../src/net/find-program.ts'
import { LOOPBACK } from '../../src/net/host.ts'
import { startRedis } from '../../src/net/redis.ts'
import { quicmeshPeer } from '../../src/peers/js.ts'
import { rustPeer } from '../../src/peers/rust.ts'
import { RunningProgram } from '../../src/process/running-program.ts'
import { pingRow, ROWS } from '../../src/transport/rows.ts'
import { runTest } from '../../src/transport/run-test.ts'
import { gossipLoadTests } from '../fixtures/gossip-load-tests.ts'
import type { Instruction, Params } from '../../peers/js/gossipsub/script.ts'
import type { Member } from '../../src/gossipsub/member.ts'
import type { MeshRun } from '../../src/gossipsub/run-mesh.ts'
import type { Redis } from '../../src/net/redis.ts'
import type { Program, ProgramName, Programs } from '../../src/peers/peer.ts'
import type { CellResult } from '../../src/runner/cell.ts'
import type { Dialect } from '../../src/transport/dialect.ts'
import type { Row } from '../../src/transport/rows.ts'
import type { AddressInfo } from 'node:net'

/** Of namespaces and ports, unlike those of other specs. */
const SLOT = 57

const NODE_COUNT = 4
/** The first four are not counted. */
const MESSAGE_COUNT = 8

/** The last has the library's own versions. */
const LIMITED: Member[] = [...(['1.0', '1.1', '1.2'] as const).map((protocolVersion) => ({ peer: 'rust', protocolVersion })), { peer: 'rust' }]

/** Cold: all of rust-libp2p on two processors. */
const BUILD_TIMEOUT_MS = 570_000

const START_TIMEOUT_MS = 10_000
const POLL_MS = 50

describe('rust-libp2p as a peer', function () {
  this.timeout(60_000)

  let programs: Programs
  let folder: string
  let aborter: AbortController

  before(async function () {
    this.timeout(BUILD_TIMEOUT_MS)

    if (findProgram('cargo') == null && process.env.CI !== 'true') {
      // eslint-disable-next-line no-console
      console.warn('There is no cargo: nothing of this peer is tested')
      this.skip()
    }

    programs = await rustPeer.build(() => {})
  })

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rust-peer-'))
    aborter = new AbortController()
  })

  afterEach(async () => {
    aborter.abort(new Error('The test is over'))
    await rm(folder, { recursive: true, force: true })
  })

  const program = (name: ProgramName): Program => programs[name] ?? expect.fail(`${name} is missing`)

  const start = (name: ProgramName, args: string[], env: Record<string, string> = {}, file: string = name): RunningProgram => RunningProgram.start(
    { ...program(name), args },
    { host: LOOPBACK, env, name: file, logs: folder, signal: aborter.signal }
  )

  it('says of which libraries it is', () => {
    expect(rustPeer.versions).to.match(/^rust-libp2p v0\.\d+\.\d+, libp2p-quic v0\.\d+\.\d+, libp2p-gossipsub v0\.\d+\.\d+$/)
  })

  describe('transport', () => {
    const dialects: Dialect[] = ['test-plans', 'unified']
    // it has no way to do these; the last is silent for 35 s: the runner has it
    const others = ['reset', 'reset-by-listener', 'keep-alive']
    const rows = ROWS.filter(({ name }) => !others.includes(name))

    const withItself = async (dialect: Dialect, row: Row): Promise<CellResult> => runTest(
      { dialer: 'rust', listener: 'rust', dialect, row },
      { profile: 'ci', programs: () => programs, logs: folder, seed: 0, slot: SLOT, signal: aborter.signal }
    )

    for (const dialect of dialects) {
      for (const row of [pingRow(dialect), ...rows]) {
        it(`does ${row.name} with itself over QUIC, as ${dialect} asks for it`, async () => {
          const { unsupported } = await withItself(dialect, row)

          expect(unsupported).to.equal(undefined)
        })
      }
    }

    it('answers one ping after another on one stream', async () => {
      const { transport } = await quicmeshPeer.build(() => {})
      const { figures } = await runTest(
        { dialer: 'quicmesh', listener: 'rust', dialect: 'test-plans', row: pingRow('test-plans') },
        { profile: 'ci', programs: (name) => name === 'rust' ? programs : { transport }, logs: folder, seed: 0, slot: SLOT, signal: aborter.signal }
      )

      expect(figures?.['RTT, ms']).to.be.above(0)
    })

    it('says why it does not reset a stream of QUIC', async () => {
      const row = ROWS.find(({ name }) => name === 'reset') ?? expect.fail('there is no such row')
      const { unsupported } = await withItself('test-plans', row)

      expect(unsupported).to.match(/^libp2p-quic has no way to reset a stream/)
    })

    describe('over TCP', () => {
      let redis: Redis

      beforeEach(async () => {
        redis = await startRedis({ host: LOOPBACK, logs: folder, signal: aborter.signal })
      })

      afterEach(async () => {
        await redis.stop()
      })

      const report = async (row: string): Promise<unknown> => {
        const environment = (isDialer: boolean): Record<string, string> => ({
          transport: 'tcp', security: 'noise', muxer: 'yamux', ip: '127.0.0.1', redis_addr: redis.address, is_dialer: String(isDialer), ROW: row
        })
        const listener = start('transport', [], environment(false), 'listener')
        const { code, report, lastWords } = await start('transport', [], environment(true), 'dialer').ended
        await listener.stop()

        expect(code, lastWords).to.equal(0)

        return JSON.parse(report)
      }

      it('resets a stream by dropping it, without a code, as yamux has none', async () => {
        expect(await report('reset')).to.deep.equal({
          row: 'reset', ok: true, sentCode: null, observed: { bytes: 1_024, ended: 'reset', code: null }
        })
      })

      it('sees that the listener has reset a stream', async () => {
        expect(await report('reset-by-listener')).to.deep.equal({ row: 'reset-by-listener', ok: true, bytes: 1_024, ended: 'reset', code: null })
      })

      it('opens 100 streams at once', async () => {
        expect(await report('streams')).to.deep.equal({ row: 'streams', ok: true, streams: 100 })
      })
    })

    const refused: Array<[what: string, env: Record<string, string>, lastWords: RegExp]> = [
      ['an unknown transport', { transport: 'tls', is_dialer: 'true' }, /^transport tls is not supported/],
      ['neither dialer nor listener', { TEST_KEY: 'a', TRANSPORT: 'quic-v1' }, /IS_DIALER/],
      ['an unknown row', { transport: 'quic-v1', is_dialer: 'true', ROW: 'dance' }, /^row dance is not known/],
      ['no Redis', { transport: 'quic-v1', is_dialer: 'true', redis_addr: '127.0.0.1:1', test_timeout_seconds: '0.3' }, /^not done after 300ms/]
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
        const server = start('perf', ['--run-server', '--server-address', address], {}, 'server')
        await untilSaid(server, transport === 'tcp' ? '/tcp/' : '/quic-v1')

        const { code, report, lastWords } = await start('perf', [
          '--server-address', address, '--transport', transport, '--upload-bytes', '3000001', '--download-bytes', '5000001'
        ]).ended
        expect(code, lastWords).to.equal(0)
        const final = JSON.parse(report.trim().split('\n').at(-1) ?? '')
        const ended = await stopped(server)

        expect(final).to.include({ type: 'final', uploadBytes: 3_000_001, downloadBytes: 5_000_001 })
        expect(final.timeSeconds).to.be.within(0.000_1, 50)
        expect(ended).to.deep.equal({ code: 0, report: '' })
      })
    }

    it('ends with exit code 1 when nobody is there', async () => {
      const { code, report, lastWords } = await start('perf', [
        '--server-address', `127.0.0.1:${await freePort()}`, '--transport', 'tcp', '--upload-bytes', '1', '--download-bytes', '1'
      ]).ended

      expect(code).to.equal(1)
      expect(report).to.equal('')
      expect(lastWords).to.match(/refused/)
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

    const meshes: Array<[what: string, members: Member[], transport: 'tcp' | 'quic-v1']> = [
      ['over TCP', Array.from({ length: NODE_COUNT }, () => ({ peer: 'rust' })), 'tcp'],
      ['over QUIC, of nodes of each version', LIMITED, 'quic-v1']
    ]

    for (const [what, members, transport] of meshes) {
      it(`delivers every message to every node ${what}, and logs copies`, async () => {
        const run = await mesh(members, transport)

        expect(run.faults).to.deep.equal([])
        expect(run.deliveries.map(({ id, latenciesMs }) => [id, [...latenciesMs.keys()].sort()])).to.deep.equal(
          Array.from({ length: MESSAGE_COUNT }, (_, id) => [String(id), otherNodes(id % NODE_COUNT)])
        )
        // the messages are too small for IDONTWANT, and each node forwards to whoever has not sent it the message
        expect(run.deliveries.reduce((sum, { copies }) => sum + copies, 0)).to.be.above(0)
      })
    }

    it('speaks no version beyond the one that it is limited to', async () => {
      const { faults } = await mesh(LIMITED, 'quic-v1')
      // what the last node hears of the others
      const log = await readFile(join(folder, 'hosts/node3/gossipsub.1000.stderr.log'), 'utf8')
      const spoken = [...log.matchAll(/ speaks gossipsub (.*)$/gm)].map(([, versions]) => versions.split(' ').sort().join(' ')).sort()

      expect(faults).to.deep.equal([])
      expect(spoken).to.deep.equal(['1.0.0', '1.0.0 1.1.0', '1.0.0 1.1.0 1.2.0'])
    })

    const refused: Array<[what: string, params: unknown, args: string[], lastWords: RegExp]> = [
      ['partial messages', { script: [{ type: 'addPartialMessage', topicID: 'a', groupID: 1, parts: 3 }] }, [], /partial messages are not supported$/],
      ['an unknown instruction', { script: [{ type: 'dance' }] }, [], /unknown variant `dance`/],
      ['an instruction before initGossipSub', { script: [{ type: 'subscribeToTopic', topicID: 'a' }] }, [], /initGossipSub comes first$/],
      ['an unknown transport', { script: [] }, ['--transport', 'udp'], /^transport udp is not supported/],
      ['an unknown version', { script: [] }, ['--protocol-version', '2.0'], /^protocol version 2\.0 is not known/]
    ]

    for (const [what, params, args, lastWords] of refused) {
      it(`ends with exit code 1 and the reason for ${what}`, async () => {
        const ending = await (await startScript(params, args)).ended

        expect(ending.code).to.equal(1)
        expect(ending.lastWords).to.match(lastWords)
      })
    }

    it('ends within a second of SIGTERM, with exit code 0', async () => {
      const node = await startScript({
        script: [{ type: 'initGossipSub', gossipSubParams: {} }, { type: 'waitUntil', elapsedSeconds: 50 }]
      }, ['--transport', 'quic-v1'])
      await node.untilOutput(/"msg":"PeerID","id":"12D3Koo\w+","node_id":7\}/, START_TIMEOUT_MS)

      expect((await stopped(node)).code).to.equal(0)
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

/** By SIGTERM, within the second that the contract has. */
async function stopped (program: RunningProgram): Promise<{ code: number | null, report: string }> {
  const startedAtMs = performance.now()
  const { code, report } = await program.stop()

  expect(performance.now() - startedAtMs).to.be.below(1_000)

  return { code, report }
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
