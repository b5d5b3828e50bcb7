import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const CRATE = fileURLToPath(new URL('../../raw-quinn/', import.meta.url))
const PROGRAM = fileURLToPath(new URL('../../raw-quinn/target/release/raw-quinn', import.meta.url))

/**
 * Builds the program if it is not up to date, with cargo's own progress on standard error.
 *
 * @returns its path
 * @throws {Error} when there is no cargo or the build fails
 */
export async function buildRawQuinn (): Promise<string> {
  const cargo = spawn('cargo', ['build', '--release', '--locked', '--target-dir', 'target'], {
    cwd: CRATE,
    // quiet when there is nothing to build
    stdio: ['ignore', 'ignore', 'inherit']
  })
  const [code] = await once(cargo, 'exit')

  if (code !== 0) {
    throw new Error(`cargo build ended with code ${code}`)
  }

  return PROGRAM
}
