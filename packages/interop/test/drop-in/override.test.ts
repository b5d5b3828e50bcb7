/**
 * An application whose dependency asks for `@libp2p/gossipsub`, and one line of `overrides` in its manifest. By itself (`npm run test:override`),
 * because it installs from the registry or from npm's cache.
 */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'aegir/chai'
import { implementations } from './implementations.ts'
import { scenarios } from './scenarios/index.ts'

const HERE = import.meta.dirname
const PACKAGE = path.resolve(HERE, '../../../gossipsub')
const INSTALL_TIMEOUT_MS = 240_000
const RUN_TIMEOUT_MS = 60_000

const run = promisify(execFile)

describe('drop-in: an npm override', function () {
  this.timeout(RUN_TIMEOUT_MS)

  let folder: string

  before(async function () {
    this.timeout(INSTALL_TIMEOUT_MS)
    folder = mkdtempSync(path.join(tmpdir(), 'quicmesh-override-'))
    const { stdout } = await run('npm', ['pack', '--json', '--loglevel=error', '--pack-destination', folder], { cwd: PACKAGE, env: environment() })
    writeProject(folder, path.join(folder, packedName(stdout)))
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder, env: environment() })
  })

  after(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('puts ours under the name of the other', () => {
    expect(manifest(path.join(folder, 'node_modules/@libp2p/gossipsub')).name).to.equal('@quicmesh/gossipsub')
  })

  it('runs the whole script under that name, with the results of ours', async () => {
    const { stdout } = await run(process.execPath, ['override-program.ts'], { cwd: folder, env: environment(), timeout: RUN_TIMEOUT_MS })
    const expected: Record<string, unknown> = {}

    for (const [name, scenario] of Object.entries(scenarios)) {
      expected[name] = await scenario(implementations.quicmesh)
    }

    expect(JSON.parse(stdout)).to.deep.equal(JSON.parse(JSON.stringify(expected)))
  })
})

/** The application, the dependency that asks for the rival, and the script. */
function writeProject (folder: string, tarball: string): void {
  const { devDependencies } = manifest(path.resolve(HERE, '../..'))
  const versions = (names: string[]): Record<string, string> => Object.fromEntries(names.map(name => [name, devDependencies[name]]))

  mkdirSync(path.join(folder, 'dependency'))
  writeFileSync(path.join(folder, 'dependency/package.json'), JSON.stringify({
    name: 'dependency',
    version: '1.0.0',
    dependencies: versions(['@libp2p/gossipsub'])
  }))
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({
    private: true,
    type: 'module',
    dependencies: {
      dependency: 'file:./dependency',
      ...versions(['@chainsafe/libp2p-noise', '@chainsafe/libp2p-yamux', '@libp2p/identify', '@libp2p/tcp', 'libp2p'])
    },
    overrides: { '@libp2p/gossipsub': `file:${tarball}` }
  }))

  for (const name of ['nodes.ts', 'override-program.ts', 'recording-register.ts', 'scenarios']) {
    cpSync(path.join(HERE, name), path.join(folder, name), { recursive: true })
  }
}

function manifest (folder: string): { name: string, devDependencies: Record<string, string> } {
  return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
}

/** Older versions of npm say it in a list, newer ones by package name. */
function packedName (output: string): string {
  const packed: Record<string, { filename: string }> = JSON.parse(output)

  return Object.values(packed)[0].filename
}

/** Without what npm and the test runner tell their children, but with where npm finds packages. */
function environment (): NodeJS.ProcessEnv {
  const { NODE_OPTIONS, NODE_ENV, ...env } = process.env

  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_(?:config_(?!registry|userconfig|globalconfig|cache|cafile)|lifecycle|package)/i.test(name)))
}
