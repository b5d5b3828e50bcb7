import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findProgram } from '../net/find-program.ts'
import { buildCached, cacheFolder } from './build.ts'
import { MissingToolchainError } from './peer.ts'
import { runBuild } from './run-build.ts'
import type { Peer, ProgramName, Programs } from './peer.ts'

const CRATE = fileURLToPath(new URL('../../peers/rust/', import.meta.url))

const PROGRAMS: ProgramName[] = ['transport', 'perf', 'gossipsub', 'gossip-load']

/** Crates whose versions people want to know. */
const LIBRARIES = ['libp2p', 'libp2p-quic', 'libp2p-gossipsub']

/** rust-libp2p. */
export const rustPeer: Peer = {
  name: 'rust',
  versions: LIBRARIES.map((library) => `${library === 'libp2p' ? 'rust-libp2p' : library} v${versionOf(library)}`).join(', '),
  toolchain: 'rust',
  programs: PROGRAMS,

  async build (onProgress, signal) {
    const cargo = findProgram('cargo')
    const rustc = findProgram('rustc')

    if (cargo == null || rustc == null) {
      throw new MissingToolchainError('rust-libp2p needs cargo and rustc, and they are not there')
    }

    const folder = await buildCached({
      name: 'rust',
      sources: [CRATE],
      extra: execFileSync(rustc, ['--version'], { encoding: 'utf8', cwd: CRATE }),
      outputs: PROGRAMS,
      build: async (to, onLine) => compile(cargo, to, onLine, signal)
    }, onProgress)

    return Object.fromEntries(PROGRAMS.map((name) => [name, { file: join(folder, name), args: [] }])) satisfies Programs
  }
}

/** What is compiled of the dependencies stays in the cache as well, for the next change of a source. */
async function compile (cargo: string, folder: string, onProgress: (line: string) => void, signal?: AbortSignal): Promise<void> {
  const target = join(cacheFolder(), 'rust-target')
  await runBuild({
    file: cargo,
    args: ['build', '--release', '--locked', '--bins', '--target-dir', target],
    cwd: CRATE,
    env: { ...process.env, CARGO_TERM_COLOR: 'never' },
    signal
  }, onProgress)

  for (const name of PROGRAMS) {
    await copyFile(join(target, 'release', name), join(folder, name))
  }
}

/** As the lock file has it. */
function versionOf (crate: string): string {
  const version = new RegExp(`^name = "${crate}"\nversion = "([^"]+)"$`, 'm').exec(readFileSync(join(CRATE, 'Cargo.lock'), 'utf8'))?.[1]

  if (version == null) {
    throw new Error(`Cargo.lock does not have ${crate}`)
  }

  return version
}
