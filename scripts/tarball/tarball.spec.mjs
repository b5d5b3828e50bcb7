import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'aegir/chai'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PROGRAM = fileURLToPath(new URL('program.ts', import.meta.url))
const TSC = path.join(ROOT, 'node_modules/typescript/bin/tsc')
const QUIC = 'packages/quic-transport'
const PACKAGES = ['packages/gossipsub', QUIC]
const PLATFORMS = ['darwin-arm64', 'darwin-x64', 'linux-arm64-gnu', 'linux-arm64-musl', 'linux-x64-gnu', 'linux-x64-musl', 'win32-x64-msvc']
const INSTALL_TIMEOUT_MS = 240_000
const RUN_TIMEOUT_MS = 60_000

/** In every package: what a user loads, debugs into, reads and is licensed by. */
const NEEDED = ['package.json', 'README.md', 'LICENSE', 'LICENSE-APACHE', 'LICENSE-MIT', 'dist/src/index.js', 'dist/src/index.d.ts', 'src/index.ts']
/** In none: what is only of use in the repository. */
const UNWANTED = /(?:^|\/)(?:test|tests|fixtures|target|node_modules|\.cache)\/|\.tsbuildinfo$|\.tgz$|\.log$/

const run = promisify(execFile)

describe('packed tarballs', function () {
  this.timeout(RUN_TIMEOUT_MS)

  /** @type {string} */
  let folder
  /** @type {Record<string, { filename: string, files: string[] }>} */
  const tarballs = {}
  const env = environment()
  const workflowEnv = { ...env, GITHUB_SERVER_URL: 'https://example.org', GITHUB_REPOSITORY: 'somebody/quicmesh' }
  /** @type {NodeJS.ProcessEnv} */
  let bareEnv

  before(async function () {
    this.timeout(INSTALL_TIMEOUT_MS)
    folder = mkdtempSync(path.join(tmpdir(), 'quicmesh-tarball-'))

    bareEnv = { ...env, PATH: barePath(folder) }

    for (const name of PACKAGES) {
      tarballs[name] = await pack(path.join(ROOT, name))
    }

    tarballs[QUIC].filename = await packAsPublished(tarballs[QUIC].filename)

    for (const platform of PLATFORMS) {
      tarballs[platform] = await packPlatform(platform)
    }
  })

  after(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  for (const name of PACKAGES) {
    it(`${name} holds what a user needs`, () => {
      expect(NEEDED.filter(file => !tarballs[name].files.includes(file))).to.deep.equal([])
    })

    it(`${name} holds nothing that is only of use in the repository`, () => {
      expect(tarballs[name].files.filter(file => UNWANTED.test(file))).to.deep.equal([])
    })

    it(`${name} holds what its exports name`, () => {
      const { exports } = JSON.parse(readFileSync(path.join(ROOT, name, 'package.json'), 'utf8'))
      const targets = Object.values(exports)
        .flatMap(target => typeof target === 'string' ? [target] : Object.values(target))
        .map(target => target.replace(/^\.\//, ''))

      expect(targets).to.not.be.empty()
      expect(targets.filter(file => !tarballs[name].files.includes(file))).to.deep.equal([])
    })
  }

  it('packages/quic-transport holds no binary: these have packages of their own', () => {
    expect(tarballs[QUIC].files.filter(file => file.endsWith('.node'))).to.deep.equal([])
  })

  it('packages/quic-transport holds what it takes to build the addon', () => {
    const needed = ['scripts/build-native.mjs', 'scripts/platforms.mjs', 'dist/src/platform.js', 'native/Cargo.toml', 'native/Cargo.lock', 'native/binding/src/lib.rs']

    expect(needed.filter(file => !tarballs[QUIC].files.includes(file))).to.deep.equal([])
  })

  it('packages/quic-transport holds every crate that its Cargo workspace names', async () => {
    // it fails for a member without a manifest or a source
    const { stdout } = await run('cargo', ['metadata', '--no-deps', '--offline', '--format-version', '1'], { cwd: path.join(published(), 'native'), env })
    /** @type {Array<{ name: string }>} */
    const packages = JSON.parse(stdout).packages

    expect(packages.map(({ name }) => name)).to.include('quicmesh-quic-binding')
  })

  it('packages/quic-transport asks for the addon of each platform, of its own version, when it is published', () => {
    const { version, optionalDependencies } = JSON.parse(readFileSync(path.join(published(), 'package.json'), 'utf8'))

    expect(optionalDependencies).to.deep.equal(Object.fromEntries(PLATFORMS.map(platform => [`@quicmesh/quic-transport-${platform}`, version])))
  })

  it('all that is published together names the repository that the workflow runs in', () => {
    const manifests = [published(), ...PLATFORMS.map(platform => path.join(folder, 'platforms', platform))]
      .map(source => JSON.parse(readFileSync(path.join(source, 'package.json'), 'utf8')))

    expect(manifests.map(({ repository }) => repository?.url)).to.deep.equal(manifests.map(() => 'git+https://example.org/somebody/quicmesh.git'))
  })

  for (const platform of PLATFORMS) {
    it(`the package of ${platform} holds the addon, its manifest and its papers`, () => {
      expect(tarballs[platform].files).to.have.members([
        `quic-transport.${platform}.node`, 'package.json', 'README.md', 'LICENSE', 'LICENSE-APACHE', 'LICENSE-MIT'
      ])
    })
  }

  describe('installed in an empty folder, without cargo', () => {
    before(async function () {
      this.timeout(INSTALL_TIMEOUT_MS)
      const { devDependencies } = JSON.parse(readFileSync(path.join(ROOT, 'packages/quic-transport/package.json'), 'utf8'))
      const files = PACKAGES.map(name => `./${tarballs[name].filename}`)
      writeFileSync(path.join(folder, 'package.json'), JSON.stringify({
        type: 'module',
        private: true,
        // not from the registry, where they may not be published yet
        overrides: Object.fromEntries(PLATFORMS.map(platform => [`@quicmesh/quic-transport-${platform}`, `file:./${tarballs[platform].filename}`]))
      }))
      copyFileSync(PROGRAM, path.join(folder, 'program.ts'))
      await run('npm', [
        'install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error',
        ...files, `libp2p@${devDependencies.libp2p}`, '@libp2p/identify'
      ], { cwd: folder, env: bareEnv })
    })

    it('finds neither cargo nor a compiler', async () => {
      writeFileSync(path.join(folder, 'builders.mjs'), `
        import { spawnSync } from 'node:child_process'

        console.info(['cargo', 'rustc', 'cc', 'make'].map(name => spawnSync(name, ['--version']).error?.code).join())
      `)
      const { stdout } = await run(process.execPath, ['builders.mjs'], { cwd: folder, env: bareEnv, timeout: RUN_TIMEOUT_MS })

      expect(stdout).to.equal('ENOENT,ENOENT,ENOENT,ENOENT\n')
    })

    it('brings the addon of this platform, as it was built, and no other', () => {
      const installed = readdirSync(path.join(folder, 'node_modules/@quicmesh')).filter(name => name.startsWith('quic-transport-'))
      const built = readFileSync(path.join(ROOT, QUIC, `quic-transport.${localPlatform()}.node`))

      expect(installed).to.deep.equal([`quic-transport-${localPlatform()}`])
      expect(built.equals(readFileSync(installedAddon()))).to.be.true()
    })

    it('loads the addon from the package of the platform', async () => {
      writeFileSync(path.join(folder, 'loaded.mjs'), `
        import { createLibp2p } from 'libp2p'
        import { quic } from '@quicmesh/quic-transport'

        const node = await createLibp2p({ transports: [quic()] })
        process.report.excludeNetwork = true
        console.info(process.report.getReport().sharedObjects.filter(file => file.endsWith('.node')).join())
        await node.stop()
      `)
      const { stdout } = await run(process.execPath, ['loaded.mjs'], { cwd: folder, env: bareEnv, timeout: RUN_TIMEOUT_MS })

      expect(stdout).to.equal(`${realpathSync(installedAddon())}\n`)
    })

    it('runs the program of the README', async () => {
      writeFileSync(path.join(folder, 'readme.mjs'), programOf(path.join(folder, 'node_modules/@quicmesh/quic-transport/README.md')))
      const { stdout, stderr } = await run(process.execPath, ['readme.mjs'], { cwd: folder, env: bareEnv, timeout: RUN_TIMEOUT_MS })

      expect(stdout).to.equal('HELLO\n')
      expect(stderr).to.equal('')
    })

    it('passes a message between two nodes, and the process ends by itself', async () => {
      const { stdout, stderr } = await run(process.execPath, ['program.ts'], { cwd: folder, env: bareEnv, timeout: RUN_TIMEOUT_MS })

      expect(stdout).to.equal('news hello\n')
      expect(stderr).to.equal('')
    })

    it('has type declarations that hold under strict', async () => {
      writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          module: 'node16',
          target: 'es2024',
          lib: ['es2024', 'dom'],
          // the declarations of the packages are what is checked
          skipLibCheck: false,
          types: ['node'],
          typeRoots: [path.join(ROOT, 'node_modules/@types')]
        },
        files: ['program.ts']
      }))
      /** @type {{ stdout: string }} */
      const { stdout } = await run(process.execPath, [TSC, '-p', '.'], { cwd: folder, env }).catch(err => err)
      // what others declare is theirs to mend
      const ours = stdout.split('\n').filter(line => /^(?:program\.ts|node_modules\/@quicmesh\/)/.test(line) || /^error /.test(line))

      expect(ours).to.deep.equal([])
    })

    it('says which package is missing when optional dependencies were left out', async () => {
      const name = `@quicmesh/quic-transport-${localPlatform()}`
      rmSync(path.join(folder, 'node_modules', name), { recursive: true })
      writeFileSync(path.join(folder, 'missing.mjs'), `
        import { createLibp2p } from 'libp2p'
        import { quic } from '@quicmesh/quic-transport'

        await createLibp2p({ transports: [quic()] }).catch(({ name, code, message }) => { console.info(JSON.stringify({ name, code, message })) })
      `)
      const { stdout } = await run(process.execPath, ['missing.mjs'], { cwd: folder, env: bareEnv, timeout: RUN_TIMEOUT_MS })
      const error = JSON.parse(stdout)

      expect(error).to.include({ name: 'NativeBindingMissingError', code: 'ERR_NATIVE_BINDING_MISSING' })
      expect(error.message).to.include(name).and.include('npm install --include=optional').and.include('npm run build:native')
    })
  })

  function installedAddon () {
    const platform = localPlatform()

    return path.join(folder, `node_modules/@quicmesh/quic-transport-${platform}/quic-transport.${platform}.node`)
  }

  /**
   * Packs again what is in a tarball, after what happens to its manifest right before it is published.
   *
   * @param {string} filename
   */
  async function packAsPublished (filename) {
    mkdirSync(path.dirname(published()))
    await run('tar', ['-xzf', path.join(folder, filename), '-C', path.dirname(published())])
    await run(process.execPath, [path.join(ROOT, QUIC, 'scripts/prepublish.mjs'), published()], { env: workflowEnv })

    return (await pack(published())).filename
  }

  /** Where the unpacked tarball of the transport is. */
  function published () {
    return path.join(folder, 'published/package')
  }

  /**
   * The addon of another platform is a placeholder: npm must not install it.
   *
   * @param {string} platform
   */
  async function packPlatform (platform) {
    const placeholder = path.join(folder, 'placeholder.node')
    writeFileSync(placeholder, 'of another platform')
    const addon = platform === localPlatform() ? path.join(ROOT, QUIC, `quic-transport.${platform}.node`) : placeholder
    await run(process.execPath, [path.join(ROOT, QUIC, 'scripts/platform-package.mjs'), '--platform', platform, '--addon', addon, '--into', path.join(folder, 'platforms')], { env: workflowEnv })

    return pack(path.join(folder, 'platforms', platform))
  }

  /**
   * @param {string} cwd
   */
  async function pack (cwd) {
    const { stdout } = await run('npm', ['pack', '--json', '--loglevel=error', '--pack-destination', folder], { cwd, env })
    const { filename, files } = packResult(JSON.parse(stdout))

    return { filename, files: files.map(file => file.path) }
  }
})

