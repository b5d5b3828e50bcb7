/**
 * Connections that each node gets at least, where there are enough nodes. Above gossipsub's D of 6, so that every mesh has a
 * choice; so far below D_high of 12 that no GRAFT has to be refused; and no full graph, so that in more than 9 nodes messages
 * take several hops and arrive by several ways, as they do in a network.
 */
const MIN_DEGREE = 8

/**
 * Who dials whom: for each node the indexes of the nodes that it dials.
 *
 * The graph is a ring, which makes it connected, and random chords, which make it shallow. The same seed gives the same
 * graph.
 */
export function introductions (nodes: number, seed: number): number[][] {
  const random = xorshift32(seed)
  const degree = Math.min(nodes - 1, MIN_DEGREE)
  const neighbours = Array.from({ length: nodes }, () => new Set<number>())
  const dials = Array.from({ length: nodes }, (): number[] => [])

  const connect = (from: number, to: number): void => {
    if (from !== to && !neighbours[from].has(to)) {
      neighbours[from].add(to)
      neighbours[to].add(from)
      dials[from].push(to)
    }
  }

  for (let node = 0; node < nodes; node++) {
    connect(node, (node + 1) % nodes)
  }

  for (let node = 0; node < nodes; node++) {
    while (neighbours[node].size < degree) {
      connect(node, pick(candidates(node, neighbours, degree), random))
    }
  }

  return dials
}

/** Strangers of a node that are short of neighbours themselves, else all strangers. */
function candidates (node: number, neighbours: Array<Set<number>>, degree: number): number[] {
  const strangers = [...neighbours.keys()].filter(other => other !== node && !neighbours[node].has(other))
  const short = strangers.filter(other => neighbours[other].size < degree)

  return short.length > 0 ? short : strangers
}

function pick (from: number[], random: () => number): number {
  return from[Math.floor(random() * from.length)]
}

/** Marsaglia's xorshift with 32 bits of state ("Xorshift RNGs", 2003): enough to draw a graph. */
function xorshift32 (seed: number): () => number {
  // a state of 0 would stay 0
  let state = (seed ^ 0x9e3779b9) | 1

  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5

    return (state >>> 0) / 2 ** 32
  }
}
