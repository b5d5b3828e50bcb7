import type { IdKey } from './message-id.ts'

/**
 * The messages that one peer does not want (gossipsub-v1.2.md "IDONTWANT Message"), in one generation per heartbeat. At most
 * `idontwantMaxMessages` in each of `idontwantTtl` generations.
 */
export class Unwanted {
  /** The youngest first. */
  private generations: Array<Set<IdKey>> = []

  get isEmpty (): boolean {
    return this.generations.length === 0
  }

  has (key: IdKey): boolean {
    for (const keys of this.generations) {
      if (keys.has(key)) {
        return true
      }
    }

    return false
  }

  /** Whether there was room in this heartbeat. */
  add (key: IdKey, maxPerHeartbeat: number): boolean {
    if (this.generations.length === 0) {
      this.generations.push(new Set())
    }

    const [youngest] = this.generations

    if (youngest.size >= maxPerHeartbeat) {
      return youngest.has(key)
    }

    youngest.add(key)

    return true
  }

  /** A heartbeat passed: forget those of `ttl` heartbeats ago. */
  shift (ttl: number): void {
    if (this.generations.length === 0) {
      return
    }

    this.generations = this.generations.slice(0, ttl - 1)

    // nothing is kept for a peer that has said nothing for so long
    if (this.generations.some(keys => keys.size > 0)) {
      this.generations.unshift(new Set())
    } else {
      this.generations = []
    }
  }
}
