import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'aegir/chai'
import { NativeBindingMissingError, NativeBindingVersionError } from '../src/errors.ts'
import { loadBinding } from '../src/load-binding.ts'
import { PLATFORMS, platformName, platformPackage } from '../src/platform.ts'
import { VERSION } from '../src/version.ts'
import type { BindingHost, VersionedBinding } from '../src/load-binding.ts'

const PACKAGE_ROOT = process.cwd()
const LOCAL = '/package/quic-transport.linux-x64-gnu.node'
const PACKAGE = '@quicmesh/quic-transport-linux-x64-gnu'
const INSTALLED = `/modules/${PACKAGE}/quic-transport.linux-x64-gnu.node`

describe('native binding', () => {
  describe('platform', () => {
    const cases: Array<[name: string, platform: string, arch: string, glibc: string | undefined]> = [
      ['darwin-arm64', 'darwin', 'arm64', undefined],
      ['darwin-x64', 'darwin', 'x64', undefined],
      ['linux-arm64-gnu', 'linux', 'arm64', '2.36'],
      ['linux-arm64-musl', 'linux', 'arm64', undefined],
      ['linux-x64-gnu', 'linux', 'x64', '2.36'],
      ['linux-x64-musl', 'linux', 'x64', undefined],
      ['win32-x64-msvc', 'win32', 'x64', undefined]
    ]

    for (const [name, platform, arch, glibc] of cases) {
      it(`${name} has a prebuilt addon`, () => {
        expect(platformName(host(platform, arch, glibc))).to.equal(name)
        expect(platformPackage(name)).to.equal(`@quicmesh/quic-transport-${name}`)
      })
    }

    it('is one of these for every entry of the table', () => {
      expect(PLATFORMS.map(({ name }) => name)).to.have.members(cases.map(([name]) => name))
    })

    for (const [name, platform, arch] of [['freebsd-x64', 'freebsd', 'x64'], ['linux-arm-gnueabihf', 'linux', 'arm'], ['win32-arm64-msvc', 'win32', 'arm64']]) {
      it(`${name} has none`, () => {
        expect(platformName(host(platform, arch, '2.36'))).to.equal(name)
        expect(platformPackage(name)).to.be.undefined()
      })
    }

    it('is found without looking up the network, and the setting of reports is restored', () => {
      const asked: boolean[] = []
      const report = {
        excludeNetwork: false,
        getReport: () => {
          asked.push(report.excludeNetwork)

          return {}
        }
      }

      expect(platformName({ platform: 'linux', arch: 'x64', report })).to.equal('linux-x64-musl')
      expect(asked).to.deep.equal([true])
      expect(report.excludeNetwork).to.be.false()
    })
  })

  describe('search', () => {
    it('takes the override alone', () => {
      expect(loaded({ override: '/other.node', exists: () => true })).to.equal('/other.node')
      expect(() => loadBinding(machine({ override: '/other.node', resolve: () => INSTALLED }))).to.throw(NativeBindingMissingError)
        .with.property('searched').that.deep.equals(['/other.node'])
    })

    it('ignores an empty override', () => {
      expect(loaded({ override: '', exists: path => path === LOCAL })).to.equal(LOCAL)
    })

    it('prefers a local build to an installed package', () => {
      expect(loaded({ exists: path => path === LOCAL, resolve: () => INSTALLED })).to.equal(LOCAL)
    })

    it('looks for a local build in each folder', () => {
      expect(loaded({ folders: ['/package/dist/', '/package/'], exists: path => path === LOCAL })).to.equal(LOCAL)
    })

    it('takes the package of the platform else', () => {
      expect(loaded({ resolve: name => name === PACKAGE ? INSTALLED : undefined })).to.equal(INSTALLED)
    })
  })

  describe('failure', () => {
    it('names the platform, what was searched, and what to do', () => {
      expect(() => loadBinding(machine({}))).to.throw(NativeBindingMissingError)
        .with.property('message')
        .that.includes('linux-x64-gnu')
        .and.includes(LOCAL)
        .and.includes(PACKAGE)
        .and.includes('npm install --include=optional')
        .and.includes('npm run build:native')
    })

    it('says that a platform has no prebuilt addon, and asks for no package', () => {
      const resolve = (): string => { throw new Error('asked for a package') }

      expect(() => loadBinding(machine({ platform: 'freebsd-x64', resolve }))).to.throw(NativeBindingMissingError)
        .with.property('message')
        .that.includes('no prebuilt one for this platform')
        .and.includes('npm run build:native')
        .and.does.not.include('--include=optional')
    })

    it('carries the reason why the addon does not load', () => {
      const cause = new Error('version `GLIBC_2.99\' not found')

      expect(() => loadBinding(machine({ exists: () => true, load: () => { throw cause } }))).to.throw(NativeBindingMissingError, 'GLIBC_2.99')
        .with.property('cause', cause)
    })

    it('of an addon of another version is told from one that is missing', () => {
      const load = (): VersionedBinding => ({ bindingVersion: () => '0.0.1' })

      expect(() => loadBinding(machine({ exists: () => true, load }))).to.throw(NativeBindingVersionError, 'version 0.0.1')
        .with.property('code', 'ERR_NATIVE_BINDING_VERSION')
    })

    it('of an addon that does not tell its version', () => {
      expect(() => loadBinding(machine({ exists: () => true, load: () => ({}) }))).to.throw(NativeBindingVersionError, 'version unknown')
    })
  })

  it('has one version in TypeScript, npm and cargo', () => {
    const { version } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'))

    expect(version).to.equal(VERSION)
    expect(readFileSync(join(PACKAGE_ROOT, 'native/Cargo.toml'), 'utf8')).to.include(`version = "${VERSION}"`)
    expect(loadBinding().bindingVersion?.()).to.equal(VERSION)
  })
})

function host (platform: string, arch: string, glibcVersionRuntime: string | undefined): Parameters<typeof platformName>[0] {
  return { platform, arch, report: { excludeNetwork: false, getReport: () => ({ header: { glibcVersionRuntime } }) } }
}

/** A machine on which there is nothing, but for what is given. */
function machine (init: Partial<BindingHost>): BindingHost {
  return {
    platform: 'linux-x64-gnu',
    folders: ['/package/'],
    exists: () => false,
    resolve: () => undefined,
    load: () => ({ bindingVersion: () => VERSION }),
    ...init
  }
}

/** The path of what is loaded. */
function loaded (init: Partial<BindingHost>): string | undefined {
  let path: string | undefined
  loadBinding(machine({
    ...init,
    load: found => {
      path = found

      return { bindingVersion: () => VERSION }
    }
  }))

  return path
}
