import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'aegir/chai'
import { fingerprint } from '../setup/fingerprint.mjs'
import { installFields, isInstalled } from '../setup/installed.mjs'
import { Lock } from '../setup/lock.mjs'
import { Stamp } from '../setup/stamp.mjs'
import { ToolchainError, checkCargo, checkNode } from '../setup/toolchain.mjs'
import { checkInstallable, missingTools } from '../setup/tools.mjs'

/** Beyond what a process can have. */
const NO_PROCESS = 2 ** 30

describe('setup', () => {
  /** @type {string} */
  let root

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'quicmesh-setup-'))
  })

  afterEach(() => {
    rmSync(root, { recursive: true, force: true })
  })

  /**
   * @param {string} name
   * @param {string | object} content
   */
  function write (name, content) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    writeFileSync(path.join(root, name), typeof content === 'string' ? content : JSON.stringify(content))
  }

  describe('fingerprint', () => {
    it('changes with a content, a name, a new file and a lost file, and with nothing else', () => {
      write('src/a.ts', 'one')
      const first = fingerprint(root, ['src', 'absent.json'])
      utimesSync(path.join(root, 'src/a.ts'), 1, 1)
      write('src/node_modules/x/index.js', 'ignored')
      write('src/target/debug', 'ignored')
      expect(fingerprint(root, ['src', 'absent.json'])).to.deep.equal(first)
      expect(first.files).to.deep.equal(['src/a.ts'])

      write('src/a.ts', 'two')
      const changed = fingerprint(root, ['src', 'absent.json'])
      write('src/deep/b.ts', '')
      const added = fingerprint(root, ['src', 'absent.json'])
      write('absent.json', '')
      const appeared = fingerprint(root, ['src', 'absent.json'])
      const extra = fingerprint(root, ['src', 'absent.json'], ['x64'])

      expect(new Set([first, changed, added, appeared, extra].map(({ hash }) => hash))).to.have.property('size', 5)
    })
  })

  describe('stamp', () => {
    it('is what was written, until it is removed', () => {
      const stamp = new Stamp(path.join(root, 'deep/stamp.json'))
      expect(stamp.read()).to.be.undefined()
      stamp.write({ hash: 'h', files: ['f'] })
      expect(stamp.read()).to.deep.equal({ hash: 'h', files: ['f'] })
      stamp.remove()
      expect(stamp.read()).to.be.undefined()
    })

    it('is none when it is damaged', () => {
      write('stamp.json', '{ "hash": ')
      expect(new Stamp(path.join(root, 'stamp.json')).read()).to.be.undefined()
    })
  })

  describe('lock', () => {
    it('is had by one at a time', async () => {
      const folder = path.join(root, 'cache/lock')
      const lock = new Lock(folder)
      await lock.acquire(() => {})
      let isWaiting = false
      const other = new Lock(folder)
      const acquired = other.acquire(() => { isWaiting = true }).then(() => isWaiting)
      setTimeout(() => lock.release(), 20)

      expect(await acquired).to.be.true()
      other.release()
      expect(other.owner()).to.be.undefined()
    })

    it('is taken over from a process that is gone', async () => {
      write('lock/pid', String(NO_PROCESS))
      const lock = new Lock(path.join(root, 'lock'))
      await lock.acquire(() => { throw new Error('it must not wait') })

      expect(lock.owner()).to.equal(process.pid)
    })

    it('is taken over from a process that ended before it said who it is', async () => {
      mkdirSync(path.join(root, 'lock'))
      utimesSync(path.join(root, 'lock'), 1, 1)
      const lock = new Lock(path.join(root, 'lock'))
      await lock.acquire(() => {})

      expect(lock.owner()).to.equal(process.pid)
    })

    it('is not released by somebody else', () => {
      write('lock/pid', String(NO_PROCESS))
      const lock = new Lock(path.join(root, 'lock'))
      lock.release()

      expect(lock.owner()).to.equal(NO_PROCESS)
    })
  })

  describe('npm packages', () => {
    /**
     * @param {object} installed
     */
    function project (installed) {
      write('package.json', { name: 'root', workspaces: ['lib'], devDependencies: { b: '^1.0.0', a: '^1.0.0' } })
      write('lib/package.json', { name: 'lib', dependencies: { a: '^1.0.0' } })
      write('package-lock.json', {
        packages: {
          '': { devDependencies: { a: '^1.0.0', b: '^1.0.0' } },
          lib: { dependencies: { a: '^1.0.0' } },
          'node_modules/lib': { resolved: 'lib', link: true },
          'node_modules/a': { version: '1.0.1', integrity: 'sha512-a' },
          'node_modules/b': { version: '1.2.0', integrity: 'sha512-b' },
          'node_modules/other-platform': { version: '1.0.0', optional: true }
        }
      })
      write('node_modules/.package-lock.json', { packages: installed })
    }

    const complete = { 'node_modules/a': { version: '1.0.1', integrity: 'sha512-a' }, 'node_modules/b': { version: '1.2.0', integrity: 'sha512-b' } }

    it('are there when node_modules, lock file and manifests agree', () => {
      project(complete)
      expect(isInstalled(root, ['.', 'lib'])).to.be.true()
    })

    it('are not there when one is missing or is another', () => {
      project({ 'node_modules/a': complete['node_modules/a'] })
      expect(isInstalled(root, ['.', 'lib'])).to.be.false()
      project({ ...complete, 'node_modules/b': { version: '1.3.0', integrity: 'sha512-b' } })
      expect(isInstalled(root, ['.', 'lib'])).to.be.false()
      project({ ...complete, 'node_modules/b': { version: '1.2.0', integrity: 'sha512-c' } })
      expect(isInstalled(root, ['.', 'lib'])).to.be.false()
    })

    it('are not there when a manifest asks for more than the lock file has', () => {
      project(complete)
      write('lib/package.json', { name: 'lib', dependencies: { a: '^1.0.0', c: '^1.0.0' } })
      expect(isInstalled(root, ['.', 'lib'])).to.be.false()
    })

    it('are not there when nothing was installed', () => {
      project(complete)
      rmSync(path.join(root, 'node_modules'), { recursive: true })
      expect(isInstalled(root, ['.', 'lib'])).to.be.false()
    })

    it('depend on the dependencies in a manifest and not on its scripts', () => {
      write('package.json', { name: 'root', dependencies: { a: '1' } })
      const first = installFields(root, ['.'])
      write('package.json', { name: 'root', dependencies: { a: '1' }, scripts: { x: 'y' } })
      expect(installFields(root, ['.'])).to.equal(first)
      write('package.json', { name: 'root', dependencies: { a: '2' } })
      expect(installFields(root, ['.'])).to.not.equal(first)
    })
  })

  describe('toolchain', () => {
    const manifest = '[workspace.package]\nrust-version = "1.88"\n'

    it('is good enough or better', () => {
      checkNode('20.0.0')
      checkNode('24.1.0')
      checkCargo(manifest, 'cargo 1.88.0 (abc 2025-06-01)')
      expect(() => checkCargo(manifest, 'cargo 2.0.0')).to.not.throw()
    })

    it('says how to get a cargo that is missing or too old', () => {
      expect(() => checkCargo(manifest, 'cargo 1.87.0 (abc 2025-05-01)')).to.throw(ToolchainError, /too old(.|\n)*1\.88(.|\n)*rustup/)
      expect(() => checkCargo(manifest, 'nonsense')).to.throw(ToolchainError)
      expect(() => checkNode('18.20.0')).to.throw(ToolchainError, '18.20.0 is too old')
    })
  })

  describe('tools', () => {
    it('are there when a folder of the path has a program of their name', () => {
      write('bin/tshark', '#!/bin/sh\n')
      const all = process.platform === 'linux' ? ['tshark', 'redis-server', 'ip'] : ['tshark', 'redis-server']
      const searchPath = ['/does/not/exist', path.join(root, 'bin')].join(path.delimiter)
      expect(missingTools(searchPath)).to.deep.equal(all)
      chmodSync(path.join(root, 'bin/tshark'), 0o755)
      expect(missingTools(searchPath)).to.deep.equal(all.slice(1))
      expect(missingTools('')).to.deep.equal(all)
    })

    it('are installed by root where there is apt-get, else the message says how', () => {
      checkInstallable(['tshark'], { isRoot: true, hasApt: true })
      checkInstallable([], { isRoot: false, hasApt: false })
      expect(() => checkInstallable(['tshark'], { isRoot: false, hasApt: true })).to.throw(ToolchainError, /tshark was not found(.|\n)*sudo apt-get install tshark redis-server/)
      expect(() => checkInstallable(['redis-server'], { isRoot: false, hasApt: true })).to.throw(ToolchainError, /redis-server was not found/)
      expect(() => checkInstallable(['tshark'], { isRoot: true, hasApt: false })).to.throw(ToolchainError, /tshark was not found(.|\n)*brew install wireshark redis/)
    })
  })
})
