import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect } from 'aegir/chai'
import { BASELINE_FILE, formatBaseline, parseBaseline } from '../../src/guard/baseline.ts'
import { GUARDED } from '../../src/guard/guarded.ts'
import { PLATFORM } from '../../src/guard/surroundings.ts'
import { versionsOf } from '../../src/guard/yardsticks.ts'
import { committed } from './committed.ts'
import type { CommittedRatio } from '../../src/guard/baseline.ts'

const COMMAND = fileURLToPath(new URL('../../src/guard/bench-guard.ts', import.meta.url))

const TIMEOUT_MS = 50_000

/** Calls and frames, which no machine is too slow for: the same in every round. */
const NAME = 'subscribe'
const RATIO = 64

describe('bench:guard', () => {
  let folder: string
  let file: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bench-guard-'))
    file = join(folder, 'guard.json')
  })

  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  it('exits with 0 when the ratio is what was committed', async () => {
    await commit({ ratio: RATIO })
    const { code, stdout, stderr } = await guard('--rounds', '3')

    expect(code, stderr).to.equal(0)
    expect(stdout).to.include('yardstick libp2p-17: @libp2p/gossipsub 17.')
      .and.match(/✔ subscribe {2}64\.0 \[64\.0 to 64\.0\], \+0 %; committed 64\.0/)
    expect(stdout.endsWith('\n1 passed, 0 failed\n')).to.equal(true)
  })

  it('exits with 1 when it is more than 25 % below, after three tries', async () => {
    await commit({ ratio: RATIO * 1.4 })
    const { code, stdout } = await guard('--rounds', '1')

    expect(code).to.equal(1)
    expect(stdout).to.include('try 2 of 3: subscribe looked fallen or could not be measured').and.include('try 3 of 3').and.include('subscribe has FALLEN: 64.0 [64.0 to 64.0] of 3 rounds, -29 % of the committed 89.6')
    expect(stdout.endsWith('\n0 passed, 1 failed\n')).to.equal(true)
  })

  it('exits with 1 before it measures when the yardstick is of another version', async () => {
    await commit({ ratio: RATIO, versions: { '@libp2p/gossipsub': '16.0.0' } })
    const { code, stdout, stderr } = await guard()

    expect(code).to.equal(1)
    expect(stdout).to.equal('')
    expect(stderr).to.match(/subscribe is not the one .*: @libp2p\/gossipsub 17\.\d+\.\d+ instead of 16\.0\.0/).and.include('--update --only subscribe')
  })

  it('exits with 1 before it measures when the value is of another system or length of a round', async () => {
    await commit({ ratio: RATIO, platform: 'abacus', work: { topics: 1, peers: 100 } })
    const { code, stdout, stderr } = await guard()

    expect(code).to.equal(1)
    expect(stdout).to.equal('')
    expect(stderr).to.include(`subscribe was committed on abacus, this is ${PLATFORM}`).and.include('topics 64 instead of 1')
  })

  it('shows in a box with which Node.js a value was committed when that was another one', async () => {
    await commit({ ratio: RATIO, node: 'v0.1.0' })
    const { stdout } = await guard('--rounds', '1')

    expect(stdout).to.include(`\n║ NOTE: values of the guard were committed with Node.js v0.1.0, this is ${process.version}. `)
  })

  it('exits with 1 when nothing is committed', async () => {
    const { code, stderr } = await guard()

    expect(code).to.equal(1)
    expect(stderr).to.include('guard.json').and.include('ENOENT')
  })

  it('exits with 2 for a wrong option', async () => {
    const { code, stderr } = await guard('--speed')

    expect(code).to.equal(2)
    expect(stderr).to.include('--speed').and.include('Usage: npm run bench:guard --')
  })

  it('commits what it has measured, and leaves the other values as they are', async () => {
    const other = committed()
    await commit({ ratio: 5 }, { 'upload-cpu': other })
    const { code, stdout, stderr } = await guard('--rounds', '1', '--update')
    const baseline = parseBaseline(await readFile(file, 'utf-8'))

    expect(code, stderr).to.equal(0)
    expect(stdout).to.include('subscribe: 64.0, the lowest of 64.0, 64.0, 64.0; it was 5.00\n')
    expect(baseline.get('upload-cpu')).to.deep.equal(other)
    expect(baseline.get(NAME)).to.deep.include({ ratio: RATIO, medians: [RATIO, RATIO, RATIO], rounds: 1, work: { topics: 64, peers: 100 }, platform: PLATFORM, yardstick: 'libp2p-17', node: process.version })
    expect(baseline.get(NAME)?.versions).to.deep.equal((await versionsOf(['libp2p-17'])).get('libp2p-17'))
    expect(Date.parse(baseline.get(NAME)?.date ?? '')).to.be.within(Date.now() - TIMEOUT_MS, Date.now())
  })

  it('exits with 1 before it measures what the repository shall hold when the checkout has changes', async () => {
    const before = await readFile(BASELINE_FILE, 'utf-8')
    const { code, stdout, stderr } = await run(await changedCheckout(folder), ['--update', '--baseline', BASELINE_FILE])

    expect(code).to.equal(1)
    expect(stdout).to.equal('')
    expect(stderr).to.include('changes that are not committed').and.include('--baseline FILE')
    expect(await readFile(BASELINE_FILE, 'utf-8')).to.equal(before)
  })

  async function commit (changes: Partial<CommittedRatio>, others: Record<string, CommittedRatio> = {}): Promise<void> {
    const versions = (await versionsOf(['libp2p-17'])).get('libp2p-17')
    const work = GUARDED.find(({ name }) => name === NAME)?.work
    await writeFile(file, formatBaseline(new Map([[NAME, committed({ yardstick: 'libp2p-17', versions, work, platform: PLATFORM, ...changes })], ...Object.entries(others)])))
  }

  async function guard (...args: string[]): Promise<Ended> {
    return run(process.env, ['--baseline', file, ...args])
  }
})

interface Ended {
  code: number
  stdout: string
  stderr: string
}

async function run (env: NodeJS.ProcessEnv, args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [COMMAND, '--only', NAME, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT_MS })
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])

  return { code, stdout, stderr }
}

/** The environment in which git sees a checkout with a change, made in the folder. */
async function changedCheckout (folder: string): Promise<NodeJS.ProcessEnv> {
  const env = { ...process.env, GIT_DIR: join(folder, '.git'), GIT_WORK_TREE: folder }
  const changed = join(folder, 'changed.txt')
  await writeFile(changed, 'before')

  for (const args of [['init'], ['add', changed], ['-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '-m', 'before']]) {
    execFileSync('git', args, { env, cwd: folder, stdio: 'ignore' })
  }

  await writeFile(changed, 'after, and longer')

  return env
}
