import { decodeIds, idAt } from './encoded-ids.ts'
import { IdLog } from './id-log.ts'
import { IdPool } from './id-pool.ts'
import { KeyMap } from './key-map.ts'
import { MessageRing } from './message-ring.ts'
import { Slab } from './slab.ts'
import type { EncodedIds } from './encoded-ids.ts'
import type { CachedMessage, MessageId, PeerIdStr, TopicStr } from './events.ts'
import type { IdHash, IdKey } from './message-id.ts'
import type { Random } from './random.ts'

export interface MessageCacheInit {
  /** Heartbeats for which a message is kept: the number of windows. */
  length: number
  /** Windows that gossip is made of, the newest first. */
  gossipLength: number
  maxMessages: number
  /** Of encoded messages; their ids come on top. */
  maxBytes: number
  /** How often one peer may take one message. */
  maxTransmissions: number
  hash: Pick<IdHash, 'of'>
}

/**
 * The messages of the last heartbeats (gossipsub-v1.0.md "Message Cache"). Only valid messages are put, so nothing under
 * validation is ever announced or served. Messages come and go in order of arrival: a ring of all of them, and per topic a log of
 * their ids, in which each id carries the number of its window. Bytes in one piece are
 * copied; a list of pieces is kept as it is, and nobody may change it.
 *
 * Where a method takes a key it is that of the id; whoever has it already saves the hashing.
 */
export class MessageCache {
  private readonly init: MessageCacheInit
  private readonly ring = new MessageRing()
  private readonly slab = new Slab()
  private readonly logs = new Map<TopicStr, IdLog>()
  /** By key the number in the ring, plus 1. */
  private readonly numbers = new KeyMap(capacity => new Uint32Array(capacity))
  /** How often each peer took a message, by number; only of messages that were asked for. */
  private readonly transmissions = new Map<number, Map<PeerIdStr, number>>()
  private window = 0
  private bytes = 0
  /** What the last sample was taken from, until a message comes or goes. */
  private sampled?: { topic: TopicStr, pool: IdPool }

  constructor (init: MessageCacheInit) {
    this.init = init
  }

  get size (): number {
    return this.ring.size
  }

  get byteLength (): number {
    return this.bytes
  }

  /** Add a message to the newest window; at a bound the oldest messages make room. A message over `maxBytes` is not kept. */
  put ({ id, topic, encoded }: CachedMessage, key: IdKey = this.init.hash.of(id)): void {
    const { maxMessages, maxBytes } = this.init

    if (encoded.byteLength > maxBytes || this.numbers.get(key) !== 0) {
      return
    }

    this.sampled = undefined
    this.slab.store(encoded)
    const block = this.logOf(topic).push(id, this.window)
    const number = this.ring.push(key, this.slab.lastChunk, this.slab.lastOffset, encoded.byteLength, block)
    this.numbers.set(key, number + 1)
    this.bytes += encoded.byteLength

    while (this.ring.size > maxMessages || this.bytes > maxBytes) {
      this.dropOldest()
    }
  }

  get (id: Uint8Array, key?: IdKey): CachedMessage | undefined {
    const number = this.find(id, key)

    return number == null ? undefined : this.read(number)
  }

  /** The message for an IWANT of the peer, counted; `undefined` when it is gone or the peer took it too often. */
  take (id: Uint8Array, peer: PeerIdStr, key?: IdKey): CachedMessage | undefined {
    const number = this.find(id, key)

    return number == null || !this.count(number, peer) ? undefined : this.read(number)
  }

  /** Whether there is anything to announce for a topic. */
  hasGossip (topic: TopicStr): boolean {
    return this.logs.get(topic)?.hasSince(this.oldestGossipWindow) === true
  }

  /** The ids to announce for a topic, the oldest first; a new array each time. */
  gossipIds (topic: TopicStr): MessageId[] {
    return decodeIds(this.poolOf(topic).all)
  }

  /**
   * At most `count` ids to announce for a topic, encoded for an IHAVE. When there are more, every call gives another choice, so that the peers
   * together learn of more; when there are not, every call gives the same object.
   */
  gossipSample (topic: TopicStr, count: number, random: Random): EncodedIds {
    if (this.sampled?.topic !== topic) {
      this.sampled = { topic, pool: this.poolOf(topic) }
    }

    return this.sampled.pool.sample(count, random)
  }

  /** Begin a new window and drop the messages of the one that falls off the end. */
  shift (): void {
    this.window++
    this.sampled = undefined
    const oldestWindow = this.window - this.init.length + 1

    for (let number = this.ring.oldestNumber; number != null && this.ring.blockOf(number).window < oldestWindow; number = this.ring.oldestNumber) {
      this.dropOldest()
    }

    this.ring.shrink()
    this.numbers.shrink()

    if (this.size === 0) {
      this.slab.clear()
    }
  }

  private get oldestGossipWindow (): number {
    return this.window - this.init.gossipLength + 1
  }

  private poolOf (topic: TopicStr): IdPool {
    return new IdPool(this.logs.get(topic)?.blocksSince(this.oldestGossipWindow) ?? [])
  }

  /** Two ids may have one key, and nobody gets another message than it asked for. */
  private find (id: Uint8Array, key: IdKey = this.init.hash.of(id)): number | undefined {
    const number = this.numbers.get(key) - 1

    return number < 0 || !areEqual(this.idOf(number), id) ? undefined : number
  }

  private read (number: number): CachedMessage {
    return { id: this.idOf(number), topic: this.ring.blockOf(number).topic, encoded: this.ring.encodedOf(number) }
  }

  private idOf (number: number): MessageId {
    return idAt(this.ring.blockOf(number).bytes, this.ring.fieldOf(number))
  }

  /** Whether the peer may have the message once more. */
  private count (number: number, peer: PeerIdStr): boolean {
    let counts = this.transmissions.get(number)

    if (counts == null) {
      counts = new Map()
      this.transmissions.set(number, counts)
    }

    const count = counts.get(peer) ?? 0

    if (count >= this.init.maxTransmissions || (count === 0 && counts.size >= MAX_ASKERS_PER_MESSAGE)) {
      return false
    }

    counts.set(peer, count + 1)

    return true
  }

  private logOf (topic: TopicStr): IdLog {
    let log = this.logs.get(topic)

    if (log == null) {
      log = new IdLog(topic)
      this.logs.set(topic, log)
    }

    return log
  }

  private dropOldest (): void {
    const number = this.ring.oldestNumber

    if (number == null) {
      return
    }

    const { topic } = this.ring.blockOf(number)
    const log = this.logOf(topic)
    log.shift()

    if (log.isEmpty) {
      this.logs.delete(topic)
    }

    this.numbers.delete(this.ring.keyOf(number))
    this.transmissions.delete(number)
    this.bytes -= this.ring.lengthOf(number)
    this.ring.shift()
  }
}

/** One per cached message: different peers that can be answered, so that a crowd of ids does not grow the count of each. */
const MAX_ASKERS_PER_MESSAGE = 1_024

function areEqual (a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) {
    return false
  }

  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) {
      return false
    }
  }

  return true
}
