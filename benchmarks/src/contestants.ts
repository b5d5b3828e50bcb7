import type { Libp2pOptions } from 'libp2p'

/** A stack under test: how a user would configure it, with every default left alone. */
export interface Contestant {
  /** Where the server listens. The client listens nowhere. */
  listen: string
  options (): Libp2pOptions
}

export interface ContestantEntry {
  /** Whose versions the report names. */
  packages: string[]
  /** A process loads its own contestant and no other: two native bindings never share one. */
  load (): Promise<Contestant>
}

/** In the order in which they are measured. */
export const CONTESTANTS = {
  quicmesh: {
    packages: ['@quicmesh/quic-transport'],
    load: async () => (await import('./contestants/quicmesh.ts')).quicmesh
  },
  'chainsafe-quic': {
    packages: ['@chainsafe/libp2p-quic'],
    load: async () => (await import('./contestants/chainsafe-quic.ts')).chainsafeQuic
  },
  'tcp-noise-yamux': {
    packages: ['@libp2p/tcp', '@chainsafe/libp2p-noise', '@chainsafe/libp2p-yamux'],
    load: async () => (await import('./contestants/tcp-noise-yamux.ts')).tcpNoiseYamux
  }
} satisfies Record<string, ContestantEntry>

export type ContestantName = keyof typeof CONTESTANTS

export const CONTESTANT_NAMES = Object.keys(CONTESTANTS) as ContestantName[]

/** Whose figures are 1.00 in every ratio. */
export const RIVAL: ContestantName = 'chainsafe-quic'
