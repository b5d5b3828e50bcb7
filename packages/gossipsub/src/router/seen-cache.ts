import { idKey } from './message-id.ts'
import type { IdKey } from './message-id.ts'

export interface SeenCacheInit {
  /** For how long at least an id is kept, ms; it may be kept twice as long. */
  ttlMs: number
  /** Most ids that are kept; under pressure an id goes before its time. At least 2. */
  maxIds: number
}

/**
 * The ids of messages that came by before (gossipsub-v1.0.md "Message Cache", the `seen` cache): two generations. New ids
 * go into the young one; when that is old enough, or holds half of the ids allowed, it replaces the old one.
 */
export class SeenCache {
  private readonly ttlMs: number
  private readonly maxIdsPerGeneration: number
  private young = new Set<IdKey>()
  private old = new Set<IdKey>()
  private youngSince = -Infinity

  constructor (init: SeenCacheInit) {
    this.ttlMs = init.ttlMs
    this.maxIdsPerGeneration = Math.floor(init.maxIds / 2)
  }

  get size (): number {
    return this.young.size + this.old.size
  }

  has (id: Uint8Array): boolean {
    const key = idKey(id)

    return this.young.has(key) || this.old.has(key)
  }

  add (id: Uint8Array, now: number): void {
    this.expire(now)

    if (this.young.size === this.maxIdsPerGeneration) {
      this.startGeneration(now)
    }

    this.young.add(idKey(id))
  }

  /** Forget the ids whose time is over. */
  expire (now: number): void {
    const ageMs = now - this.youngSince

    if (ageMs >= this.ttlMs) {
      this.startGeneration(now)
    }
    if (ageMs >= 2 * this.ttlMs) {
      this.old.clear()
    }
  }

  private startGeneration (now: number): void {
    this.old = this.young
    this.young = new Set()
    this.youngSince = now
  }
}
