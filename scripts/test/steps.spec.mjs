import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'aegir/chai'
import { cargoWorkspaces } from '../check/cargo-workspaces.mjs'
import { checkSteps } from '../check/steps.mjs'
import { setupSteps, workspaceFolders } from '../setup/steps.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** A build from nothing takes minutes on two processors that others use too. */
const MIN_BUILD_TIMEOUT_MS = 15 * 60_000

describe('steps', () => {
  describe('of cargo', () => {
    /** @type {string} */
    let root

    beforeEach(() => {
      root = mkdtempSync(path.join(tmpdir(), 'quicmesh-steps-'))
    })

    afterEach(() => {
      rmSync(root, { recursive: true, force: true })
    })

    /**
     * @param {string} folder
     * @param {string} text
     */
    function manifest (folder, text) {
      mkdirSync(path.join(root, folder), { recursive: true })
      writeFileSync(path.join(root, folder, 'Cargo.toml'), text)
    }

    /**
     * @param {NodeJS.Platform} platform
     */
    function cargoNames (platform) {
      return checkSteps(ROOT, platform).map(({ name }) => name).filter(name => name.startsWith('cargo '))
    }

    it('find every workspace, those inside of others too, and nothing that was built or fetched', () => {
      manifest('b/native', '[workspace]\nmembers = ["core"]\n')
      manifest('b/native/core', '[package]\nname = "core"\n')
      manifest('b/native/core/fuzz', '[package]\nname = "fuzz"\n\n[workspace]\n')
      manifest('a', '[workspace]\n')
      manifest('a/target/package', '[workspace]\n')
      manifest('a/node_modules/x', '[workspace]\n')
      manifest('elsewhere', '[workspace]\n')

      expect(cargoWorkspaces(root, ['b', 'a'])).to.deep.equal(['a', 'b/native', 'b/native/core/fuzz'])
    })

    it('check the form and the lints of each workspace of the project', () => {
      const names = checkSteps(ROOT, 'linux').map(({ name }) => name)
      const folders = cargoWorkspaces(ROOT, workspaceFolders(ROOT))

      expect(folders).to.include('packages/quic-transport/native')
      expect(names).to.include.members(folders.flatMap(folder => [`cargo fmt ${folder}`, `cargo clippy ${folder}`]))
    })

    it('leave out what compiles on another system only', () => {
      const without = cargoNames('darwin')
      const names = cargoNames('linux')

      expect(names.filter(name => !without.includes(name))).to.have.members(['fmt', 'clippy', 'test'].map(check => `cargo ${check} packages/interop/netsim`))
    })

    it('build what the lock file says, one at a time, with time to do so', () => {
      const steps = checkSteps(ROOT).filter(({ name }) => /^cargo (?:clippy|test) /.test(name))

      expect(steps).to.not.be.empty()

      for (const { name, args, lane, timeoutMs } of steps) {
        expect(args, name).to.include('--locked')
        expect(lane, name).to.equal('cargo')
        expect(timeoutMs, name).to.be.at.least(MIN_BUILD_TIMEOUT_MS)
      }
    })
  })

  it('of the guard measure alone, last, and where its values were committed', () => {
    const { ratios } = JSON.parse(readFileSync(path.join(ROOT, 'benchmarks/guard.json'), 'utf8'))
    const last = checkSteps(ROOT, 'linux', 'x64').at(-1)

    expect(last).to.include({ name: 'bench:guard benchmarks', harness: 'guard', isAlone: true })
    expect(new Set(Object.values(ratios).map(({ platform }) => platform))).to.deep.equal(new Set(['linux x64']))

    for (const [platform, arch] of /** @type {Array<[NodeJS.Platform, NodeJS.Architecture]>} */ ([['darwin', 'x64'], ['linux', 'arm64']])) {
      expect(checkSteps(ROOT, platform, arch).some(({ harness }) => harness === 'guard'), `${platform} ${arch}`).to.equal(false)
    }
  })

  it('of cells have time to end them in order', () => {
    const steps = checkSteps(ROOT).filter(({ harness }) => harness === 'interop')

    expect(steps).to.not.be.empty()
    expect(steps.every(({ killDelayMs = 0 }) => killDelayMs >= 20_000)).to.equal(true)
  })

  it('of the setup build the addon anew when one of its crates changes, and only then', () => {
    const [native] = setupSteps(ROOT).filter(({ kind }) => kind === 'native')
    const folder = 'packages/quic-transport/native'

    expect(native.inputs).to.include.members(['binding', 'core', 'tls'].map(crate => `${folder}/${crate}/src`))
    expect(native.inputs).to.include.members([`${folder}/Cargo.lock`, `${folder}/binding/build.rs`])
    expect(native.inputs.filter(name => /fuzz|differential|tests/.test(name))).to.deep.equal([])
  })

  it('of the setup install tools only when asked for', () => {
    expect(setupSteps(ROOT).filter(({ isForTests }) => isForTests === true).map(({ kind }) => kind)).to.deep.equal(['tools'])
    expect(checkSteps(ROOT).map(({ name }) => name)).to.include('setup tools')
  })
})
