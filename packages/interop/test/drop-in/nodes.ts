/** Nodes that run either implementation, behind the members that both have. */
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify, identifyPush } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import type { GossipSubComponents, GossipSub as RivalGossipSub, GossipsubOpts as RivalOpts } from '@libp2p/gossipsub'
import type { PublishOpts } from '@libp2p/gossipsub/types'
import type { Libp2p, PeerId, Startable } from '@libp2p/interface'
import type { Libp2pOptions } from 'libp2p'

/** What applications use of the rival beyond the interface that it publishes: its class has these. */
export interface Pubsub extends RivalGossipSub, Startable {
  readonly mesh: Map<string, Set<string>>
  readonly topics: Map<string, Set<string>>
  readonly peers: Map<string, PeerId>
  readonly direct: Set<string>
  readonly score: { score(peerId: string): number }
  isStarted(): boolean
  getMeshPeers(topic: string): string[]
  getScore(peerId: string): number
  dumpPeerScoreStats(): Record<string, object>
  reportMessageValidationResult(msgId: string, propagationSource: string, acceptance: string): void
  publish(topic: string, data?: Uint8Array, opts?: PublishOpts): Promise<{ recipients: PeerId[] }>
}

export type PubsubFactory = (options?: Partial<RivalOpts>) => (components: GossipSubComponents) => Pubsub

export type Node = Libp2p<{ pubsub: Pubsub }>

export interface Link {
  listen: string
  transport: NonNullable<Libp2pOptions['transports']>[number]
}

export const overTcp: Link = { listen: '/ip4/127.0.0.1/tcp/0', transport: tcp() }

export async function startNode (pubsub: (components: GossipSubComponents) => Pubsub, link: Link = overTcp): Promise<Node> {
  return createLibp2p({ ...networkOf(link), services: { identify: identify(), pubsub } })
}

/** A node without pubsub, and what its services are made of: the application makes pubsub later, by hand. */
export async function startBareNode (): Promise<Libp2p<{ components(): GossipSubComponents }>> {
  return createLibp2p({
    ...networkOf(overTcp),
    services: { identify: identify(), identifyPush: identifyPush(), components: (components: GossipSubComponents) => () => components }
  })
}

/** Polls, for the implementations tell of their state by different events. Mocha's time-out bounds it. */
export async function until (condition: () => boolean): Promise<void> {
  while (!condition()) {
    await sleep(10)
  }
}

export async function sleep (ms: number): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, ms))
}

function networkOf ({ listen, transport }: Link): Libp2pOptions {
  return {
    addresses: { listen: [listen] },
    transports: [transport],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    // all nodes of a test have one address, from which more than five connections a second are refused otherwise
    connectionManager: { inboundConnectionThreshold: 1_000 }
  }
}
