import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'aegir/chai'
import { runCommand } from '../task/command.mjs'

describe('command', () => {
  /** @type {string} */
  let folder

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'quicmesh-command-'))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  /**
   * @param {string} script
   * @param {Partial<import('../task/command.mjs').Command>} [init]
   */
  async function sh (script, init) {
    return runCommand({ file: 'sh', args: ['-c', script], cwd: folder, logFile: path.join(folder, 'logs/log'), ...init })
  }

  it('gives each line, the last without a newline too, and logs everything', async () => {
    /** @type {string[]} */
    const lines = []
    const outcome = await sh('printf "a\\nb\\n"; printf c >&2', { onLine: line => lines.push(line) })

    expect(outcome).to.deep.include({ ok: true, reason: '' })
    expect(lines).to.have.members(['a', 'b', 'c'])
    expect(outcome.tail).to.deep.equal(lines)
    expect(readFileSync(path.join(folder, 'logs/log'), 'utf8')).to.have.lengthOf(5)
  })

  it('tells why it failed', async () => {
    expect(await sh('exit 3')).to.include({ ok: false, reason: 'exit code 3' })
    expect(await sh('kill -KILL $$')).to.include({ ok: false, reason: 'ended by SIGKILL' })
    expect(await sh('', { file: '/does/not/exist' })).to.have.property('reason').that.includes('could not be run')
  })

  it('has no standard input to wait for', async () => {
    expect(await sh('cat')).to.include({ ok: true })
  })

  it('ends the whole process group when the time is over', async () => {
    const outcome = await sh('sleep 60 & echo $!; wait', { timeoutMs: 200 })
    const pid = Number(outcome.tail[0])

    expect(outcome).to.include({ ok: false, reason: 'took longer than 0.2 s' })
    expect(pid).to.be.above(0)
    await ended(pid)
  })

  it('gives a command the time that it asks for to tidy up, although what started it has ended', async () => {
    // the shell between ends at once, as npm does
    const script = '(trap "sleep 0.4; echo tidy; exit" TERM; echo ready; while :; do sleep 0.05; done) & wait'
    const outcome = await sh(script, { timeoutMs: 300, killDelayMs: 10_000 })

    expect(outcome).to.include({ ok: false, reason: 'took longer than 0.3 s' })
    expect(outcome.tail).to.include('tidy')
    expect((await sh(script, { timeoutMs: 300, killDelayMs: 100 })).tail).to.include('ready').and.not.include('tidy')
  })

  it('ends a command that stays after it was done', async () => {
    let isOver = false
    const outcome = await sh('echo "1 passing"; sleep 60', { onLine: () => { isOver = true }, isOver: () => isOver, lingerMs: 100 })

    expect(outcome.reason).to.include('did not end within 0.1 s')
  })

  it('ends what a command leaves behind', async () => {
    const outcome = await sh('sleep 60 >/dev/null 2>&1 & echo $!')

    expect(outcome).to.include({ ok: true })
    expect(Number(outcome.tail[0])).to.be.above(0)
    await ended(Number(outcome.tail[0]))
  })
})

/**
 * Returns when a process has ended; whether somebody has asked for its exit code does not matter.
 *
 * @param {number} pid
 */
async function ended (pid) {
  while (isRunning(pid)) {
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/**
 * @param {number} pid
 */
function isRunning (pid) {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }

  try {
    return !/\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return process.platform !== 'linux'
  }
}
