import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runBuild } from '../peers/run-build.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

export const TRANSPORT_PACKAGE = join(ROOT, 'packages/quic-transport')

/** Where the parts of the program are. */
export const PROGRAM_FOLDER = fileURLToPath(new URL('../../peers/js/', import.meta.url))

/** Parts of the program. */
export const PROGRAM_PARTS = ['transport.ts', 'last-words.ts', 'transport', 'streams']

/** Packages of others that the program imports. */
const DEPENDENCIES = [
  '@libp2p/crypto', '@libp2p/identify', '@libp2p/logger', '@libp2p/peer-id', '@libp2p/ping', '@multiformats/multiaddr', '@redis/client', 'libp2p'
]

/** What npm tells the scripts that it runs, which would change what the npm in here does. */
const INHERITED_FROM_NPM = /^npm_(?:config_(?!registry|userconfig|globalconfig|cache|cafile)|lifecycle|package)/i

/**
 * Fills an empty folder with what is in the image of the container: the program, and node_modules with our transport from
 * its tarballs, as npm packs them for publishing. The addon of this platform must have been built.
 *
 * @throws {Error} when npm fails
 */
export async function assemble (folder: string, onProgress: (line: string) => void): Promise<void> {
  await mkdir(folder, { recursive: true })

  if ((await readdir(folder)).length > 0) {
    throw new Error(`${folder} is not empty`)
  }

  const packages = await mkdtemp(join(tmpdir(), 'quicmesh-platform-'))

  try {
    await run('node', [join(TRANSPORT_PACKAGE, 'scripts/platform-package.mjs'), '--into', packages], ROOT, onProgress)
    const [platform] = await readdir(packages)
    const tarballs = Object.fromEntries(await Promise.all(
      [TRANSPORT_PACKAGE, join(packages, platform)].map(async (source) => pack(source, folder))
    ))

    for (const part of PROGRAM_PARTS) {
      await cp(join(PROGRAM_FOLDER, part), join(folder, part), { recursive: true })
    }

    await writeFile(join(folder, 'package.json'), `${JSON.stringify({
      type: 'module',
      private: true,
      dependencies: { ...await lockedVersions(), ...tarballs }
    }, null, 2)}\n`)
    await run('npm', ['install', '--omit=dev', '--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock'], folder, onProgress)
  } finally {
    await rm(packages, { recursive: true, force: true })
  }
}

/** Returns the name of the package, and what a manifest says of its tarball. */
async function pack (source: string, folder: string): Promise<[name: string, from: string]> {
  const lines: string[] = []
  await run('npm', ['pack', '--loglevel=error', '--pack-destination', folder], source, (line) => { lines.push(line) })
  const { name } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'))

  // the last word of npm is the file
  return [name, `file:./${lines.at(-1)}`]
}

/** Those that the repository is tested with. */
async function lockedVersions (): Promise<Record<string, string>> {
  const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8'))

  return Object.fromEntries(DEPENDENCIES.map((name) => [name, packages[`node_modules/${name}`].version]))
}

async function run (file: string, args: string[], cwd: string, onProgress: (line: string) => void): Promise<void> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !INHERITED_FROM_NPM.test(name)))
  await runBuild({ file: file === 'node' ? process.execPath : file, args, cwd, env }, onProgress)
}
