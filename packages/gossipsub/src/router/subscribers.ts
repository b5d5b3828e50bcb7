import { PeerSet } from './peer-set.ts'
import type { PeerIdStr, TopicStr } from './events.ts'
import type { PeerState } from './peer.ts'
import type { Random } from './random.ts'

/** Who announced which topic: `peers.gossipsub[topic]` and `peers.floodsub[topic]` of gossipsub-v1.0.md "Peering State". */
export class Subscribers {
  /** All subscribers that can be written to, by topic; a topic without subscribers has no key. */
  readonly topics = new Map<TopicStr, Set<PeerIdStr>>()

  private readonly meshCapable = new Map<TopicStr, PeerSet>()
  private readonly floodsub = new Map<TopicStr, Set<PeerIdStr>>()

  add (topic: TopicStr, peer: PeerState): void {
    peer.topics.add(topic)

    if (!peer.isWritable) {
      return
    }

    addTo(this.topics, topic, () => new Set(), peer.id)

    if (peer.features.mesh) {
      addTo(this.meshCapable, topic, () => new PeerSet(), peer.id)
    } else {
      addTo(this.floodsub, topic, () => new Set(), peer.id)
    }
  }

  delete (topic: TopicStr, peer: PeerState): void {
    peer.topics.delete(topic)
    deleteFrom(this.topics, topic, peer.id)
    deleteFrom(this.meshCapable, topic, peer.id)
    deleteFrom(this.floodsub, topic, peer.id)
  }

  all (topic: TopicStr): Iterable<PeerIdStr> {
    return this.topics.get(topic) ?? []
  }

  /** Subscribers that do not know of meshes and get every message. */
  floodsubPeers (topic: TopicStr): Iterable<PeerIdStr> {
    return this.floodsub.get(topic) ?? []
  }

  isMeshCapable (topic: TopicStr, peer: PeerIdStr): boolean {
    return this.meshCapable.get(topic)?.has(peer) ?? false
  }

  meshCapableCount (topic: TopicStr): number {
    return this.meshCapable.get(topic)?.size ?? 0
  }

  /** Up to `count` random mesh-capable subscribers that are eligible. */
  sample (topic: TopicStr, count: number, random: Random, isEligible: (peer: PeerIdStr) => boolean): PeerIdStr[] {
    return this.meshCapable.get(topic)?.sample(random, count, isEligible) ?? []
  }
}

interface Members {
  readonly size: number
  add(peer: PeerIdStr): unknown
  delete(peer: PeerIdStr): unknown
}

function addTo <S extends Members> (byTopic: Map<TopicStr, S>, topic: TopicStr, create: () => S, peer: PeerIdStr): void {
  let members = byTopic.get(topic)

  if (members == null) {
    members = create()
    byTopic.set(topic, members)
  }

  members.add(peer)
}

function deleteFrom <S extends Members> (byTopic: Map<TopicStr, S>, topic: TopicStr, peer: PeerIdStr): void {
  const members = byTopic.get(topic)

  members?.delete(peer)

  if (members?.size === 0) {
    byTopic.delete(topic)
  }
}
