import type { Libp2pOptions } from 'libp2p'

/** A stack under test: how a user would configure it, with every default left alone. */
export interface Contestant {
  /** Where the server listens. The client listens nowhere. */
  listen: string
  options (): Libp2pOptions
}

export type ContestantEntry = Libp2pEntry | ProgramEntry

/** A libp2p stack in Node.js. */
export interface Libp2pEntry {
  /** Whose versions the report names. */
  packages: string[]
  usesUdp: boolean
  /** A process loads its own contestant and no other: two native bindings never share one. */
  load (): Promise<Contestant>
}

/** Something else that speaks the channel's language on standard input and output. */
export interface ProgramEntry {
  packages: string[]
  usesUdp: boolean
  /** Gives the path of the program, after building it if need be. */
  program (): Promise<string>
}

/** In the order in which they are measured. */
export const CONTESTANTS = {
  quicmesh: {
    packages: ['@quicmesh/quic-transport'],
    usesUdp: true,
    load: async () => (await import('./contestants/quicmesh.ts')).quicmesh
  },
  'chainsafe-quic': {
    packages: ['@chainsafe/libp2p-quic'],
    usesUdp: true,
    load: async () => (await import('./contestants/chainsafe-quic.ts')).chainsafeQuic
  },
  'tcp-noise-yamux': {
    packages: ['@libp2p/tcp', '@chainsafe/libp2p-noise', '@chainsafe/libp2p-yamux'],
    usesUdp: false,
    load: async () => (await import('./contestants/tcp-noise-yamux.ts')).tcpNoiseYamux
  },
  'tcp-tls-yamux': {
    packages: ['@libp2p/tcp', '@libp2p/tls', '@chainsafe/libp2p-yamux'],
    usesUdp: false,
    load: async () => (await import('./contestants/tcp-tls-yamux.ts')).tcpTlsYamux
  },
  'raw-quinn': {
    packages: [],
    usesUdp: true,
    program: async () => (await import('./contestants/raw-quinn.ts')).buildRawQuinn()
  }
} satisfies Record<string, ContestantEntry>

/** A key of `CONTESTANTS`. */
export type StackName = keyof typeof CONTESTANTS

/** A stack, or the name that the user gave to another build of ours. */
export type ContestantName = string

export const CONTESTANT_NAMES = Object.keys(CONTESTANTS) as StackName[]

/** What another build is measured as, and beside. */
export const OURS = 'quicmesh' satisfies StackName

/** Whose figures are 1.00 in the first ratio. */
export const RIVAL = 'chainsafe-quic' satisfies StackName

/** What else there are ratios to. */
export const FURTHER_BASELINES = ['tcp-noise-yamux', 'tcp-tls-yamux', 'raw-quinn'] satisfies StackName[]

/** `undefined` for a name that is not a stack's. */
export function contestantEntry (name: ContestantName): ContestantEntry | undefined {
  return new Map<string, ContestantEntry>(Object.entries(CONTESTANTS)).get(name)
}

/** As another build of ours does, too. */
export function usesUdp (name: ContestantName): boolean {
  return contestantEntry(name)?.usesUdp ?? true
}

/** Of JavaScript, which whatever else it has to do keeps from the transport. */
export function hasEventLoop (name: ContestantName): boolean {
  const entry = contestantEntry(name)

  return entry == null || 'load' in entry
}

/** Whose versions a report names. */
export function packagesOf (names: ContestantName[]): string[] {
  return ['libp2p', ...names.flatMap((name) => contestantEntry(name)?.packages ?? [])]
}
