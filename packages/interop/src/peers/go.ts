import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { findProgram } from '../net/find-program.ts'
import { buildCached } from './build.ts'
import { MissingToolchainError } from './peer.ts'
import type { Peer, ProgramName, Programs } from './peer.ts'

const MODULE = fileURLToPath(new URL('../../peers/go/', import.meta.url))

const PROGRAMS: ProgramName[] = ['transport', 'perf', 'gossipsub']

/** What the programs are programs over. */
const LIBRARIES = ['go-libp2p', 'go-libp2p-pubsub']

/** One that needs no C and downloads no other Go, and gives the same file wherever it is built. */
const ENVIRONMENT = { CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '-trimpath -buildvcs=false' }

/** Of what the build says, for the error. */
const LAST_LINES = 20

/** go-libp2p, and the gossipsub that others are measured by. */
export const goPeer: Peer = {
  name: 'go',
  versions: LIBRARIES.map((library) => `${library} ${versionOf(library)}`).join(', '),
  toolchain: 'go',
  programs: PROGRAMS,

  async build (onProgress) {
    const go = findProgram('go')

    if (go == null) {
      throw new MissingToolchainError('go-libp2p needs go, and there is none')
    }

    const folder = await buildCached({
      name: 'go',
      sources: [MODULE],
      extra: execFileSync(go, ['env', 'GOVERSION'], { encoding: 'utf8', env: { ...process.env, ...ENVIRONMENT } }),
      outputs: PROGRAMS,
      build: async (to, onLine) => compile(go, to, onLine)
    }, onProgress)

    return Object.fromEntries(PROGRAMS.map((name) => [name, { file: join(folder, name), args: [] }])) satisfies Programs
  }
}

async function compile (go: string, folder: string, onProgress: (line: string) => void): Promise<void> {
  const child = spawn(go, ['build', '-v', '-o', `${folder}/`, './cmd/...'], {
    cwd: MODULE,
    env: { ...process.env, ...ENVIRONMENT },
    stdio: ['ignore', 'ignore', 'pipe']
  })
  const lastLines: string[] = []

  createInterface(child.stderr).on('line', (line) => {
    lastLines.push(line)
    lastLines.splice(0, lastLines.length - LAST_LINES)
    onProgress(line)
  })

  const [code] = await once(child, 'close')

  if (code !== 0) {
    throw new Error(`go build ended with code ${code}: ${lastLines.join('\n')}`)
  }
}

/** Of a library of libp2p, in the module file. */
function versionOf (library: string): string {
  const version = new RegExp(`^\\s+github\\.com/libp2p/${library} (v\\S+)`, 'm').exec(readFileSync(join(MODULE, 'go.mod'), 'utf8'))?.[1]

  if (version == null) {
    throw new Error(`go.mod does not have ${library}`)
  }

  return version
}
