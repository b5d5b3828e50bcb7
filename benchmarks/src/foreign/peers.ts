import { BuiltPeers, PEERS } from '@quicmesh/interop/peers'
import { abortedByInterruption } from './interruption.ts'
import type { LeftOut } from '../suite.ts'
import type { Failure, TurnsInit } from '../turns.ts'
import type { Peer, Program, ProgramName } from '@quicmesh/interop/peers'

/** What a contestant needs of the peers that interoperability is tested with. */
export interface Needs {
  contestant: string
  /** By name: 'go', 'rust', 'quicmesh', 'chainsafe'. */
  peers: string[]
  program: ProgramName
}

export interface ForeignPrograms {
  /** Of the contestants that have all that they need: by the name of the peer. */
  programs: Map<string, Record<string, Program>>
  /** Those that nothing here can build. */
  leftOut: LeftOut[]
  /** Those that do not build though everything for it is here. */
  failures: Failure[]
}

export interface BuildInit extends Pick<TurnsInit, 'onProgress'> {
  /** All that there are unless told. */
  peers?: Peer[]
}

/** Builds what these contestants need and is not in the cache: minutes for each of go and rust, and next to nothing from then on. A build ends with this process. */
export async function buildPrograms (needs: Needs[], { onProgress, peers = PEERS }: BuildInit = {}): Promise<ForeignPrograms> {
  const wanted = new Set(needs.flatMap(({ peers }) => peers))
  const onLine = (peer: string, line: string): void => { onProgress?.({ text: `build ${peer}: ${line}`, done: 0, total: needs.length }) }
  const built = await abortedByInterruption(async (signal) => BuiltPeers.build(peers.filter(({ name }) => wanted.has(name)), onLine, signal))
  const outcome: ForeignPrograms = { programs: new Map(), leftOut: [], failures: [] }

  for (const need of needs) {
    sort(need, built, outcome)
  }

  return outcome
}

/** Their libraries by name, as in a result's list of packages: `{ 'go-libp2p': 'v0.52.0' }`. */
export function versionsOf (names: string[], peers: Peer[] = PEERS): Record<string, string> {
  const libraries = peers.filter(({ name }) => names.includes(name)).flatMap(({ versions }) => versions.split(', '))

  return Object.fromEntries(libraries.map((library) => {
    const space = library.lastIndexOf(' ')

    return [library.slice(0, space), library.slice(space + 1).replace(/^v/, '')]
  }))
}

function sort ({ contestant, peers, program }: Needs, built: BuiltPeers, { programs, leftOut, failures }: ForeignPrograms): void {
  const missing = peers.flatMap((peer) => built.missing(peer, program) ?? [])
  const failure = missing.find(({ isFailure }) => isFailure)

  if (failure != null) {
    failures.push({ contestant, during: 'build', error: failure.reason })
  } else if (missing.length > 0) {
    leftOut.push({ contestant, reason: missing[0].reason })
  } else {
    programs.set(contestant, Object.fromEntries(peers.flatMap((peer) => {
      const found = built.programs(peer)[program]

      return found == null ? [] : [[peer, found]]
    })))
  }
}
