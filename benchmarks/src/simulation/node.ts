import { chooseByWeight, NODE_KINDS, REGIONS } from './regions.ts'
import { Uplink } from './uplink.ts'
import type { Router } from '@quicmesh/gossipsub/router'

/** Bytes in a millisecond. */
const BYTES_PER_MS_OF_MBIT = 125

/** A router, and the place in the world that it runs at. */
export class SimulatedNode {
  readonly index: number
  /** Its peer id: routers only compare them. */
  readonly id: string
  readonly ips: string[]
  /** Of `REGIONS`. */
  readonly region: number
  readonly peers = new Set<number>()
  router: Router
  uplink: Uplink
  /** When what has come in is through the downlink, ms. */
  downlinkFreeAtMs = 0
  /** Infinity while it is away. */
  upSinceMs = 0

  /** The fractions say which region and which kind of node it is of. */
  constructor (index: number, router: Router, { region, kind }: { region: number, kind: number }) {
    this.index = index
    this.id = String(index)
    this.ips = [`10.${index >> 16 & 0xff}.${index >> 8 & 0xff}.${index & 0xff}`]
    this.region = chooseByWeight(REGIONS, region)
    this.uplink = new Uplink(NODE_KINDS[chooseByWeight(NODE_KINDS, kind)].mbit * BYTES_PER_MS_OF_MBIT)
    this.router = router
  }

  get isUp (): boolean {
    return this.upSinceMs !== Infinity
  }

  get bytesPerMs (): number {
    return this.uplink.bytesPerMs
  }

  /** One way, ms. */
  latencyMsTo (other: SimulatedNode): number {
    return REGIONS[this.region].latenciesMs[other.region]
  }
}
