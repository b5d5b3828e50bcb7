import type { PeerIdStr, TopicStr } from './router/events.ts'
import type { RPC } from './wire/rpc.ts'

/**
 * What peers announced that are connected but cannot be written to. To the router they are gone, so that no mesh relies on them; a peer
 * announces its topics only once, so somebody has to know them when it can be written to again.
 */
export class UnreachablePeers {
  readonly #maxTopics: number
  readonly #topics = new Map<PeerIdStr, Set<TopicStr>>()

  /** @param maxTopics - most topics remembered of one peer */
  constructor (maxTopics: number) {
    this.#maxTopics = maxTopics
  }

  has (peer: PeerIdStr): boolean {
    return this.#topics.has(peer)
  }

  add (peer: PeerIdStr, topics: ReadonlyMap<TopicStr, ReadonlySet<PeerIdStr>>): void {
    const announced = [...topics].filter(([, subscribers]) => subscribers.has(peer)).map(([topic]) => topic)
    this.#topics.set(peer, new Set(announced))
  }

  /** It announced changes while it cannot be written to. */
  update (peer: PeerIdStr, subscriptions: RPC.SubOpts[]): void {
    const topics = this.#topics.get(peer)

    for (const { topic, subscribe } of subscriptions) {
      if (topic == null || topics == null) {
        continue
      }

      if (subscribe !== true) {
        topics.delete(topic)
      } else if (topics.size < this.#maxTopics) {
        topics.add(topic)
      }
    }
  }

  /** It is back, or gone for good: what it had announced, or undefined if it was not here. */
  take (peer: PeerIdStr): RPC.SubOpts[] | undefined {
    const topics = this.#topics.get(peer)
    this.#topics.delete(peer)

    return topics == null ? undefined : [...topics].map(topic => ({ topic, subscribe: true }))
  }
}
