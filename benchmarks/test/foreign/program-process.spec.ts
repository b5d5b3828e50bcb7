import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect } from 'aegir/chai'
import { ProgramProcess } from '../../src/foreign/program-process.ts'
import { isRunning, untilGone } from './is-running.ts'

const PARENT = fileURLToPath(new URL('./fixtures/parent.ts', import.meta.url))

/** For programs to start, and to end, on a busy machine. */
const LIMIT_MS = 30_000

describe('a peer\'s program', function () {
  this.timeout(LIMIT_MS)

  const programs: ProgramProcess[] = []

  const run = (code: string, env: NodeJS.ProcessEnv = {}): ProgramProcess => {
    const program = new ProgramProcess({ file: process.execPath, args: ['--eval', code], env: { COLOUR: 'blue' } }, { args: [], env })
    programs.push(program)

    return program
  }

  afterEach(async () => { await Promise.all(programs.splice(0).map(async (program) => program.stop())) })

  it('ends with its report and its last words', async () => {
    const program = run('console.log("report"); console.error("first\\nlast"); process.exitCode = 4')

    expect(await program.ended).to.deep.equal({ how: 'code 4', report: 'report\n' })
    expect(program.lastWords).to.equal('last')
  })

  it('ends at once when it can not be started', async () => {
    const program = new ProgramProcess({ file: '/no/such/program', args: [] }, { args: [] })

    expect((await program.ended).how).to.include('ENOENT')
    expect(await program.stop()).to.have.property('report', '')
  })

  it('says what is waited for, each line once', async () => {
    const program = run('for (let i = 0; i < 3; i++) { console.error("noise"); console.error("line " + i) } setInterval(() => {}, 1000)')

    expect((await program.untilSaid(/line (\d)/, LIMIT_MS))[1]).to.equal('0')
    expect((await program.untilSaid(/line (\d)/, LIMIT_MS))[1]).to.equal('1')
    await expect(program.untilSaid(/line 1/, 100)).to.eventually.be.rejectedWith('No line like /line 1/ within 0.1 s: line 2')
  })

  it('has its own environment and that which it is given', async () => {
    expect(await run('console.log(process.env.COLOUR, process.env.SHAPE)', { SHAPE: 'round' }).ended).to.have.property('report', 'blue round\n')
  })

  it('is killed when it does not end by itself', async () => {
    const program = run('process.on("SIGTERM", () => {}); console.error("ready"); setInterval(() => {}, 1000)')
    await program.untilSaid(/ready/, LIMIT_MS)

    expect(await program.stop()).to.have.property('how', 'SIGKILL')
  })

  it('does not outlive the process that has started it', async () => {
    const parent = spawn(process.execPath, [PARENT], { stdio: ['ignore', 'pipe', 'inherit'] })

    try {
      const [pid] = await once(createInterface(parent.stdout), 'line')
      expect(isRunning(Number(pid))).to.equal(true)

      const ended = once(parent, 'exit')
      parent.kill('SIGTERM')
      expect(await ended).to.deep.equal([null, 'SIGTERM'])
      await untilGone(Number(pid))
    } finally {
      parent.kill('SIGKILL')
    }
  })
})