/** The platform that the binding at the package root is for. */
function localPlatform () {
  const prefix = `${process.platform}-${process.arch}`
  const platform = PLATFORMS.find(name => name.startsWith(prefix) && existsSync(path.join(ROOT, QUIC, `quic-transport.${name}.node`)))

  if (platform == null) {
    throw new Error(`no native binding for ${prefix}: run \`npm run build:native\` in ${QUIC}`)
  }

  return platform
}

/**
 * @param {string} readme
 */
function programOf (readme) {
  const [, program] = /```js\n(.*?)```/s.exec(readFileSync(readme, 'utf8')) ?? []

  if (program == null) {
    throw new Error(`${readme} has no program`)
  }

  return program
}

/**
 * A PATH with node and npm alone, so that nothing can be built.
 *
 * @param {string} folder
 */
function barePath (folder) {
  const bin = path.join(folder, 'bin')
  mkdirSync(bin)
  symlinkSync(process.execPath, path.join(bin, 'node'))
  const npm = (process.env.PATH ?? '').split(path.delimiter).map(entry => path.join(entry, 'npm')).find(file => existsSync(file))

  if (npm == null) {
    throw new Error('there is no npm')
  }

  symlinkSync(realpathSync(npm), path.join(bin, 'npm'))

  return bin
}

/**
 * Older versions of npm say it in a list, newer ones by package name.
 *
 * @param {Record<string, { filename: string, files: Array<{ path: string }> }>} output
 */
function packResult (output) {
  return Object.values(output)[0]
}

/** Neither what npm tells the scripts that it runs, nor the options that the test runner gives to Node, nor an addon to be loaded instead. */
function environment () {
  const { NODE_OPTIONS, NODE_ENV, QUICMESH_QUIC_BINDING, ...env } = process.env

  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_(?:config_(?!registry|userconfig|globalconfig|cache|cafile)|lifecycle|package)/i.test(name)))
}
