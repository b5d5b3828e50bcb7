/** Two programs of interop's peers: whose the client is, and whose the server. */
export interface PairEntry {
  client: PeerName
  server: PeerName
}

export type PeerName = 'quicmesh' | 'go' | 'rust' | 'chainsafe'

/** `CLIENT-SERVER`, in the order in which they are measured: each with its like, and ours with go's and rust's each way. */
export const CONTESTANTS = {
  'quicmesh-quicmesh': { client: 'quicmesh', server: 'quicmesh' },
  'go-go': { client: 'go', server: 'go' },
  'rust-rust': { client: 'rust', server: 'rust' },
  'quicmesh-go': { client: 'quicmesh', server: 'go' },
  'go-quicmesh': { client: 'go', server: 'quicmesh' },
  'quicmesh-rust': { client: 'quicmesh', server: 'rust' },
  'rust-quicmesh': { client: 'rust', server: 'quicmesh' },
  'chainsafe-chainsafe': { client: 'chainsafe', server: 'chainsafe' }
} satisfies Record<string, PairEntry>

export type KnownContestant = keyof typeof CONTESTANTS

/** One of `CONTESTANTS`, or the name that the user gave to another build of ours. */
export type ContestantName = string

export const CONTESTANT_NAMES = Object.keys(CONTESTANTS) as KnownContestant[]

/** What another build is measured as, and beside. */
export const OURS = 'quicmesh-quicmesh' satisfies KnownContestant

/** Whom there are ratios to. */
export const BASELINES = ['go-go', 'rust-rust', 'chainsafe-chainsafe'] satisfies KnownContestant[]

/** Another build of ours is both of its sides. */
export function pairOf (name: ContestantName): PairEntry {
  return new Map<string, PairEntry>(Object.entries(CONTESTANTS)).get(name) ?? CONTESTANTS[OURS]
}

/** Each once. */
export function peersOf (names: ContestantName[]): PeerName[] {
  return [...new Set(names.map(pairOf).flatMap(({ client, server }) => [client, server]))]
}
