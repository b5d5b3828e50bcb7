import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'aegir/chai'
import { containerImage } from '../../src/container/image.ts'
import { containerCells } from '../../src/container/plan.ts'
import { runContainerTest } from '../../src/container/run-container-test.ts'
import { LOOPBACK } from '../../src/net/host.ts'
import { RunningProgram } from '../../src/process/running-program.ts'
import type { Image } from '../../src/container/image.ts'
import type { Cell, CellContext, CellResult } from '../../src/runner/cell.ts'

const PEER = fileURLToPath(new URL('../fixtures/transport-peer.ts', import.meta.url))

const REPORT = '{"handshakePlusOneRTTMillis":12,"pingRTTMilllis":1}\n'

/** Of namespaces and ports, unlike those of other specs. */
const SLOT = 57

/** Packages from a registry, where nothing is in the cache. */
const MAKE_TIMEOUT_MS = 240_000

describe('contract of the container', function () {
  this.timeout(60_000)

  let logs: string
  let context: CellContext

  beforeEach(() => {
    logs = mkdtempSync(path.join(tmpdir(), 'quicmesh-container-'))
    context = { profile: 'ci', programs: () => ({}), logs, seed: 5, signal: AbortSignal.timeout(50_000), slot: SLOT }
  })

  afterEach(() => {
    rmSync(logs, { recursive: true, force: true })
  })

  const run = async (cell: Cell): Promise<CellResult> => cell.run(context)

  const expectBroken = async (image: Image, message: string): Promise<void> => {
    const err = await runContainerTest('test-plans', context, async () => image).catch((err) => err)

    for (const text of [message, 'dialer.stderr.log', 'qlog/', path.basename(logs)]) {
      expect(err).to.have.property('message').that.includes(text)
    }
  }

  describe('of ours', () => {
    let image: Image

    before(async function () {
      this.timeout(MAKE_TIMEOUT_MS)
      image = await containerImage()
    })

    for (const cell of containerCells()) {
      it(`is kept: ${cell.id}`, async () => {
        const { figures, unsupported } = await run(cell)

        expect(unsupported).to.equal(undefined)
        expect(figures).to.have.all.keys('handshake + RTT, ms', 'RTT, ms', 'SIGTERM to end, ms')
      })
    }

    it('has the transport and the addon of this platform from tarballs, and nothing of the repository', () => {
      const modules = path.join(image.program.cwd ?? '', 'node_modules')
      const ours = readdirSync(path.join(modules, '@quicmesh'))

      expect(ours).to.have.lengthOf(2)
      expect(ours[0]).to.equal('quic-transport')
      expect(ours[1]).to.match(new RegExp(`^quic-transport-${process.platform}-${process.arch}`))
      expect(ours.map((name) => realpathSync(path.join(modules, '@quicmesh', name)))).to.deep.equal(ours.map((name) => path.join(realpathSync(modules), '@quicmesh', name)))
      expect(existsSync(path.join(modules, '@chainsafe/libp2p-quic'))).to.be.false()
      expect(existsSync(path.join(modules, 'aegir'))).to.be.false()
    })

    it('ends with exit code 1 and the reason when it is told nothing', async () => {
      const ending = await RunningProgram.start(image.program, { host: LOOPBACK, env: { PATH: image.path }, name: 'untold', logs, signal: context.signal }).ended

      expect([ending.code, ending.report]).to.deep.equal([1, ''])
      expect(ending.lastWords).to.equal('EnvironmentError: transport is missing')
    })
  })

  describe('of others', () => {
    const broken = (report: string, fault: string, options: string[] = []): Image => ({
      program: { file: process.execPath, args: [...options, PEER, report, fault] }, path: ''
    })

    it('is kept by one that does what it must', async () => {
      const { figures } = await runContainerTest('test-plans', context, async () => broken(REPORT, ''))

      expect(figures).to.include({ 'handshake + RTT, ms': 12, 'RTT, ms': 1 })
    })

    const slowExit = 'data:text/javascript,const exit = process.exit; process.exit = (code) => { setTimeout(exit, 3200, code) }'
    const faults: Array<[what: string, image: Image, message: string]> = [
      ['fails as a dialer', broken(REPORT, 'dialer-fails'), 'The dialer failed: exit code 1: no such transport'],
      ['says more than its report', broken(`${REPORT}done\n`, ''), 'Not one line of JSON'],
      ['writes as a listener', broken(REPORT, 'listener-talks'), 'A listener has nothing to report'],
      ['leaves an address that nobody can dial', broken(REPORT, 'wildcard-address'), 'The listener must leave /ip4/'],
      ['ends badly by SIGTERM', broken(REPORT, 'ends-badly'), 'The listener must end with 0 by SIGTERM: exit code 7'],
      ['takes its time to end', broken(REPORT, '', ['--import', slowExit]), 'The listener must end within 3000 ms of SIGTERM']
    ]

    for (const [what, image, message] of faults) {
      it(`is broken by one that ${what}`, async () => {
        await expectBroken(image, message)
      })
    }
  })
})
