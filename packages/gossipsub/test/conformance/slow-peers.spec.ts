import { expect } from 'aegir/chai'
import { WorthHarness } from './worth.ts'

describe('conformance: slow peers', () => {
  it('rust test_slow_peer_returns_failed_publish: what is dropped for a peer is told to the router, and is nothing without a weight', () => {
    const harness = slowHarness({})

    harness.router.handle({ type: 'peerSlow', peer: 'slow', count: 100 }, harness.now)

    expect(harness.score('slow')).to.equal(0)
  })

  it('rust test_slow_peer_is_downscored_on_publish: each dropped message costs, above the threshold, and decays', () => {
    const harness = slowHarness({ slowPeerPenaltyWeight: -0.2, slowPeerPenaltyThreshold: 1, slowPeerPenaltyDecay: 0.5 })

    harness.router.handle({ type: 'peerSlow', peer: 'slow', count: 1 }, harness.now)
    expect(harness.score('slow')).to.equal(0)
    harness.router.handle({ type: 'peerSlow', peer: 'slow', count: 4 }, harness.now)
    expect(harness.score('slow')).to.be.closeTo(-0.8, 1e-9)
    expect(harness.score('other')).to.equal(0)

    harness.tick(1_000)
    expect(harness.score('slow')).to.be.closeTo(-0.3, 1e-9)
  })

  it('one that is too slow for long leaves the mesh like any peer of negative score', () => {
    const harness = slowHarness({ slowPeerPenaltyWeight: -0.2 })
    expect(harness.mesh()).to.have.members(['slow', 'other'])

    harness.router.handle({ type: 'peerSlow', peer: 'slow', count: 100 }, harness.now)
    harness.tick(1_000)

    expect(harness.mesh()).to.deep.equal(['other'])
  })
})

function slowHarness (scoreParams: object): WorthHarness {
  const harness = new WorthHarness({}, { scoreParams: { decayInterval: 1_000, ...scoreParams } })
  harness.tick(0)
  harness.join()
  harness.connectSubscribers(['slow', 'other'])

  return harness
}
