/**
 * Where nodes are and how they are connected to the internet. The figures are those of libp2p/test-plans, gossipsub-interop/network_graph.py:
 * regions weighted by a census of nodes, latencies between them one way, and two kinds of node. The latencies are not quite symmetric
 * (south_africa and south_america), and are kept as they are.
 */
import type { Random } from '@quicmesh/gossipsub/router'

/** A part of the world. */
export interface Region {
  name: string
  /** How many of all nodes are in it, relative to the others. */
  weight: number
  /** One way, ms, to each region in the order of `REGIONS`. */
  latenciesMs: readonly number[]
}

export const REGIONS: readonly Region[] = [
  { name: 'australia', weight: 290, latenciesMs: [2, 165, 110, 180, 150, 110, 220, 190] },
  { name: 'europe', weight: 5_599, latenciesMs: [165, 2, 125, 60, 70, 110, 95, 140] },
  { name: 'east_asia', weight: 1_059, latenciesMs: [110, 125, 4, 110, 140, 100, 175, 175] },
  { name: 'west_asia', weight: 161, latenciesMs: [180, 60, 110, 5, 110, 150, 110, 145] },
  { name: 'na_east', weight: 2_894, latenciesMs: [150, 70, 140, 110, 2, 60, 130, 100] },
  { name: 'na_west', weight: 1_240, latenciesMs: [110, 110, 100, 150, 60, 2, 160, 100] },
  { name: 'south_africa', weight: 47, latenciesMs: [220, 95, 175, 110, 130, 160, 7, 190] },
  { name: 'south_america', weight: 36, latenciesMs: [190, 140, 175, 145, 100, 100, 195, 7] }
]

export interface NodeKind {
  name: string
  weight: number
  /** Each way. */
  mbit: number
}

export const NODE_KINDS: readonly NodeKind[] = [
  { name: 'supernode', weight: 20, mbit: 1_024 },
  { name: 'fullnode', weight: 80, mbit: 50 }
]

/**
 * Fractions from 0 up to, but not including, 1, one in each of `count` equal parts of that, in random order: what is chosen by them is there in
 * proportion to its weight, and how one network differs from another depends less on chance.
 */
export function spreadFractions (count: number, random: Random): number[] {
  return random.shuffle(Array.from({ length: count }, (_, i) => (i + random.next()) / count))
}

/** Which of the items a fraction from 0 up to, but not including, 1 stands for, by their weights. */
export function chooseByWeight <T extends { weight: number }> (items: readonly T[], fraction: number): number {
  let rest = fraction * items.reduce((sum, { weight }) => sum + weight, 0)
  const index = items.findIndex(({ weight }) => (rest -= weight) < 0)

  return index === -1 ? items.length - 1 : index
}
