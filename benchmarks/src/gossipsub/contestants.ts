import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BenchOptions } from './pubsub-options.ts'
import type { Message } from '@libp2p/gossipsub'
import type { PeerId } from '@libp2p/interface'
import type { GossipSubComponents } from '@quicmesh/gossipsub'
import type { Program } from '@quicmesh/interop/peers'

/** As much of a pubsub service as the benchmark uses: what all contestants have in common. */
export interface Pubsub {
  start(): void | Promise<void>
  stop(): void | Promise<void>
  subscribe(topic: string): void
  publish(topic: string, data: Uint8Array): Promise<unknown>
  getMeshPeers(topic: string): string[]
  getSubscribers(topic: string): PeerId[]
  addEventListener(type: 'message', listener: (evt: CustomEvent<Message>) => void): void
  addEventListener(type: 'gossipsub:heartbeat', listener: () => void): void
}

export type PubsubFactory = (options: BenchOptions) => (components: GossipSubComponents) => Pubsub

export type Contestant = ServiceContestant | PeerContestant

/** A pubsub service of js-libp2p. */
export interface ServiceContestant {
  /** Whose version the report names. */
  packageName: string
  /** A process loads its own contestant and no other. */
  load(): Promise<PubsubFactory>
}

/** Whole nodes of another libp2p, in a program that this repository tests interoperability with. */
export interface PeerContestant {
  /** By the name that it has there. */
  peer: string
}

/** In the order in which they are measured. */
export const CONTESTANTS = {
  quicmesh: {
    packageName: '@quicmesh/gossipsub',
    load: async () => (await import('@quicmesh/gossipsub')).gossipsub
  },
  'libp2p-17': {
    packageName: '@libp2p/gossipsub',
    load: async () => untold((await import('@libp2p/gossipsub')).gossipsub)
  },
  'libp2p-16': {
    packageName: '@libp2p/gossipsub-16',
    load: async () => untold((await import('@libp2p/gossipsub-16')).gossipsub)
  },
  go: { peer: 'go' },
  rust: { peer: 'rust' }
} satisfies Record<string, Contestant>

export type KnownContestant = keyof typeof CONTESTANTS

/** One of `CONTESTANTS`, or the name that the user gave to another build of ours. */
export type ContestantName = string

export const CONTESTANT_NAMES = Object.keys(CONTESTANTS) as KnownContestant[]

/** Those that run in Node.js, and are in every figure. */
export const SERVICE_NAMES = CONTESTANT_NAMES.filter((name) => peerOf(name) == null)

/** What another build is measured as, and beside. */
export const OURS = 'quicmesh' satisfies KnownContestant

/** Whose figures are 1.00 in the ratios. */
export const RIVAL = 'libp2p-17' satisfies KnownContestant

/** What else there are ratios to. */
export const FURTHER_BASELINES = ['go', 'rust'] satisfies KnownContestant[]

/** What a process is, or is told to load. */
export interface ContestantInit {
  name: ContestantName
  /** The folder of another build of our package, with its `dist`. */
  buildPath?: string
  /** Whose nodes it is. */
  program?: Program
}

export async function loadContestant ({ name, buildPath }: ContestantInit): Promise<PubsubFactory> {
  if (buildPath != null) {
    const module: { gossipsub: PubsubFactory } = await import(pathToFileURL(join(buildPath, 'dist/src/index.js')).href)

    return module.gossipsub
  }

  const contestant = contestantOf(name)

  if (contestant == null || !('load' in contestant)) {
    throw new Error(`${name} is no pubsub service`)
  }

  return contestant.load()
}

/** Its name among the peers of interoperability; `undefined` for what runs in Node.js. */
export function peerOf (name: ContestantName): string | undefined {
  const contestant = contestantOf(name)

  return contestant != null && 'peer' in contestant ? contestant.peer : undefined
}

/** Whose versions a report names: those that a contestant runs on among them. */
export function packagesOf (names: ContestantName[]): string[] {
  const packages = names.flatMap((name) => {
    const contestant = contestantOf(name)

    return contestant != null && 'packageName' in contestant ? [contestant.packageName] : []
  })

  return ['libp2p', '@quicmesh/quic-transport', '@chainsafe/libp2p-quic', ...packages]
}

function contestantOf (name: ContestantName): Contestant | undefined {
  return new Map<string, Contestant>(Object.entries(CONTESTANTS)).get(name)
}

/** Their types do not tell of all that they have. */
function untold (factory: (options: BenchOptions) => (components: GossipSubComponents) => object): PubsubFactory {
  return factory as PubsubFactory
}
