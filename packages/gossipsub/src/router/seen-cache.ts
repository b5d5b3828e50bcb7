import { KeyMap } from './key-map.ts'
import type { IdKey } from './message-id.ts'

export interface SeenCacheInit {
  /** For how long at least an id is kept, ms; it may be kept twice as long. */
  ttlMs: number
  /** Most ids that are kept; under pressure an id goes before its time. At least 2. */
  maxIds: number
}

/** What is known of a message id. */
export const UNSEEN = 0
export const VALID = 1
export const IGNORED = 2
export const INVALID = 3

export type SeenStatus = typeof UNSEEN | typeof VALID | typeof IGNORED | typeof INVALID

/**
 * The ids of messages that came by before (gossipsub-v1.0.md "Message Cache", the `seen` cache) and what became of them: two
 * generations. New ids go into the young one; when that is old enough, or holds half of the ids allowed, it replaces the old one. Each
 * generation begins small, so that the memory of a burst goes with it.
 */
export class SeenCache {
  private readonly ttlMs: number
  private readonly maxIdsPerGeneration: number
  private young = createGeneration()
  private old = createGeneration()
  private youngSince = -Infinity

  constructor (init: SeenCacheInit) {
    this.ttlMs = init.ttlMs
    this.maxIdsPerGeneration = Math.floor(init.maxIds / 2)
  }

  get size (): number {
    return this.young.size + this.old.size
  }

  /** Bytes of memory. */
  get byteLength (): number {
    return this.young.byteLength + this.old.byteLength
  }

  /** `UNSEEN`, which is 0, or what was added. */
  status (key: IdKey): SeenStatus {
    const status = this.young.get(key)

    return (status === UNSEEN ? this.old.get(key) : status) as SeenStatus
  }

  /** An id that was seen before gets the new status and goes when it would have gone. */
  add (key: IdKey, status: Exclude<SeenStatus, typeof UNSEEN>, now: number): void {
    this.expire(now)

    if (this.old.get(key) !== UNSEEN) {
      this.old.set(key, status)
      return
    }
    if (this.young.size >= this.maxIdsPerGeneration && this.young.get(key) === UNSEEN) {
      this.startGeneration(now)
    }

    this.young.set(key, status)
  }

  /** Forget the ids whose time is over. */
  expire (now: number): void {
    const ageMs = now - this.youngSince

    if (ageMs >= this.ttlMs) {
      this.startGeneration(now)
    }
    if (ageMs >= 2 * this.ttlMs) {
      this.old = createGeneration()
    }
  }

  private startGeneration (now: number): void {
    this.old = this.young
    this.young = createGeneration()
    this.youngSince = now
  }
}

function createGeneration (): KeyMap {
  return new KeyMap(capacity => new Uint8Array(capacity))
}
