import type { PeerIdStr } from './names.ts'
import type { PeerStats } from './peer-stats.ts'

/**
 * The stats of peers that left, until they expire: to reconnect does not wash a score (gossipsub-v1.1.md "Score Retention
 * After Disconnect"; defect 1). At the bound the least negative score goes first, of equal ones the one that is the next
 * to expire: who has done the most harm is remembered the longest.
 */
export class RetainedScores {
  /** In the order in which they expire: all are retained for the same time. */
  private readonly entries = new Map<PeerIdStr, Entry>()
  /** A binary heap, the next to be evicted at the root. */
  private readonly heap: Entry[] = []
  private readonly maxEntries: number
  private readonly onForget: (stats: PeerStats) => void

  /**
   * @param maxEntries - most scores kept
   * @param onForget - hears of each that expires or is evicted
   */
  constructor (maxEntries: number, onForget: (stats: PeerStats) => void) {
    this.maxEntries = maxEntries
    this.onForget = onForget
  }

  get size (): number {
    return this.entries.size
  }

  get (peer: PeerIdStr): PeerStats | undefined {
    return this.entries.get(peer)?.stats
  }

  * values (): Generator<PeerStats> {
    for (const { stats } of this.entries.values()) {
      yield stats
    }
  }

  /** Keep the stats until `stats.expire`. The score that the peer left with decides for how long under pressure. */
  add (stats: PeerStats, score: number): void {
    const entry = { stats, score, index: this.heap.length }

    this.entries.set(stats.peer, entry)
    this.heap.push(entry)
    this.siftUp(entry)

    if (this.heap.length > this.maxEntries) {
      this.forget(this.heap[0])
    }
  }

  /** Hand back the stats of a peer that returns, unless they have expired. */
  take (peer: PeerIdStr, now: number): PeerStats | undefined {
    const entry = this.entries.get(peer)

    if (entry == null) {
      return undefined
    }
    if (now > entry.stats.expire) {
      this.forget(entry)

      return undefined
    }

    this.remove(entry)

    return entry.stats
  }

  /** Forget what has expired. */
  expire (now: number): void {
    for (const entry of this.entries.values()) {
      if (now <= entry.stats.expire) {
        break
      }
      this.forget(entry)
    }
  }

  private forget (entry: Entry): void {
    this.remove(entry)
    this.onForget(entry.stats)
  }

  private remove (entry: Entry): void {
    this.entries.delete(entry.stats.peer)

    const last = this.heap.pop()

    if (last != null && last !== entry) {
      this.put(last, entry.index)
      this.siftUp(last)
      this.siftDown(last)
    }
  }

  private siftUp (entry: Entry): void {
    while (entry.index > 0) {
      const parent = this.heap[(entry.index - 1) >> 1]

      if (!isEvictedBefore(entry, parent)) {
        return
      }
      this.swap(entry, parent)
    }
  }

  private siftDown (entry: Entry): void {
    for (;;) {
      const left = this.heap[2 * entry.index + 1]
      const right = this.heap[2 * entry.index + 2]
      const child = right != null && isEvictedBefore(right, left) ? right : left

      if (child == null || !isEvictedBefore(child, entry)) {
        return
      }
      this.swap(entry, child)
    }
  }

  private swap (a: Entry, b: Entry): void {
    const index = a.index

    this.put(a, b.index)
    this.put(b, index)
  }

  private put (entry: Entry, index: number): void {
    this.heap[index] = entry
    entry.index = index
  }
}

interface Entry {
  readonly stats: PeerStats
  readonly score: number
  /** Where it is in the heap. */
  index: number
}

function isEvictedBefore (a: Entry, b: Entry): boolean {
  return a.score === b.score ? a.stats.expire < b.stats.expire : a.score > b.score
}
