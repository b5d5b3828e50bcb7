/** What both implementations have in public, so that one probe runs on either. */
import { gossipsub as rival } from '@libp2p/gossipsub'
import { gossipsub as ours } from '@quicmesh/gossipsub'
import type { GossipSubComponents } from '@libp2p/gossipsub'
import type { PeerId } from '@libp2p/interface'

export interface Message {
  topic: string
  data: Uint8Array
}

export interface Received {
  propagationSource: PeerId
  msgId: string
  msg: Message
}

export interface TopicStats {
  inMesh: boolean
  firstMessageDeliveries: number
  invalidMessageDeliveries: number
}

/** The members that the probes use. */
export interface Pubsub {
  readonly direct: Set<string>
  readonly topicValidators: Map<string, (source: PeerId, message: Message) => string>
  start(): Promise<void>
  stop(): Promise<void>
  subscribe(topic: string): void
  publish(topic: string, data: Uint8Array): Promise<unknown>
  getPeers(): PeerId[]
  getSubscribers(topic: string): PeerId[]
  getMeshPeers(topic: string): string[]
  getScore(peer: string): number
  dumpPeerScoreStats(): Record<string, { topics: Record<string, TopicStats> }>
  reportMessageValidationResult(msgId: string, source: string, acceptance: string): void
  addEventListener(type: string, listener: (event: CustomEvent) => void): void
}

export type Factory = (options: object) => (components: GossipSubComponents) => Pubsub

export type ImplementationName = 'ours' | 'rival'

export const implementations: Record<ImplementationName, Factory> = {
  ours: ours as unknown as Factory,
  rival: rival as unknown as Factory
}
