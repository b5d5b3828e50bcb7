/** An application in a folder of its own, installed from the registry or from npm's cache, with ours under the name of the rival. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

const PACKAGES = path.resolve(import.meta.dirname, '../../..')
const RIVAL = '@libp2p/gossipsub'

export const INSTALL_TIMEOUT_MS = 240_000
export const RUN_TIMEOUT_MS = 60_000

const run = promisify(execFile)

export interface Manifest {
  name: string
  version: string
  devDependencies: Record<string, string>
}

export class Application {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'quicmesh-application-'))

  /** The name of the package that is installed where the rival was asked for. */
  get gossipsub (): string {
    return readManifest(path.join(this.folder, 'node_modules', RIVAL)).name
  }

  /** Installs what the manifest asks for, and ours, packed, wherever that or a dependency asks for the rival. */
  async install (dependencies: Record<string, string>, overrides: Record<string, string> = {}): Promise<void> {
    const packed = await this.pack(path.join(PACKAGES, 'gossipsub'))
    const { [RIVAL]: direct, ...others } = dependencies
    // npm takes no override of what a manifest itself asks for
    const asked = direct == null ? others : { ...others, [RIVAL]: `file:${packed}` }
    const overridden = direct == null ? { ...overrides, [RIVAL]: `file:${packed}` } : overrides
    writeFileSync(path.join(this.folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies: asked, overrides: overridden }))
    await this.#run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'])
  }

  /** The tarball of a folder, or of a package and its version in the registry. */
  async pack (source: string): Promise<string> {
    return path.join(this.folder, packedName(await this.#run('npm', ['pack', source, '--json', '--loglevel=error'])))
  }

  async extract (tarball: string): Promise<void> {
    await this.#run('tar', ['-xzf', tarball])
  }

  /** What the program prints, which ends by itself. */
  async execute (program: string): Promise<string> {
    return this.#run(process.execPath, [program], RUN_TIMEOUT_MS)
  }

  remove (): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  async #run (file: string, args: string[], timeout?: number): Promise<string> {
    const { stdout } = await run(file, args, { cwd: this.folder, env: environment(), timeout })

    return stdout
  }
}

export function readManifest (folder: string): Manifest {
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
