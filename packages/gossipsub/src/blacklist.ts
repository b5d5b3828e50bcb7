import { InvalidParametersError } from '@libp2p/interface'
import type { PeerIdStr } from './router/events.ts'

/** Most peers in one blacklist: about 8 MB. With one more the peer that was added the longest ago is let off. */
export const MAX_BLACKLISTED_PEERS = 65_536

/** Why a message is dropped: for who sent it, or for who wrote it. */
export type BlacklistReason = 'blacklisted-peer' | 'blacklisted-author'

export interface BlacklistOptions {
  /** Members from the beginning: nobody is told of them. */
  peers?: Iterable<PeerIdStr>
  /**
   * For how long a peer stays unless `add` says otherwise, ms.
   *
   * @default Infinity
   */
  expiryMs?: number
  /** @default 65536 */
  maxPeers?: number
}

export interface BlacklistInit extends BlacklistOptions {
  /** A peer became a member. */
  onAdd?(peer: PeerIdStr): void
  /** A member is no longer one: deleted, expired or displaced. */
  onDelete?(peer: PeerIdStr): void
  /** Monotonic, ms. */
  now?(): number
}

/**
 * Peers that we want nothing of: neither what they send nor what they wrote, whoever sends it. Used like a `Set`, and changed by
 * applications at any time.
 *
 * Reference: `MapBlacklist` and `TimeCachedBlacklist` of go-libp2p-pubsub. There a peer that is added again keeps its first end; here the
 * later end counts, so that a peer can be blacklisted for good after it was for a while.
 */
export class Blacklist implements Iterable<PeerIdStr> {
  readonly #init: BlacklistInit
  readonly #expiryMs: number
  readonly #maxPeers: number
  readonly #now: () => number
  /** When each one ends; the first added first. */
  readonly #ends = new Map<PeerIdStr, number>()

  /**
   * @throws {InvalidParametersError} if the time or the bound is not above zero
   */
  constructor (init: BlacklistInit = {}) {
    this.#init = init
    this.#expiryMs = positive('expiryMs', init.expiryMs ?? Infinity)
    this.#maxPeers = positive('maxPeers', init.maxPeers ?? MAX_BLACKLISTED_PEERS)
    this.#now = init.now ?? (() => performance.now())

    for (const peer of [...new Set(init.peers)].slice(-this.#maxPeers)) {
      this.#ends.set(peer, this.#now() + this.#expiryMs)
    }
  }

  /** Whether there is nobody on it, and nobody whose time is over either. */
  get isEmpty (): boolean {
    return this.#ends.size === 0
  }

  get size (): number {
    return [...this].length
  }

  has (peer: PeerIdStr): boolean {
    const end = this.#ends.get(peer)

    return end != null && this.#isAhead(end)
  }

  /**
   * @param peer - to be dropped from now on
   * @param expiryMs - for how long, ms
   * @throws {InvalidParametersError} if the time is not above zero
   */
  add (peer: PeerIdStr, expiryMs: number = this.#expiryMs): this {
    const end = this.#now() + positive('expiryMs', expiryMs)
    const knownEnd = this.#ends.get(peer)

    if (knownEnd == null) {
      this.#makeRoom()
    }

    this.#ends.set(peer, Math.max(end, knownEnd ?? end))

    if (knownEnd == null) {
      this.#init.onAdd?.(peer)
    }

    return this
  }

  delete (peer: PeerIdStr): boolean {
    const wasMember = this.has(peer)
    this.#remove(peer)

    return wasMember
  }

  clear (): void {
    const peers = [...this.#ends.keys()]
    this.#ends.clear()
    peers.forEach(peer => { this.#init.onDelete?.(peer) })
  }

  /** Let off whose time is over. Until this is called they are no members, but nobody has been told. */
  expire (): void {
    for (const [peer, end] of [...this.#ends]) {
      if (!this.#isAhead(end)) {
        this.#remove(peer)
      }
    }
  }

  /** Why a message is to be dropped, or undefined. */
  reasonToDrop (source: PeerIdStr, author?: PeerIdStr): BlacklistReason | undefined {
    if (this.#ends.size === 0) {
      return undefined
    }

    if (this.has(source)) {
      return 'blacklisted-peer'
    }

    return author != null && this.has(author) ? 'blacklisted-author' : undefined
  }

  * values (): IterableIterator<PeerIdStr> {
    for (const [peer, end] of this.#ends) {
      if (this.#isAhead(end)) {
        yield peer
      }
    }
  }

  /** The same as `values`, as of every set. */
  keys (): IterableIterator<PeerIdStr> {
    return this.values()
  }

  forEach (callback: (peer: PeerIdStr) => void): void {
    for (const peer of this) {
      callback(peer)
    }
  }

  [Symbol.iterator] (): IterableIterator<PeerIdStr> {
    return this.values()
  }

  #isAhead (end: number): boolean {
    return end === Infinity || end > this.#now()
  }

  #makeRoom (): void {
    if (this.#ends.size >= this.#maxPeers) {
      this.expire()
    }

    for (const peer of this.#ends.keys()) {
      if (this.#ends.size < this.#maxPeers) {
        return
      }

      this.#remove(peer)
    }
  }

  #remove (peer: PeerIdStr): void {
    if (this.#ends.delete(peer)) {
      this.#init.onDelete?.(peer)
    }
  }
}

function positive (name: string, value: number): number {
  if (!(value > 0)) {
    throw new InvalidParametersError(`Gossipsub blacklist ${name} is ${String(value)}: it must be above 0`)
  }

  return value
}
