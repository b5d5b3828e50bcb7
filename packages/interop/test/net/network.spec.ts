import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'aegir/chai'
import { findProgram } from '../../src/net/find-program.ts'
import { LOOPBACK } from '../../src/net/host.ts'
import { leftOverNames, whyNoNamespaces } from '../../src/net/namespaces.ts'
import { facilities, withNetwork } from '../../src/net/network.ts'
import { raiseSocketBuffers } from '../../src/net/socket-buffers.ts'
import { RunningProgram } from '../../src/process/running-program.ts'
import type { Host } from '../../src/net/host.ts'
import type { Network } from '../../src/net/network.ts'

/** Answers one connection with who asked. */
const SERVER = `
  const server = require("node:net").createServer((socket) => { socket.end(socket.remoteAddress); server.close() })
  server.listen(0, process.env.ADDRESS, () => console.log("port " + server.address().port))
`

const CLIENT = `
  const socket = require("node:net").connect(Number(process.env.PORT), process.env.ADDRESS)
  socket.on("data", (data) => console.log(data.toString()))
`

const SLOT = 60

describe('a network of two hosts', () => {
  let logs: string
  let aborter: AbortController

  beforeEach(() => {
    logs = mkdtempSync(path.join(tmpdir(), 'quicmesh-net-'))
    aborter = new AbortController()
  })

  afterEach(() => {
    aborter.abort()
    rmSync(logs, { recursive: true, force: true })
  })

  function start (host: Host, name: string, script: string, env: Record<string, string> = {}): RunningProgram {
    return RunningProgram.start({ file: process.execPath, args: ['-e', script] }, { host, env, name, logs, signal: aborter.signal })
  }

  it('carries bytes from one to the other', async () => {
    await withNetwork({ slot: SLOT, signal: aborter.signal }, async ({ dialer, listener }) => {
      const server = start(listener, 'server', SERVER, { ADDRESS: listener.address })
      await server.untilOutput(/port \d+/, 10_000)
      const PORT = /port (\d+)/.exec(server.report)?.[1] ?? ''
      const { report } = await start(dialer, 'client', CLIENT, { ADDRESS: listener.address, PORT }).ended

      expect(report.trim()).to.equal(dialer.address)
      expect(await server.ended).to.include({ code: 0 })
    })
  })

  it('says why both hosts are this machine, or has addresses of its slot and is gone afterwards', async () => {
    const { whyLoopback, notices } = await facilities()
    let network: Network | undefined

    await withNetwork({ slot: SLOT, signal: aborter.signal }, async (open) => {
      network = open

      if (open.mode === 'namespaces') {
        expect(namespaces()).to.include.members([`qm${process.pid}-${SLOT}-a`, `qm${process.pid}-${SLOT}-b`])
      }
    })

    if (whyLoopback == null) {
      expect([network?.dialer.address, network?.listener.address]).to.deep.equal(['10.77.60.1', '10.77.60.2'])
      expect(namespaces().filter((name) => name.startsWith(`qm${process.pid}-`))).to.deep.equal([])
    } else {
      expect(network).to.deep.equal({ mode: 'loopback', dialer: LOOPBACK, listener: LOOPBACK })
      expect(notices[0]).to.include(whyLoopback)
    }
  })

  it('ends what runs in it when its body fails', async () => {
    let program: RunningProgram | undefined

    const failing = withNetwork({ slot: SLOT, signal: aborter.signal }, async ({ listener, mode }) => {
      program = start(listener, 'server', 'setInterval(() => {}, 1000); console.log("ready")')
      await program.untilOutput(/ready/, 10_000)

      throw new Error(`failed in ${mode}`)
    })

    await expect(failing).to.eventually.be.rejectedWith('failed in')
    expect(await program?.ended).to.include({ signal: 'SIGTERM' })
  })

  it('is gone when the cell is aborted, though its body still waits', async () => {
    const reason = new Error('the time is over')
    const waiting = withNetwork({ slot: SLOT, signal: aborter.signal }, async () => {
      aborter.abort(reason)
      await new Promise(() => {})
    })

    await expect(waiting).to.eventually.be.rejectedWith(reason.message)

    if (await whyNoNamespaces() == null) {
      expect(namespaces().filter((name) => name.includes(`-${SLOT}-`) && name.includes(`qm${process.pid}`))).to.deep.equal([])
    }
  })

  it('removes the namespaces of dead runs and no others', () => {
    const lines = ['qm11-0-a (id: 3)', 'qm11-0-b', 'qm12-1-a', 'other', 'xqm11-0-a', '']

    expect(leftOverNames(lines, (pid) => pid === 12)).to.deep.equal(['qm11-0-a', 'qm11-0-b'])
  })

  it('raises the sizes of socket buffers that are too small, and says when it can not', () => {
    const [small, large] = ['small', 'large'].map((name) => path.join(logs, name))
    writeFileSync(small, '212992\n')
    writeFileSync(large, '16777216\n')

    expect(raiseSocketBuffers([small, large])).to.deep.equal([])
    expect([small, large].map((file) => readFileSync(file, 'utf8'))).to.deep.equal(['8388608\n', '16777216\n'])
    expect(raiseSocketBuffers([path.join(logs, 'none')])[0]).to.include('ENOENT')
  })

  it('finds programs in the path and in the folders for root', () => {
    expect(findProgram(path.basename(process.execPath), path.dirname(process.execPath))).to.equal(process.execPath)
    expect(findProgram('/a/path')).to.equal('/a/path')
    expect(findProgram('no-such-program-here')).to.equal(undefined)
  })
})

function namespaces (): string[] {
  return execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).split('\n').map((line) => line.split(' ')[0])
}
