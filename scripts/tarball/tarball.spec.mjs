import { execFile } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'aegir/chai'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PROGRAM = fileURLToPath(new URL('program.ts', import.meta.url))
const TSC = path.join(ROOT, 'node_modules/typescript/bin/tsc')
const PACKAGES = ['packages/gossipsub', 'packages/quic-transport']
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

  before(async function () {
    this.timeout(INSTALL_TIMEOUT_MS)
    folder = mkdtempSync(path.join(tmpdir(), 'quicmesh-tarball-'))

    for (const name of PACKAGES) {
      const { stdout } = await run('npm', ['pack', '--json', '--loglevel=error', '--pack-destination', folder], { cwd: path.join(ROOT, name), env })
      const { filename, files } = packResult(JSON.parse(stdout))
      tarballs[name] = { filename, files: files.map(file => file.path) }
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

  it('packages/quic-transport holds the native binding of this platform', () => {
    const bindings = tarballs['packages/quic-transport'].files.filter(file => file.endsWith('.node'))

    expect(bindings).to.have.lengthOf(1)
    expect(bindings[0]).to.match(new RegExp(`^quic-transport\\.${process.platform}-${process.arch}.*\\.node$`))
  })

  describe('installed in an empty folder', () => {
    before(async function () {
      this.timeout(INSTALL_TIMEOUT_MS)
      const { devDependencies } = JSON.parse(readFileSync(path.join(ROOT, 'packages/quic-transport/package.json'), 'utf8'))
      const files = PACKAGES.map(name => `./${tarballs[name].filename}`)
      writeFileSync(path.join(folder, 'package.json'), '{ "type": "module", "private": true }\n')
      copyFileSync(PROGRAM, path.join(folder, 'program.ts'))
      await run('npm', [
        'install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error',
        ...files, `libp2p@${devDependencies.libp2p}`, '@libp2p/identify'
      ], { cwd: folder, env })
    })

    it('passes a message between two nodes, and the process ends by itself', async () => {
      const { stdout, stderr } = await run(process.execPath, ['program.ts'], { cwd: folder, env, timeout: RUN_TIMEOUT_MS })

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
  })
})

/**
 * Older versions of npm say it in a list, newer ones by package name.
 *
 * @param {Record<string, { filename: string, files: Array<{ path: string }> }>} output
 */
function packResult (output) {
  return Object.values(output)[0]
}

/** Neither what npm tells the scripts that it runs, nor the options that the test runner gives to Node. */
function environment () {
  const { NODE_OPTIONS, NODE_ENV, ...env } = process.env

  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_(?:config_(?!registry|userconfig|globalconfig|cache|cafile)|lifecycle|package)/i.test(name)))
}
