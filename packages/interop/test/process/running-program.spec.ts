import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'aegir/chai'
import { LOOPBACK } from '../../src/net/host.ts'
import { RunningProgram, describeEnding } from '../../src/process/running-program.ts'
import type { ProgramOptions } from '../../src/process/running-program.ts'

describe('a program under control', () => {
  let logs: string
  let aborter: AbortController

  beforeEach(() => {
    logs = mkdtempSync(path.join(tmpdir(), 'quicmesh-process-'))
    aborter = new AbortController()
  })

  afterEach(() => {
    aborter.abort()
    rmSync(logs, { recursive: true, force: true })
  })

  function start (script: string, options: Partial<ProgramOptions> = {}): RunningProgram {
    return RunningProgram.start({ file: process.execPath, args: ['-e', script] }, {
      host: LOOPBACK, env: {}, name: 'peer', logs, signal: aborter.signal, ...options
    })
  }

  it('has its standard output as the report, its standard error in a file, and its exit code', async () => {
    const ending = await start('console.log("the report"); console.error("a word\\nthe last word"); process.exitCode = 3').ended

    expect(ending).to.deep.equal({ code: 3, signal: null, report: 'the report\n', lastWords: 'the last word', error: undefined })
    expect(readFileSync(path.join(logs, 'peer.stderr.log'), 'utf8')).to.equal('a word\nthe last word\n')
    expect(readFileSync(path.join(logs, 'peer.stdout'), 'utf8')).to.equal('the report\n')
    expect(describeEnding(ending)).to.equal('exit code 3: the last word')
  })

  it('has exactly the environment that it was given', async () => {
    const program = { file: process.execPath, args: ['-e', 'console.log(JSON.stringify(process.env))'], env: { A: 'program', B: 'program' } }
    const { report } = await RunningProgram.start(program, {
      host: LOOPBACK, env: { B: 'cell' }, name: 'peer', logs, signal: aborter.signal
    }).ended

    expect(JSON.parse(report)).to.deep.equal({ A: 'program', B: 'cell' })
  })

  it('ends by SIGTERM when it is stopped', async () => {
    const program = start('process.on("SIGTERM", () => process.exit(0)); setInterval(() => {}, 1000); console.log("ready")')
    await program.untilOutput(/ready/, 10_000)

    expect(await program.stop()).to.include({ code: 0, signal: null })
    expect(await program.stop(), 'stopped twice').to.include({ code: 0 })
  })

  it('is killed when it does not end by SIGTERM', async () => {
    const program = start('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("ready")', { termTimeoutMs: 100 })
    await program.untilOutput(/ready/, 10_000)

    expect(await program.stop()).to.include({ code: null, signal: 'SIGKILL' })
  })

  it('ends when the cell is aborted', async () => {
    const program = start('setInterval(() => {}, 1000); console.log("ready")')
    await program.untilOutput(/ready/, 10_000)
    aborter.abort()

    expect(await program.ended).to.include({ signal: 'SIGTERM' })
    expect(() => start('')).to.throw()
  })

  it('takes what it started with it', async () => {
    const child = 'setInterval(() => {}, 1000)'
    const { report } = await start(`
      const child = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}], { stdio: "inherit" })
      child.on("spawn", () => { console.log(child.pid); process.exit() })
    `).ended
    const pid = Number(report)
    expect(pid).to.be.above(0)
    await expect(untilGone(pid)).to.eventually.equal(true)
  })

  it('is ended when it reports too much', async () => {
    const ending = await start('setInterval(() => console.log("x".repeat(1000)), 1)', { reportLimitBytes: 10_000 }).ended

    expect(ending.signal).to.equal('SIGKILL')
    expect(ending.error?.message).to.equal('peer reported more than 10000 bytes')
    expect(ending.report.length).to.be.at.most(10_000)
  })

  it('tells when it could not be started', async () => {
    const ending = await RunningProgram.start({ file: '/does/not/exist', args: [] }, {
      host: LOOPBACK, env: {}, name: 'peer', logs, signal: aborter.signal
    }).ended

    expect(ending.error).to.have.property('code', 'ENOENT')
    expect(describeEnding(ending)).to.include('ENOENT')
  })

  it('fails what waits for its output when it ends or is too slow', async () => {
    await expect(start('console.error("no such transport")').untilOutput(/ready/, 10_000)).to.eventually.be.rejectedWith('peer ended (exit code 0: no such transport) before')
    await expect(start('setInterval(() => {}, 1000)').untilOutput(/ready/, 50)).to.eventually.be.rejectedWith('within 50 ms')
  })
})

async function untilGone (pid: number): Promise<boolean> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (!isThere(pid)) {
      return true
    }

    await delay(20)
  }

  return false
}

function isThere (pid: number): boolean {
  // a zombie that nobody has waited for is gone, too
  if (existsSync(`/proc/${pid}/stat`)) {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  }

  try {
    process.kill(pid, 0)

    return true
  } catch {
    return false
  }
}
