import { expect } from 'aegir/chai'
import { Harness, peerNames, TOPIC } from '../router/harness.ts'
import { seeds } from '../router/seeds.ts'

describe('defects: outbound quota', () => {
  for (const seed of seeds()) {
    it(`defect 14: Dout is how many outbound peers a mesh that is cut down must have, not D (SEED=${seed})`, () => {
      const best = peerNames(4)
      const harness = new Harness({ D: 6, Dlo: 5, Dhi: 12, Dscore: 4, Dout: 2 }, {
        seed,
        scoreParams: { appSpecificScore: peer => best.includes(peer) ? 1 : 0 }
      })
      const outbound = peerNames(10, 'outbound')
      harness.join()
      harness.connectSubscribers(peerNames(12))
      harness.connectSubscribers(outbound, TOPIC, { isOutbound: true })
      peerNames(12).forEach(peer => harness.graft(peer, TOPIC))
      outbound.forEach(peer => harness.graft(peer, TOPIC))
      expect(harness.mesh()).to.have.lengthOf(22)
      harness.tick()

      // the best by score are inbound: they stay, and the two places that are left go to outbound peers
      expect(harness.mesh()).to.have.lengthOf(6).and.include.members(best)
      expect(harness.mesh().filter(peer => outbound.includes(peer))).to.have.lengthOf(2)
    })
  }
})
