import { isInRange, isLoopback, parseIpAddress, parseIpRange, partyOf } from './ip-address.ts'
import type { IpAddress, IpRange } from './ip-address.ts'

export interface IpColocationInit {
  /** Peers at one address that are not suspicious. */
  threshold: number
  /** Addresses and ranges that are not counted. */
  whitelist: Iterable<string>
}

/** Where one peer is. Belongs to the `IpColocation` that made it. */
export interface PeerAddresses {
  /** The addresses that are known, as text. */
  readonly ips: readonly string[]
  readonly crowds: readonly Crowd[]
}

export const noAddresses: PeerAddresses = { ips: [], crowds: [] }

/** The peers at one IPv4 address or in one IPv6 network. */
interface Crowd {
  readonly party: string
  peers: number
}

/**
 * P6 (gossipsub-v1.1.md "Peer Scoring"): how many peers are at the same address. Loopback is not counted, as in the Go
 * implementation: all nodes of a test are there.
 */
export class IpColocation {
  private readonly threshold: number
  private readonly whitelist: IpRange[]
  private readonly crowds = new Map<string, Crowd>()

  constructor (init: IpColocationInit) {
    this.threshold = init.threshold
    this.whitelist = [...init.whitelist].map(parseIpRange).filter(range => range != null)
  }

  /** Addresses or networks with a peer. */
  get size (): number {
    return this.crowds.size
  }

  /** Count a peer at its new addresses and no longer at its old ones. What is no address is left out. */
  move (from: PeerAddresses, ips: readonly string[]): PeerAddresses {
    const known = new Set<string>()
    const parties = new Set<string>()

    for (const ip of ips) {
      const address = parseIpAddress(ip)

      if (known.size === MAX_ADDRESSES_PER_PEER) {
        break
      }
      if (address == null || isLoopback(address)) {
        continue
      }

      known.add(ip)
      if (!this.isWhitelisted(address)) {
        parties.add(partyOf(address))
      }
    }

    // join before leaving, so that a crowd which stays is not made anew
    const crowds = [...parties].map(party => this.join(party))
    this.leave(from)

    return { ips: [...known], crowds }
  }

  /** No longer count a peer at its addresses. */
  leave (addresses: PeerAddresses): void {
    for (const crowd of addresses.crowds) {
      crowd.peers--

      if (crowd.peers === 0) {
        this.crowds.delete(crowd.party)
      }
    }
  }

  /** The squares of what the peer's crowds are above the threshold, added up. */
  factor (addresses: PeerAddresses): number {
    let factor = 0

    for (const crowd of addresses.crowds) {
      const surplus = crowd.peers - this.threshold

      if (surplus > 0) {
        factor += surplus * surplus
      }
    }

    return factor
  }

  private join (party: string): Crowd {
    const crowd = this.crowds.get(party) ?? { party, peers: 0 }

    crowd.peers++
    this.crowds.set(party, crowd)

    return crowd
  }

  private isWhitelisted (address: IpAddress): boolean {
    return this.whitelist.some(range => isInRange(address, range))
  }
}

/** A peer may have many connections; what comes after these addresses is not counted. One bound per peer. */
const MAX_ADDRESSES_PER_PEER = 16
