import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { MissingToolchainError, PEERS } from '@quicmesh/interop/peers'
import { expect } from 'aegir/chai'
import { buildPrograms, versionsOf } from '../../src/foreign/peers.ts'
import { isRunning } from './is-running.ts'
import type { Step } from '../../src/turns.ts'
import type { Peer, Program } from '@quicmesh/interop/peers'

const BUILDER = fileURLToPath(new URL('./fixtures/builder.ts', import.meta.url))

/** For programs to start, and to end, on a busy machine. */
const LIMIT_MS = 30_000

const PERF: Program = { file: '/cache/perf', args: [] }

function peer (name: string, build: Peer['build'] = async () => ({ perf: PERF })): Peer {
  return { name, versions: `${name}-libp2p v1.2.3, ${name}-quic v4.5.6`, toolchain: 'node', programs: ['perf'], build }
}

describe('foreign peers', () => {
  it('builds what is needed, each once, and tells of it', async () => {
    const builds: string[] = []
    const steps: Step[] = []
    const build = (name: string): Peer => peer(name, async (onProgress) => {
      builds.push(name)
      onProgress('compiling')

      return { perf: PERF }
    })

    const { programs, leftOut, failures } = await buildPrograms([
      { contestant: 'a-b', peers: ['a', 'b'], program: 'perf' },
      { contestant: 'b-b', peers: ['b', 'b'], program: 'perf' }
    ], { peers: [build('a'), build('b'), build('unused')], onProgress: (step) => { steps.push(step) } })

    expect(builds).to.deep.equal(['a', 'b'])
    expect(steps.map(({ text }) => text)).to.deep.equal(['build a: compiling', 'build b: compiling'])
    expect([...programs]).to.deep.equal([['a-b', { a: PERF, b: PERF }], ['b-b', { b: PERF }]])
    expect([leftOut, failures]).to.deep.equal([[], []])
  })

  it('leaves out what nothing here can build, and fails what does not build', async () => {
    const noToolchain = peer('a', async () => { throw new MissingToolchainError('a needs its compiler') })
    const broken = peer('b', async () => { throw new Error('line 1') })

    const { programs, leftOut, failures } = await buildPrograms([
      { contestant: 'a-c', peers: ['a', 'c'], program: 'perf' },
      { contestant: 'a-b', peers: ['a', 'b'], program: 'perf' },
      { contestant: 'c-c', peers: ['c'], program: 'perf' },
      { contestant: 'c', peers: ['c'], program: 'gossipsub' }
    ], { peers: [noToolchain, broken, peer('c')] })

    expect([...programs.keys()]).to.deep.equal(['c-c'])
    expect(leftOut).to.deep.equal([{ contestant: 'a-c', reason: 'a needs its compiler' }])
    expect(failures).to.deep.equal([
      { contestant: 'a-b', during: 'build', error: 'b does not build: line 1' },
      { contestant: 'c', during: 'build', error: 'c has no program gossipsub' }
    ])
  })

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`ends a build with the process, by ${signal}`, async function () {
      this.timeout(LIMIT_MS)
      const builder = spawn(process.execPath, [BUILDER], { stdio: ['ignore', 'pipe', 'inherit'] })

      try {
        const [pid] = await once(createInterface(builder.stdout), 'line')
        expect(isRunning(Number(pid))).to.equal(true)

        const ended = once(builder, 'exit')
        builder.kill(signal)
        expect(await ended).to.deep.equal([null, signal])
        expect(isRunning(Number(pid))).to.equal(false)
      } finally {
        builder.kill('SIGKILL')
      }
    })
  }

  it('names the libraries of peers with their versions', () => {
    expect(versionsOf(['a'], [peer('a'), peer('b')])).to.deep.equal({ 'a-libp2p': '1.2.3', 'a-quic': '4.5.6' })

    const versions = versionsOf(['quicmesh', 'go', 'rust', 'chainsafe'])

    expect(versions).to.include.keys('@quicmesh/quic-transport', 'go-libp2p', 'rust-libp2p', '@chainsafe/libp2p-quic')
    expect(PEERS.map(({ name }) => name)).to.include.members(['quicmesh', 'go', 'rust', 'chainsafe'])
    Object.values(versions).forEach((version) => { expect(version).to.match(/^\d+\.\d+/) })
  })
})
