/** Both implementations, behind the same members. */
import { gossipsub as rival } from '@libp2p/gossipsub'
import { gossipsub as ours } from '@quicmesh/gossipsub'
import type { PubsubFactory } from './nodes.ts'

export type ImplementationName = 'quicmesh' | 'libp2p'

export const implementations: Record<ImplementationName, PubsubFactory> = {
  quicmesh: ours as unknown as PubsubFactory,
  libp2p: rival as unknown as PubsubFactory
}
