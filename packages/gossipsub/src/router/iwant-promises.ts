import type { PeerIdStr } from './events.ts'
import type { IdKey } from './message-id.ts'

export interface IWantPromisesInit {
  /** How long a peer may take to deliver, ms. */
  followupMs: number
  /** Most promises, over all peers; beyond it none is made. */
  maxPromises: number
}

/**
 * Who said to have a message, was asked for it and has not delivered (gossipsub-v1.1.md "Spam Protection Measures", IHAVE
 * Spam). One message of each request is kept track of, at random, so that a liar cannot know which.
 */
export class IWantPromises {
  private readonly init: IWantPromisesInit
  private readonly promises = new Map<IdKey, Map<PeerIdStr, number>>()
  private count = 0

  constructor (init: IWantPromisesInit) {
    this.init = init
  }

  get size (): number {
    return this.count
  }

  /** A peer that is asked again keeps its first deadline. */
  add (key: IdKey, peer: PeerIdStr, now: number): void {
    if (this.count >= this.init.maxPromises) {
      return
    }

    let peers = this.promises.get(key)

    if (peers == null) {
      peers = new Map()
      this.promises.set(key, peers)
    }

    if (!peers.has(peer)) {
      peers.set(peer, now + this.init.followupMs)
      this.count++
    }
  }

  /** The message arrived, from whomever: nobody owes it any more. */
  fulfil (key: IdKey): void {
    if (this.count > 0) {
      this.count -= this.promises.get(key)?.size ?? 0
      this.promises.delete(key)
    }
  }

  /**
   * Remove the promises that are overdue. Of a message that came and is being validated, its fate decides.
   *
   * @returns how many each peer broke, be it connected or not
   */
  takeBroken (now: number, isArriving: (key: IdKey) => boolean): Map<PeerIdStr, number> {
    const broken = new Map<PeerIdStr, number>()

    for (const [key, peers] of this.promises) {
      for (const [peer, deadline] of peers) {
        if (deadline <= now && !isArriving(key)) {
          broken.set(peer, (broken.get(peer) ?? 0) + 1)
          peers.delete(peer)
          this.count--
        }
      }

      if (peers.size === 0) {
        this.promises.delete(key)
      }
    }

    return broken
  }
}
