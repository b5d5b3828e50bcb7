import { spawn } from 'node:child_process'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'aegir/chai'
import { pEvent } from 'p-event'
import type { ChildProcess } from 'node:child_process'

const PACKAGE_ROOT = process.cwd()

/** Source of a program that has `createLibp2p`, `quic` and a listening node. */
const LISTEN = `
  import { createLibp2p } from 'libp2p'
  import { quic } from '${pathToFileURL(join(PACKAGE_ROOT, 'src/index.ts'))}'
  const listener = await createLibp2p({ addresses: { listen: ['/ip4/127.0.0.1/udp/0/quic-v1'] }, transports: [quic()] })
`
const DIAL = `
  const dialer = await createLibp2p({ transports: [quic()] })
  const connection = await dialer.dial(listener.getMultiaddrs())
`

interface Result {
  code: number | null
  stdout: string
  stderr: string
}

function run (program: string, env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: PACKAGE_ROOT,
    env: { ...process.env, NODE_NO_WARNINGS: '1', NODE_OPTIONS: '', ...env }
  })
}

/** The outcome of a program, which is killed when it takes too long. */
async function outcome (program: string, env?: NodeJS.ProcessEnv): Promise<Result> {
  const child = run(program, env)
  const output = { stdout: '', stderr: '' }
  child.stdout?.on('data', chunk => { output.stdout += String(chunk) })
  child.stderr?.on('data', chunk => { output.stderr += String(chunk) })
  const timer = setTimeout(() => { child.kill('SIGKILL') }, 20_000)
  await pEvent(child, 'close')
  clearTimeout(timer)

  return { code: child.exitCode, ...output }
}

describe('lifecycle', function () {
  this.timeout(60_000)

  it('promise 21: a process exits by itself after its nodes have stopped', async () => {
    const { code, stderr } = await outcome(`${LISTEN}${DIAL}
      await dialer.stop()
      await listener.stop()
    `)

    expect(stderr).to.equal('')
    expect(code).to.equal(0)
  })

  it('a process with a node that listens stays', async () => {
    const child = run(`${LISTEN}
      console.info('listening')
    `)
    const [first] = await pEvent(child.stdout ?? child, 'data', { multiArgs: true })
    expect(String(first)).to.include('listening')

    const isGone = await pEvent(child, 'exit', { timeout: 1_000 }).then(() => true, () => false)
    expect(isGone).to.be.false()
    child.kill()
    await pEvent(child, 'close')
  })

  it('a process may exit with open connections and streams', async () => {
    const { code, stderr } = await outcome(`${LISTEN}${DIAL}
      await listener.handle('/test/1.0.0', () => {})
      const stream = await connection.newStream('/test/1.0.0')
      stream.send(new Uint8Array(1_000_000))
      process.exit(3)
    `)

    expect(stderr).to.equal('')
    expect(code).to.equal(3)
  })

  it('promise 7: a worker may be terminated amid traffic', async () => {
    const worker = `${LISTEN}${DIAL}
      import { parentPort } from 'node:worker_threads'
      await listener.handle('/test/1.0.0', async (stream) => { for await (const _ of stream) {} })
      const stream = await connection.newStream('/test/1.0.0')
      parentPort.postMessage('started')
      while (true) { if (!stream.send(new Uint8Array(65536))) { await stream.onDrain() } }
    `
    const { code, stdout, stderr } = await outcome(`
      import { Worker } from 'node:worker_threads'
      for (let i = 0; i < 3; i++) {
        const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(worker).replaceAll('from \'libp2p\'', `from '${import.meta.resolve('libp2p')}'`)})))
        await new Promise((resolve, reject) => { worker.once('message', resolve); worker.once('error', reject) })
        await new Promise(resolve => setTimeout(resolve, 100))
        await worker.terminate()
      }
      console.info('survived')
    `)

    expect(stderr).to.equal('')
    expect(stdout).to.include('survived')
    expect(code).to.equal(0)
  })

  describe('a missing native binding', () => {
    const program = `
      ${LISTEN.split('\n').slice(0, 3).join('\n')}
      await createLibp2p({ transports: [quic()] }).catch(err => {
        console.info(JSON.stringify({ name: err.name, code: err.code, message: err.message, platform: err.platform }))
      })
    `
    let folder: string

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'quic-transport-'))
    })

    afterEach(async () => {
      await rm(folder, { recursive: true })
    })

    it('is an error that says which platform, where, and how to build', async () => {
      const path = join(folder, 'nothing-here.node')
      const { code, stdout, stderr } = await outcome(program, { QUICMESH_QUIC_BINDING: path })
      expect(stderr).to.equal('')
      expect(code).to.equal(0)

      const error = JSON.parse(stdout)
      expect(error).to.include({ name: 'NativeBindingMissingError', code: 'ERR_NATIVE_BINDING_MISSING' })
      expect(error.platform).to.include(`${process.platform}-${process.arch}`)
      expect(error.message).to.include(path)
      expect(error.message).to.include(error.platform)
      expect(error.message).to.include('npm run build:native')
    })

    it('is the same error when the file can\'t be loaded', async () => {
      const path = join(folder, 'no-library.node')
      await copyFile(join(PACKAGE_ROOT, 'package.json'), path)
      const { stdout } = await outcome(program, { QUICMESH_QUIC_BINDING: path })

      expect(JSON.parse(stdout)).to.include({ name: 'NativeBindingMissingError', code: 'ERR_NATIVE_BINDING_MISSING' })
    })
  })
})
