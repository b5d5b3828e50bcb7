/**
 * What a peer was told last and would not learn otherwise: that we left a topic, and that we pruned it. When a stream is reset, nobody
 * knows what of its last writes arrived. Subscriptions and the mesh are repeated on the next stream by the router, which no longer knows
 * of what it has withdrawn; this does, and says it once more.
 */
import type { RPC } from '../wire/rpc.ts'

/** How long before the end of a stream something was written that may not have arrived: what waits in buffers for a slow peer. */
export const UNCERTAIN_FOR_MS = 10_000

/** Most topics remembered of either kind, for one peer. */
export const MAX_WITHDRAWALS = 1_024

/** A PRUNE without a backoff means that of the reader, a minute (gossipsub-v1.1.md "Prune Backoff"). */
const DEFAULT_BACKOFF_S = 60

export interface Withdrawn {
  subscriptions: RPC.SubOpts[]
  prune: RPC.ControlPrune[]
}

export class Withdrawals {
  /** When we said that we left a topic, the longest ago first. */
  readonly #unsubscribed = new Map<string, number>()
  readonly #pruned = new Map<string, { prune: RPC.ControlPrune, atMs: number }>()

  /** This is written to the peer now. */
  written (subscriptions: RPC.SubOpts[], graft: RPC.ControlGraft[], prune: RPC.ControlPrune[], nowMs: number): void {
    for (const { topic = '', subscribe } of subscriptions) {
      this.#unsubscribed.delete(topic)

      if (subscribe !== true) {
        this.#unsubscribed.set(topic, nowMs)
      }
    }

    for (const { topicID = '' } of graft) {
      this.#pruned.delete(topicID)
    }

    for (const { topicID = '', backoff } of prune) {
      this.#pruned.delete(topicID)
      this.#pruned.set(topicID, { prune: { topicID, backoff, peers: [] }, atMs: nowMs })
    }

    // nothing that is written becomes certain before it is old, so this looks at few
    this.#forget(nowMs - UNCERTAIN_FOR_MS)
  }

  /** The stream has ended: what is older than that has arrived. */
  ended (nowMs: number): void {
    this.#forget(nowMs - UNCERTAIN_FOR_MS)
  }

  /** What is to be said again, with what is left of each backoff. A PRUNE whose backoff is over is not: the peer may be back in the mesh. */
  repeat (nowMs: number): Withdrawn {
    const prune: RPC.ControlPrune[] = []

    for (const { prune: { topicID, backoff, peers }, atMs } of this.#pruned.values()) {
      const elapsedS = Math.floor((nowMs - atMs) / 1_000)

      if (elapsedS < (backoff ?? DEFAULT_BACKOFF_S)) {
        prune.push({ topicID, backoff: backoff == null ? undefined : backoff - elapsedS, peers })
      }
    }

    return { subscriptions: [...this.#unsubscribed.keys()].map(topic => ({ topic, subscribe: false })), prune }
  }

  clear (): void {
    this.#unsubscribed.clear()
    this.#pruned.clear()
  }

  #forget (untilMs: number): void {
    for (const [topic, atMs] of this.#unsubscribed) {
      if (atMs >= untilMs && this.#unsubscribed.size <= MAX_WITHDRAWALS) {
        break
      }

      this.#unsubscribed.delete(topic)
    }

    for (const [topic, { atMs }] of this.#pruned) {
      if (atMs >= untilMs && this.#pruned.size <= MAX_WITHDRAWALS) {
        break
      }

      this.#pruned.delete(topic)
    }
  }
}
