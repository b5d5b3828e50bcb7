/** A network; `netsim/README.md` has bounds and defaults of all fields. */
export interface NetsimConfig {
  /** Of the names of namespaces; no two networks on the machine may have the same. One of its own unless it is given. */
  prefix?: string
  hosts: NetsimHost[]
  /** One-way latencies in ms, from a region to a region. */
  regions?: Record<string, Record<string, number>>
  /** Exceptions, each for one direction of one pair. */
  paths?: NetsimPath[]
  /** One way, where neither a region nor an exception says it. */
  latencyMs?: number
  /** Share of packets that each path loses, 0 to 1. */
  loss?: number
  /** Of the loss. */
  seed?: number
  /** Bound of each uplink's and downlink's queue: what would wait longer is dropped. */
  queueMs?: number
  /** The same in bytes; the smaller one counts. */
  queueBytes?: number
  mtuBytes?: number
  /** Bound of packets that are in the network at once. */
  packetsMax?: number
}

export interface NetsimHost {
  name: string
  /** In 10.0.0.0/8. */
  address: string
  region?: string
  /** 10^6 bit/s, unlimited unless it is given. */
  uploadMbit?: number
  /** 10^6 bit/s, unlimited unless it is given. */
  downloadMbit?: number
}

export interface NetsimPath {
  from: string
  to: string
  latencyMs?: number
  loss?: number
}
