import type { Random } from '@quicmesh/gossipsub/router'

/** Who dialled whom. */
export interface Dial {
  from: number
  to: number
}

/**
 * Who is connected with whom at first: each node dials half as many others as it is to have connections, so that none has fewer than that half
 * and the number varies from node to node. In a small network everybody is connected with everybody.
 */
export function randomDials (nodes: number, degree: number, random: Random): Dial[] {
  if (nodes - 1 <= degree) {
    return allDials(nodes)
  }

  const dials: Dial[] = []
  const peers = Array.from({ length: nodes }, () => new Set<number>())

  for (let from = 0; from < nodes; from++) {
    // no more than what is left: some have dialled this one already
    for (let dialled = 0; dialled < Math.ceil(degree / 2) && peers[from].size < nodes - 1;) {
      const to = random.below(nodes)

      if (to !== from && !peers[from].has(to)) {
        peers[from].add(to)
        peers[to].add(from)
        dials.push({ from, to })
        dialled++
      }
    }
  }

  // in which order nodes are connected should not follow from their numbers
  return random.shuffle(dials)
}

function allDials (nodes: number): Dial[] {
  const dials: Dial[] = []

  for (let from = 0; from < nodes; from++) {
    for (let to = from + 1; to < nodes; to++) {
      // half of them each way
      dials.push((from + to) % 2 === 0 ? { from, to } : { from: to, to: from })
    }
  }

  return dials
}
