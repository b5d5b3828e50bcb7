import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { copyFile, rename } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const CRATE = fileURLToPath(new URL('../../raw-quinn/', import.meta.url))

/** What the program is built from, the lock file and the TLS of the transport among it. */
const SOURCES = [CRATE, fileURLToPath(new URL('../../../packages/quic-transport/native/tls/', import.meta.url))]

/** Folders that hold results, never sources. */
const IGNORED_FOLDERS = new Set(['target', 'tests', 'differential'])

/** Of the hash, in hexadecimal digits: enough to tell builds apart. */
const HASH_LENGTH = 16

const EXTENSION = process.platform === 'win32' ? '.exe' : ''

/**
 * Where the program of these sources is or will be: in the user's cache folder, which outlives a checkout, under a hash of
 * the sources and of the compiler's version.
 */
export function rawQuinnPath (compiler = compilerVersion()): string {
  return join(cacheFolder(), `raw-quinn-${hashOfSources(compiler)}${EXTENSION}`)
}

/**
 * Builds the program unless it is there, with cargo's own progress on standard error. A first build takes minutes.
 *
 * @returns its path
 * @throws {Error} when there is no cargo or the build fails
 */
export async function buildRawQuinn (): Promise<string> {
  const program = rawQuinnPath()

  if (existsSync(program)) {
    return program
  }

  // of all sources alike, so that a change of ours does not compile quinn again
  const target = join(cacheFolder(), 'target')
  const cargo = spawn('cargo', ['build', '--release', '--locked', '--target-dir', target], {
    cwd: CRATE,
    stdio: ['ignore', 'ignore', 'inherit']
  })
  const [code] = await once(cargo, 'exit')

  if (code !== 0) {
    throw new Error(`cargo build ended with code ${code}`)
  }

  const unfinished = `${program}.${process.pid}`
  await copyFile(join(target, 'release', `raw-quinn${EXTENSION}`), unfinished)
  await rename(unfinished, program)

  return program
}

function cacheFolder (): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'quicmesh', 'raw-quinn')
}

/** 'rustc 1.95.0 (59807616e 2026-04-14)'. */
function compilerVersion (): string {
  const { status, stdout } = spawnSync('rustc', ['--version'], { cwd: CRATE, encoding: 'utf-8' })

  return status === 0 ? stdout.trim() : 'no compiler'
}

function hashOfSources (compiler: string): string {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${compiler} `)

  for (const folder of SOURCES) {
    for (const file of filesBelow(folder)) {
      const content = readFileSync(file)
      hash.update(`${file.slice(folder.length)} ${content.byteLength} `).update(content)
    }
  }

  return hash.digest('hex').slice(0, HASH_LENGTH)
}

function filesBelow (folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() || !IGNORED_FOLDERS.has(entry.name))
    .sort((a, b) => a.name < b.name ? -1 : 1)
    .flatMap((entry) => entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)])
}
