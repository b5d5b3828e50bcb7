import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findProgram } from '../net/find-program.ts'
import { buildCached, cacheFolder } from '../peers/build.ts'
import { MissingToolchainError } from '../peers/peer.ts'
import { runBuild } from '../peers/run-build.ts'

const CRATE = fileURLToPath(new URL('../../netsim/', import.meta.url))
const PROGRAM = 'netsim'

/**
 * Builds netsim unless it is in the cache.
 *
 * @param onProgress - told what the build says, a line at a time
 * @param signal - ends the build
 * @returns the path of the program
 * @throws {MissingToolchainError} when there is no cargo
 * @throws {Error} when the build fails
 */
export async function buildNetsim (onProgress: (line: string) => void, signal?: AbortSignal): Promise<string> {
  const folder = await buildCached({
    name: PROGRAM,
    sources: ['src', 'Cargo.toml', 'Cargo.lock'].map((source) => join(CRATE, source)),
    outputs: [PROGRAM],
    build: async (to, onLine) => build(to, onLine, signal)
  }, onProgress)

  return join(folder, PROGRAM)
}

async function build (folder: string, onProgress: (line: string) => void, signal?: AbortSignal): Promise<void> {
  const cargo = findProgram('cargo')

  if (cargo == null) {
    throw new MissingToolchainError('netsim needs cargo, and there is none')
  }

  const target = join(cacheFolder(), 'netsim-target')
  await runBuild({ file: cargo, args: ['build', '--release', '--locked', '--target-dir', target], cwd: CRATE, signal }, onProgress)
  await copyFile(join(target, 'release', PROGRAM), join(folder, PROGRAM))
}
