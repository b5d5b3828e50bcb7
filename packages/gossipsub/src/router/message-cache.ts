import { idKey } from './message-id.ts'
import type { MessageId, PeerIdStr, RoutedMessage, TopicStr } from './events.ts'
import type { IdKey } from './message-id.ts'

export interface MessageCacheInit {
  /** Heartbeats for which a message is kept: the number of windows. */
  length: number
  /** Windows that gossip is made of, the newest first. */
  gossipLength: number
  maxMessages: number
  maxBytes: number
  /** How often one peer may take one message. */
  maxTransmissions: number
}

/**
 * The messages of the last heartbeats (gossipsub-v1.0.md "Message Cache"). Only valid messages are put, so nothing under
 * validation is ever announced or served. Messages come and go in order of arrival: a queue of all of them, and one per
 * topic, in which each message carries the number of its window.
 */
export class MessageCache {
  private readonly init: MessageCacheInit
  private readonly messages = new Map<IdKey, CachedMessage>()
  private readonly byTopic = new Map<TopicStr, Set<CachedMessage>>()
  private window = 0
  private bytes = 0

  constructor (init: MessageCacheInit) {
    this.init = init
  }

  get size (): number {
    return this.messages.size
  }

  get byteLength (): number {
    return this.bytes
  }

  /** Add a message to the newest window; at a bound the oldest messages make room. A message over `maxBytes` is not kept. */
  put (message: RoutedMessage): void {
    const { maxMessages, maxBytes } = this.init
    const key = idKey(message.id)

    if (this.messages.has(key) || message.encoded.byteLength > maxBytes) {
      return
    }

    this.bytes += message.encoded.byteLength
    const cached = { message, window: this.window, transmissions: new Map() }
    this.messages.set(key, cached)
    this.ofTopic(message.topic).add(cached)

    this.dropOldestWhile(() => this.messages.size > maxMessages || this.bytes > maxBytes)
  }

  get (id: Uint8Array): RoutedMessage | undefined {
    return this.messages.get(idKey(id))?.message
  }

  /** The message for an IWANT of the peer, counted; `undefined` when it is gone or the peer took it too often. */
  take (id: Uint8Array, peer: PeerIdStr): RoutedMessage | undefined {
    const cached = this.messages.get(idKey(id))

    if (cached == null) {
      return undefined
    }

    const count = cached.transmissions.get(peer) ?? 0

    if (count >= this.init.maxTransmissions || (count === 0 && cached.transmissions.size >= MAX_ASKERS_PER_MESSAGE)) {
      return undefined
    }

    cached.transmissions.set(peer, count + 1)

    return cached.message
  }

  /** The ids to announce for a topic, the oldest first; a new array each time. */
  gossipIds (topic: TopicStr): MessageId[] {
    const oldestWindow = this.window - this.init.gossipLength + 1
    const ids: MessageId[] = []

    for (const cached of this.byTopic.get(topic) ?? []) {
      if (cached.window >= oldestWindow) {
        ids.push(cached.message.id)
      }
    }

    return ids
  }

  /** Begin a new window and drop the messages of the one that falls off the end. */
  shift (): void {
    this.window++
    const oldestWindow = this.window - this.init.length + 1

    this.dropOldestWhile(cached => cached.window < oldestWindow)
  }

  private ofTopic (topic: TopicStr): Set<CachedMessage> {
    let cached = this.byTopic.get(topic)

    if (cached == null) {
      cached = new Set()
      this.byTopic.set(topic, cached)
    }

    return cached
  }

  private dropOldestWhile (isTooMuch: (cached: CachedMessage) => boolean): void {
    for (const [key, cached] of this.messages) {
      if (!isTooMuch(cached)) {
        return
      }

      this.messages.delete(key)
      this.bytes -= cached.message.encoded.byteLength
      const ofTopic = this.ofTopic(cached.message.topic)
      ofTopic.delete(cached)

      if (ofTopic.size === 0) {
        this.byTopic.delete(cached.message.topic)
      }
    }
  }
}

/** One per cached message: different peers that can be answered, so that a crowd of ids does not grow the count of each. */
const MAX_ASKERS_PER_MESSAGE = 1_024

interface CachedMessage {
  readonly message: RoutedMessage
  readonly window: number
  readonly transmissions: Map<PeerIdStr, number>
}
