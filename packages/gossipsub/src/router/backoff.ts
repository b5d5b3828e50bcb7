import type { PeerIdStr, TopicStr } from './events.ts'

export interface BackoffInit {
  /** How much longer than a peer's backoff we wait ourselves before we graft it: clocks and frames take time. */
  slackMs: number
  /** Most pairs of peer and topic; at the bound the one that was set longest ago goes first. */
  maxEntries: number
}

/**
 * Until when a peer must not be grafted in a topic (gossipsub-v1.1.md "Prune Backoff"). Outlives the peer's connection:
 * to reconnect is no way around it.
 */
export class Backoff {
  private readonly slackMs: number
  private readonly maxEntries: number
  private readonly expiries = new Map<string, number>()
  private nextSweepAt = -Infinity

  constructor (init: BackoffInit) {
    this.slackMs = init.slackMs
    this.maxEntries = init.maxEntries
  }

  get size (): number {
    return this.expiries.size
  }

  /** Begin a backoff, or make one longer; never shorter. */
  start (topic: TopicStr, peer: PeerIdStr, durationMs: number, now: number): void {
    const key = keyOf(topic, peer)
    const expiry = Math.max(this.expiries.get(key) ?? 0, now + Math.min(durationMs, MAX_BACKOFF_MS))

    this.expiries.delete(key)
    this.expiries.set(key, expiry)

    for (const oldest of this.expiries.keys()) {
      if (this.expiries.size <= this.maxEntries) {
        break
      }
      this.expiries.delete(oldest)
    }
  }

  /** When the backoff ends, or `-Infinity`. */
  expiry (topic: TopicStr, peer: PeerIdStr): number {
    return this.expiries.get(keyOf(topic, peer)) ?? -Infinity
  }

  /** Whether a GRAFT from the peer is to be refused. */
  isActive (topic: TopicStr, peer: PeerIdStr, now: number): boolean {
    return now < this.expiry(topic, peer)
  }

  /** Whether we may graft the peer: the backoff and the slack are over. */
  isOver (topic: TopicStr, peer: PeerIdStr, now: number): boolean {
    return now >= this.expiry(topic, peer) + this.slackMs
  }

  /** What is left of each backoff, ms. */
  * remainingMs (now: number, isWanted: (peer: PeerIdStr) => boolean): Generator<number> {
    for (const [key, expiry] of this.expiries) {
      if (expiry > now && isWanted(key.slice(0, key.indexOf(SEPARATOR)))) {
        yield expiry - now
      }
    }
  }

  /** Forget what is over. Looks at all entries, but only every so often. */
  expire (now: number): void {
    if (now < this.nextSweepAt) {
      return
    }

    this.nextSweepAt = now + SWEEP_INTERVAL_SLACKS * this.slackMs

    for (const [key, expiry] of this.expiries) {
      if (now >= expiry + this.slackMs) {
        this.expiries.delete(key)
      }
    }
  }
}

/** The longest backoff that a peer can impose, 3,600 s: an unbounded one would hold memory and links for ever. */
const MAX_BACKOFF_MS = 3_600_000

/** The slack is one heartbeat: a sweep every 15 of them. */
const SWEEP_INTERVAL_SLACKS = 15

/** Peer ids are base58 or base36 text, so it cannot be part of one. */
const SEPARATOR = '\0'

function keyOf (topic: TopicStr, peer: PeerIdStr): string {
  return `${peer}${SEPARATOR}${topic}`
}
