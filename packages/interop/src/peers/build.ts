import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Folders of results, in whatever language. */
const IGNORED_FOLDERS = new Set(['target', 'node_modules', '__pycache__'])

/** Of the hash, in hexadecimal digits: enough to tell builds apart. */
const HASH_LENGTH = 16

export interface CachedBuild {
  /** Of the folder in the cache, with the hash behind it. */
  name: string
  /** Files and folders that the result depends on, lock files among them. */
  sources: string[]
  /** Whatever else it depends on, such as the version of a compiler. */
  extra?: string
  /** Files of the result, relative to its folder: they must be there afterwards. */
  outputs: string[]
  /** Puts the outputs into an empty folder that will be renamed: nothing in it may name its own path, unless `isInPlace`. */
  build (folder: string, onProgress: (line: string) => void): Promise<void>
  /** The result knows its own path, like a virtual environment of Python: it is built where it stays. */
  isInPlace?: boolean
}

/**
 * The folder of the result, in the user's cache, which outlives a checkout. Built if it is not there. Two processes that want the same
 * at once both build it, and the first to end has it; of builds in place there must be one at a time.
 *
 * @throws {Error} when the build fails or leaves an output out
 */
export async function buildCached (init: CachedBuild, onProgress: (line: string) => void): Promise<string> {
  const folder = join(cacheFolder(), `${init.name}-${hashOf(init)}`)

  if (!isComplete(folder, init)) {
    await build(folder, init, onProgress)
  }

  return folder
}

/** Where builds are kept; Rust's and Go's own caches of dependencies are beside them. */
export function cacheFolder (): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'quicmesh', 'interop')
}

async function build (folder: string, { isInPlace = false, ...init }: CachedBuild, onProgress: (line: string) => void): Promise<void> {
  await mkdir(cacheFolder(), { recursive: true })
  const unfinished = isInPlace ? folder : await mkdtemp(`${folder}.`)

  if (isInPlace) {
    // what a build that was cut short has left
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder)
  }

  try {
    await init.build(unfinished, onProgress)
    const missing = init.outputs.filter((output) => !existsSync(join(unfinished, output)))

    if (missing.length > 0) {
      throw new Error(`The build of ${init.name} left out ${missing.join(', ')}`)
    }

    if (!isInPlace) {
      await rename(unfinished, folder)
    }
  } catch (err) {
    await rm(unfinished, { recursive: true, force: true })

    // somebody else was faster
    if (!isComplete(folder, init)) {
      throw err
    }
  }
}

function isComplete (folder: string, { outputs }: Pick<CachedBuild, 'outputs'>): boolean {
  return outputs.every((output) => existsSync(join(folder, output)))
}

function hashOf ({ sources, extra = '' }: CachedBuild): string {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${extra} `)

  for (const source of sources) {
    for (const file of filesBelow(source)) {
      const content = readFileSync(file)
      hash.update(`${file.slice(source.length)} ${content.byteLength} `).update(content)
    }
  }

  return hash.digest('hex').slice(0, HASH_LENGTH)
}

function filesBelow (source: string): string[] {
  if (!statSync(source).isDirectory()) {
    return [source]
  }

  const entries = readdirSync(source, { withFileTypes: true })

  return entries.filter((entry) => !entry.isDirectory() || !IGNORED_FOLDERS.has(entry.name))
    .sort((a, b) => a.name < b.name ? -1 : 1)
    .flatMap((entry) => entry.isDirectory() ? filesBelow(join(source, entry.name)) : [join(source, entry.name)])
}
