import type { NetsimConfig } from './config.ts'

export interface TwoHosts {
  /** 0 to 20,000. */
  rttMs: number
  /** Share of packets lost in each direction, 0 to 1; none unless it is given. */
  loss?: number
  /** Of both directions, 10^6 bit/s; unlimited unless it is given. */
  mbit?: number
  /** Bound of the queue before that; 200 unless it is given. */
  queueMs?: number
  /** Of the loss. */
  seed?: number
}

/** The network of one path: hosts `a`, 10.0.0.1, and `b`, 10.0.0.2. */
export function twoHosts ({ rttMs, loss, mbit, queueMs, seed }: TwoHosts): NetsimConfig {
  return {
    // the uplinks alone: a second queue behind one of the same rate never fills
    hosts: [
      { name: 'a', address: '10.0.0.1', uploadMbit: mbit },
      { name: 'b', address: '10.0.0.2', uploadMbit: mbit }
    ],
    latencyMs: rttMs / 2,
    loss,
    queueMs,
    seed
  }
}
