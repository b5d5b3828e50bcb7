/**
 * An application whose dependency asks for `@libp2p/gossipsub`, and one line of `overrides` in its manifest. By itself (`npm run test:override`),
 * because it installs from the registry or from npm's cache.
 */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'aegir/chai'
import { Application, INSTALL_TIMEOUT_MS, readManifest, RUN_TIMEOUT_MS } from './application.ts'
import { implementations } from './implementations.ts'
import { scenarios } from './scenarios/index.ts'

const HERE = import.meta.dirname

describe('drop-in: an npm override', function () {
  this.timeout(RUN_TIMEOUT_MS)

  let application: Application

  before(async function () {
    this.timeout(INSTALL_TIMEOUT_MS)
    application = new Application()
    await install(application)
  })

  after(() => { application.remove() })

  it('puts ours under the name of the other', () => {
    expect(application.gossipsub).to.equal('@quicmesh/gossipsub')
  })

  it('runs the whole script under that name, with the results of ours', async () => {
    const output = await application.execute('override-program.ts')
    const expected: Record<string, unknown> = {}

    for (const [name, scenario] of Object.entries(scenarios)) {
      expected[name] = await scenario(implementations.quicmesh)
    }

    expect(JSON.parse(output)).to.deep.equal(JSON.parse(JSON.stringify(expected)))
  })
})

/** The application, the dependency that asks for the rival, and the script. */
async function install (application: Application): Promise<void> {
  const { folder } = application
  const { devDependencies } = readManifest(path.resolve(HERE, '../..'))
  const versions = (names: string[]): Record<string, string> => Object.fromEntries(names.map(name => [name, devDependencies[name]]))

  mkdirSync(path.join(folder, 'dependency'))
  writeFileSync(path.join(folder, 'dependency/package.json'), JSON.stringify({
    name: 'dependency',
    version: '1.0.0',
    dependencies: versions(['@libp2p/gossipsub'])
  }))

  for (const name of ['nodes.ts', 'override-program.ts', 'recording-register.ts', 'scenarios']) {
    cpSync(path.join(HERE, name), path.join(folder, name), { recursive: true })
  }

  await application.install({
    dependency: 'file:./dependency',
    ...versions(['@chainsafe/libp2p-noise', '@chainsafe/libp2p-yamux', '@libp2p/identify', '@libp2p/tcp', 'libp2p'])
  })
}
