import type { PeerIdStr } from './events.ts'
import type { Random } from './random.ts'

/** A set of peers from which a few can be drawn at random in time that does not depend on its size. */
export class PeerSet {
  private readonly members: PeerIdStr[] = []
  private readonly positions = new Map<PeerIdStr, number>()

  get size (): number {
    return this.members.length
  }

  has (peer: PeerIdStr): boolean {
    return this.positions.has(peer)
  }

  add (peer: PeerIdStr): void {
    if (!this.positions.has(peer)) {
      this.place(peer, this.members.length)
    }
  }

  delete (peer: PeerIdStr): void {
    const position = this.positions.get(peer)

    if (position == null) {
      return
    }

    this.place(this.members[this.members.length - 1], position)
    this.members.pop()
    this.positions.delete(peer)
  }

  /** Up to `count` different members that are eligible, each such choice equally likely. */
  sample (random: Random, count: number, isEligible: (peer: PeerIdStr) => boolean): PeerIdStr[] {
    const { members } = this
    const sampled: PeerIdStr[] = []

    // a Fisher-Yates shuffle that stops as soon as enough members are drawn; their order means nothing, so it may stay
    for (let i = 0; i < members.length && sampled.length < count; i++) {
      const drawn = i + random.below(members.length - i)
      const peer = members[drawn]
      this.place(members[i], drawn)
      this.place(peer, i)

      if (isEligible(peer)) {
        sampled.push(peer)
      }
    }

    return sampled
  }

  private place (peer: PeerIdStr, position: number): void {
    this.members[position] = peer
    this.positions.set(peer, position)
  }
}
