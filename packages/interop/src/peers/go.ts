import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findProgram } from '../net/find-program.ts'
import { buildCached } from './build.ts'
import { MissingToolchainError } from './peer.ts'
import { runBuild } from './run-build.ts'
import type { Peer, ProgramName, Programs } from './peer.ts'

const MODULE = fileURLToPath(new URL('../../peers/go/', import.meta.url))

const PROGRAMS: ProgramName[] = ['transport', 'perf', 'gossipsub', 'gossip-load']

/** What the programs are programs over. */
const LIBRARIES = ['go-libp2p', 'go-libp2p-pubsub']

/** One that needs no C and downloads no other Go, and gives the same file wherever it is built. */
const ENVIRONMENT = { CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '-trimpath -buildvcs=false' }

/** go-libp2p, and the gossipsub that others are measured by. */
export const goPeer: Peer = {
  name: 'go',
  versions: LIBRARIES.map((library) => `${library} ${versionOf(library)}`).join(', '),
  toolchain: 'go',
  programs: PROGRAMS,

  async build (onProgress, signal) {
    const go = findProgram('go')

    if (go == null) {
      throw new MissingToolchainError('go-libp2p needs go, and there is none')
    }

    const version = execFileSync(go, ['env', 'GOVERSION'], { encoding: 'utf8', env: { ...process.env, ...ENVIRONMENT } })
    assertNewEnough(version)
    const folder = await buildCached({
      name: 'go',
      sources: [MODULE],
      extra: version,
      outputs: PROGRAMS,
      build: async (to, onLine) => runBuild({
        file: go,
        args: ['build', '-v', '-o', `${to}/`, './cmd/...'],
        cwd: MODULE,
        env: { ...process.env, ...ENVIRONMENT },
        signal
      }, onLine)
    }, onProgress)

    return Object.fromEntries(PROGRAMS.map((name) => [name, { file: join(folder, name), args: [] }])) satisfies Programs
  }
}

/**
 * @param version - as Go says it: `go1.24.4`, `devel go1.25-abcdef`; nothing where it is older than 1.16
 * @throws {MissingToolchainError} when the module file asks for a newer one
 */
export function assertNewEnough (version: string, wanted = wantedVersion()): void {
  const [, found] = /\bgo(\d+(?:\.\d+)*)/.exec(version) ?? []

  if (found == null || isOlder(found, wanted)) {
    throw new MissingToolchainError(`go-libp2p needs Go ${wanted} or newer, and there is ${found ?? 'an older one'}`)
  }
}

function isOlder (version: string, wanted: string): boolean {
  const [numbers, wantedNumbers] = [version, wanted].map((text) => text.split('.').map(Number))
  const first = wantedNumbers.findIndex((number, index) => number !== (numbers[index] ?? 0))

  return first !== -1 && (numbers[first] ?? 0) < wantedNumbers[first]
}

function wantedVersion (): string {
  const version = /^go (\S+)$/m.exec(readFileSync(join(MODULE, 'go.mod'), 'utf8'))?.[1]

  if (version == null) {
    throw new Error('go.mod does not say which Go it needs')
  }

  return version
}

/** Of a library of libp2p, in the module file. */
function versionOf (library: string): string {
  const version = new RegExp(`^\\s+github\\.com/libp2p/${library} (v\\S+)`, 'm').exec(readFileSync(join(MODULE, 'go.mod'), 'utf8'))?.[1]

  if (version == null) {
    throw new Error(`go.mod does not have ${library}`)
  }

  return version
}
