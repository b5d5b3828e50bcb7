import { setTimeout } from 'node:timers/promises'
import { expect } from 'aegir/chai'
import { runBuild } from '../../src/peers/run-build.ts'

describe('a program that builds', () => {
  const sh = async (script: string, signal?: AbortSignal, onProgress: (line: string) => void = () => {}): Promise<void> => (
    runBuild({ file: 'sh', args: ['-c', script], env: { PATH: process.env.PATH, WORD: 'built' }, signal }, onProgress)
  )

  it('is told of line by line, of both its outputs, in the environment that it is given', async () => {
    const lines: string[] = []
    await sh('echo $WORD; echo warning >&2', undefined, (line) => { lines.push(line) })

    expect(lines).to.have.members(['built', 'warning'])
  })

  it('fails with its last lines', async () => {
    await expect(sh('seq 30; exit 3')).to.eventually.be.rejectedWith(/ended with code 3: 11\n12\n[^]*\n30$/)
    await expect(sh('kill -KILL $$')).to.eventually.be.rejectedWith('ended by SIGKILL')
    await expect(runBuild({ file: '/does/not/exist', args: [] }, () => {})).to.eventually.be.rejectedWith('ENOENT')
  })

  it('is ended with the run, and not begun after it', async () => {
    const ending = new AbortController()
    const startedAtMs = performance.now()
    const building = sh('exec sleep 30', ending.signal)
    await setTimeout(50)
    ending.abort(new Error('Ended by SIGTERM'))

    await expect(building).to.eventually.be.rejectedWith('Ended by SIGTERM')
    expect(performance.now() - startedAtMs).to.be.below(10_000)
    await expect(sh('true', ending.signal)).to.eventually.be.rejectedWith('Ended by SIGTERM')
  })
})
