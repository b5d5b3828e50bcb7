import { KeyedQueue } from './keyed-queue.ts'
import type { PeerIdStr, TopicStr } from './events.ts'
import type { IdKey } from './message-id.ts'

export interface DeliveriesInit {
  windowMs: number
  /** Most messages; the oldest go first. */
  maxMessages: number
}

export interface Delivery {
  readonly key: IdKey
  readonly topic: TopicStr
  readonly validatedAt: number
  /** Who delivered it: each is counted once. */
  readonly peers: PeerIdStr[]
}

/**
 * The messages that were validated a moment ago: a mesh peer that sends one of them a little late has delivered it as well
 * (gossipsub-v1.1.md "Score Function", P3, meshMessageDeliveriesWindow).
 */
export class Deliveries {
  /** For how long a copy of a valid message still counts as a delivery, ms. 0 where no topic counts them. */
  windowMs: number
  private readonly maxMessages: number
  private readonly deliveries = new KeyedQueue<Delivery>()

  constructor ({ windowMs, maxMessages }: DeliveriesInit) {
    this.windowMs = windowMs
    this.maxMessages = maxMessages
  }

  get size (): number {
    return this.deliveries.size
  }

  /** `delivery` is kept and changed. */
  add (delivery: Delivery, now: number): void {
    this.expire(now)
    this.deliveries.add(delivery)
  }

  /** The message, when this is the first copy of the peer's; undefined when it does not count. */
  count (key: IdKey, peer: PeerIdStr): Delivery | undefined {
    const delivery = this.deliveries.get(key)

    if (delivery == null || delivery.peers.length >= MAX_PEERS_PER_MESSAGE || delivery.peers.includes(peer)) {
      return undefined
    }

    delivery.peers.push(peer)

    return delivery
  }

  /** The oldest come first. */
  expire (now: number): void {
    for (let oldest = this.deliveries.oldest; oldest != null; oldest = this.deliveries.oldest) {
      if (now - oldest.validatedAt <= this.windowMs && this.deliveries.size < this.maxMessages) {
        return
      }

      this.deliveries.delete(oldest.key)
    }
  }
}

/** More peers are in no mesh. */
const MAX_PEERS_PER_MESSAGE = 1_024
