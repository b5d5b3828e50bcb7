import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { findProgram } from '../net/find-program.ts'
import { buildCached, cacheFolder } from '../peers/build.ts'
import { MissingToolchainError } from '../peers/peer.ts'

const CRATE = fileURLToPath(new URL('../../netsim/', import.meta.url))
const PROGRAM = 'netsim'

/**
 * Builds netsim unless it is in the cache.
 *
 * @returns the path of the program
 * @throws {MissingToolchainError} when there is no cargo
 * @throws {Error} when the build fails
 */
export async function buildNetsim (onProgress: (line: string) => void): Promise<string> {
  const folder = await buildCached({
    name: PROGRAM,
    sources: ['src', 'Cargo.toml', 'Cargo.lock'].map((source) => join(CRATE, source)),
    outputs: [PROGRAM],
    build
  }, onProgress)

  return join(folder, PROGRAM)
}

async function build (folder: string, onProgress: (line: string) => void): Promise<void> {
  const cargo = findProgram('cargo')

  if (cargo == null) {
    throw new MissingToolchainError('netsim needs cargo, and there is none')
  }

  const target = join(cacheFolder(), 'netsim-target')
  const child = spawn(cargo, ['build', '--release', '--locked', '--target-dir', target], { cwd: CRATE, stdio: ['ignore', 'ignore', 'pipe'] })
  createInterface(child.stderr).on('line', onProgress)
  const [code] = await once(child, 'close')

  if (code !== 0) {
    throw new Error(`cargo build of netsim ended with code ${code}`)
  }

  await copyFile(join(target, 'release', PROGRAM), join(folder, PROGRAM))
}
