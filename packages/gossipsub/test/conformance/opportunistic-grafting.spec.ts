import { expect } from 'aegir/chai'
import { graftedPeers, peerNames, TOPIC } from '../router/harness.ts'
import { WorthHarness } from './worth.ts'

describe('conformance: opportunistic grafting', () => {
  it('rust test_opportunistic_grafting: not while the median is at the threshold', () => {
    const harness = meshWorth([0, 1, 2, 3, 4])
    addCandidates(harness, 5, 100)

    expect(graftedIn(harness, 10)).to.be.empty()
  })

  it('rust test_opportunistic_grafting: below it, opportunisticGraftPeers peers that are better than the median', () => {
    const harness = meshWorth([0, 1, 1, 3, 4])
    addCandidates(harness, 3, 1)
    addCandidates(harness, 5, 100)

    const grafted = graftedIn(harness, 2)

    expect(grafted).to.have.lengthOf(2)
    expect(grafted.map(peer => harness.worth.get(peer))).to.deep.equal([100, 100])
    expect(harness.mesh()).to.have.lengthOf(7).and.to.include.members(grafted)
  })

  it('rust test_opportunistic_grafting: every opportunisticGraftTicks heartbeats', () => {
    const harness = meshWorth([0, 0, 0, 0, 0])
    addCandidates(harness, 10, 100)

    const counts = Array.from({ length: 6 }, () => graftedPeers(harness.tick()).length)

    // two heartbeats may be one and another
    expect(counts.filter(count => count > 0).every(count => count === 2)).to.equal(true)
    expect(counts.map(count => count > 0)).to.satisfy((isGrafting: boolean[]) => isGrafting.every((is, i) => i === 0 || is !== isGrafting[i - 1]))
  })

  it('is not for a mesh of one: its median says nothing', () => {
    const harness = meshWorth([0])
    addCandidates(harness, 5, 100)

    expect(harness.mesh()).to.have.lengthOf(1)
    expect(graftedIn(harness, 10)).to.be.empty()
  })

  it('does not graft peers in backoff', () => {
    const harness = meshWorth([0, 1, 1, 3, 4])
    addCandidates(harness, 1, 100)
    addCandidates(harness, 1, 99).forEach(peer => harness.prune(peer, TOPIC))

    expect(graftedIn(harness, 2)).to.have.lengthOf(1)
    expect(harness.mesh().map(peer => harness.worth.get(peer))).to.not.include(99)
  })
})

/** A mesh of inbound peers that are worth so much, out of reach of the other rules of maintenance. */
function meshWorth (worths: number[]): WorthHarness {
  const harness = new WorthHarness({ D: 6, Dlo: 1, Dhi: 20, Dout: 0, opportunisticGraftTicks: 2 }, {
    thresholds: { opportunisticGraftThreshold: 2 }
  })
  harness.join()
  peerNames(worths.length).forEach((peer, i) => {
    harness.worth.set(peer, worths[i])
    harness.connectSubscribers([peer])
    harness.graft(peer, TOPIC)
  })

  return harness
}

/** Subscribers outside the mesh. */
function addCandidates (harness: WorthHarness, count: number, worth: number): string[] {
  const peers = peerNames(count, `worth ${worth}, `)

  for (const peer of peers) {
    harness.worth.set(peer, worth)
    harness.connectSubscribers([peer])
  }

  return peers
}

function graftedIn (harness: WorthHarness, ticks: number): string[] {
  return Array.from({ length: ticks }, () => graftedPeers(harness.tick())).flat()
}
