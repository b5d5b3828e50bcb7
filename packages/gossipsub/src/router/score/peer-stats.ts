import { noAddresses } from './ip-colocation.ts'
import { TopicStats } from './topic-stats.ts'
import type { PeerAddresses } from './ip-colocation.ts'
import type { PeerIdStr, TopicStr } from './names.ts'
import type { ScoredTopic } from './topic-stats.ts'

/** What is counted for one peer. */
export class PeerStats {
  readonly peer: PeerIdStr
  connected = true
  /** When the stats of a peer that left are forgotten, in the clock of the caller; 0 while it is connected. */
  expire = 0
  addresses: PeerAddresses = noAddresses
  behaviourPenalty = 0
  slowPeerPenalty = 0
  /** Only topics that are scored and in which the peer did something. */
  readonly topics = new Map<TopicStr, TopicStats>()

  private readonly topicList: TopicStats[] = []
  private cachedTopicSum = 0
  private isStale = false

  constructor (peer: PeerIdStr) {
    this.peer = peer
  }

  /** The stats of a topic, to change them. */
  change (name: TopicStr, topic: ScoredTopic): TopicStats {
    let stats = this.topics.get(name)

    if (stats == null) {
      stats = new TopicStats(topic)
      this.topics.set(name, stats)
      this.topicList.push(stats)
    }

    this.isStale = true

    return stats
  }

  /** What all topics add to the score, before the cap. */
  topicSum (): number {
    if (this.isStale) {
      let sum = 0

      for (const topic of this.topicList) {
        sum += topic.score()
      }

      this.cachedTopicSum = sum
      this.isStale = false
    }

    return this.cachedTopicSum
  }

  refreshTopics (decayToZero: number, now: number): void {
    for (const topic of this.topicList) {
      topic.refresh(decayToZero, now)
    }

    this.isStale = true
  }

  onDisconnect (): void {
    for (const topic of this.topicList) {
      topic.onDisconnect()
    }

    this.connected = false
    this.isStale = true
  }
}
