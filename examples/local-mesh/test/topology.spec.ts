import { expect } from 'aegir/chai'
import { introductions } from '../src/mesh/topology.ts'

function neighboursOf (dials: number[][]): Array<Set<number>> {
  const neighbours = dials.map(() => new Set<number>())

  dials.forEach((peers, node) => {
    peers.forEach(peer => {
      neighbours[node].add(peer)
      neighbours[peer].add(node)
    })
  })

  return neighbours
}

function reachable (neighbours: Array<Set<number>>): Set<number> {
  const found = new Set([0])

  for (const node of found) {
    neighbours[node].forEach(peer => found.add(peer))
  }

  return found
}

describe('topology', () => {
  for (const nodes of [2, 3, 8, 9, 10, 16, 64]) {
    it(`connects ${nodes} nodes, each with enough of the others`, () => {
      for (let seed = 0; seed < 20; seed++) {
        const dials = introductions(nodes, seed)
        const neighbours = neighboursOf(dials)

        expect(reachable(neighbours)).to.have.property('size', nodes)
        neighbours.forEach((peers, node) => {
          expect(peers.has(node)).to.be.false()
          expect(peers.size).to.be.at.least(Math.min(nodes - 1, 8))
          expect(peers.size).to.be.at.most(12)
        })
        // each pair is introduced once
        expect(dials.flat()).to.have.lengthOf(neighbours.reduce((sum, peers) => sum + peers.size, 0) / 2)
      }
    })
  }

  it('is the same for the same seed and another for another', () => {
    expect(introductions(32, 7)).to.deep.equal(introductions(32, 7))
    expect(introductions(32, 7)).to.not.deep.equal(introductions(32, 8))
  })
})
