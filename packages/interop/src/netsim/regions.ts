import type { NetsimHost } from './config.ts'

/** A region, and how many of all nodes are in it. */
export interface Region {
  name: string
  weight: number
}

/** A kind of node, and how many of all nodes are such. */
export interface NodeKind {
  name: string
  uploadMbit: number
  downloadMbit: number
  weight: number
}

/** libp2p/test-plans, gossipsub-interop/network_graph.py. */
export const REGIONS: Region[] = [
  { name: 'australia', weight: 290 },
  { name: 'europe', weight: 5_599 },
  { name: 'east_asia', weight: 1_059 },
  { name: 'west_asia', weight: 161 },
  { name: 'na_east', weight: 2_894 },
  { name: 'na_west', weight: 1_240 },
  { name: 'south_africa', weight: 47 },
  { name: 'south_america', weight: 36 }
]

/** As above. */
export const NODE_KINDS: NodeKind[] = [
  { name: 'supernode', uploadMbit: 1_024, downloadMbit: 1_024, weight: 20 },
  { name: 'fullnode', uploadMbit: 50, downloadMbit: 50, weight: 80 }
]

/** As above: one way, in ms. It is not quite symmetric (south_africa and south_america), and is kept as it is. */
export const REGION_LATENCIES_MS: Record<string, Record<string, number>> = {
  australia: {
    australia: 2, east_asia: 110, europe: 165, na_west: 110, na_east: 150, south_america: 190, south_africa: 220, west_asia: 180
  },
  east_asia: {
    australia: 110, east_asia: 4, europe: 125, na_west: 100, na_east: 140, south_america: 175, south_africa: 175, west_asia: 110
  },
  europe: {
    australia: 165, east_asia: 125, europe: 2, na_west: 110, na_east: 70, south_america: 140, south_africa: 95, west_asia: 60
  },
  na_west: {
    australia: 110, east_asia: 100, europe: 110, na_west: 2, na_east: 60, south_america: 100, south_africa: 160, west_asia: 150
  },
  na_east: {
    australia: 150, east_asia: 140, europe: 70, na_west: 60, na_east: 2, south_america: 100, south_africa: 130, west_asia: 110
  },
  south_america: {
    australia: 190, east_asia: 175, europe: 140, na_west: 100, na_east: 100, south_america: 7, south_africa: 195, west_asia: 145
  },
  south_africa: {
    australia: 220, east_asia: 175, europe: 95, na_west: 160, na_east: 130, south_america: 190, south_africa: 7, west_asia: 110
  },
  west_asia: {
    australia: 180, east_asia: 110, europe: 60, na_west: 150, na_east: 110, south_america: 145, south_africa: 110, west_asia: 5
  }
}

/** The third number of an address. */
const HOSTS_PER_BLOCK = 250

/**
 * Hosts `node0`, `node1`, ... of regions and kinds as upstream draws them: the region by its weight, then the kind by its.
 *
 * @param count - of hosts
 * @param random - from 0 up to, but not including, 1
 */
export function regionHosts (count: number, random: () => number): NetsimHost[] {
  return Array.from({ length: count }, (_, id) => {
    const region = choose(REGIONS, random)
    const { uploadMbit, downloadMbit } = choose(NODE_KINDS, random)

    return {
      name: `node${id}`,
      address: `10.0.${Math.floor(id / HOSTS_PER_BLOCK)}.${id % HOSTS_PER_BLOCK + 1}`,
      region: region.name,
      uploadMbit,
      downloadMbit
    }
  })
}

function choose <T extends { weight: number }> (items: T[], random: () => number): T {
  let rest = random() * items.reduce((sum, { weight }) => sum + weight, 0)

  return items.find(({ weight }) => (rest -= weight) < 0) ?? items[items.length - 1]
}
