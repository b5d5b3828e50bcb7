import { expect } from 'aegir/chai'
import { WorthHarness } from '../conformance/worth.ts'
import { createMessage, dropCount, Harness, peerNames, prunedPeers, recipients, TOPIC } from '../router/harness.ts'
import { seeds } from '../router/seeds.ts'

for (const seed of seeds()) {
  describe(`attack: eclipse by inbound peers (SEED=${seed})`, () => {
    it('a crowd that dials us and grafts fills no mesh beyond Dhi', () => {
      const harness = new Harness({}, { seed })
      harness.join()
      const refused = peerNames(100, 'attacker').filter(peer => {
        harness.connectSubscribers([peer])
        return prunedPeers(harness.graft(peer, TOPIC)).length > 0
      })

      expect(harness.mesh()).to.have.lengthOf(12)
      expect(refused).to.have.lengthOf(88)
    })

    it('Dout of the peers that we dialled stay, however good the attackers are', () => {
      const harness = new WorthHarness({}, { seed })
      harness.join()
      peerNames(2, 'ours').forEach(peer => {
        harness.connectSubscribers([peer], TOPIC, { isOutbound: true })
      })
      peerNames(100, 'attacker').forEach(peer => {
        harness.worth.set(peer, 1_000)
        harness.connectSubscribers([peer])
        harness.graft(peer, TOPIC)
      })

      for (let i = 0; i < 100; i++) {
        harness.tick()
        expect(harness.mesh()).to.include.members(['ours0', 'ours1'])
        expect(harness.mesh().length).to.be.at.most(12)
      }
    })

    it('a mesh that is all attackers takes in peers that we dial later', () => {
      const harness = new WorthHarness({}, { seed })
      harness.join()
      peerNames(100, 'attacker').forEach(peer => {
        harness.connectSubscribers([peer])
        harness.graft(peer, TOPIC)
      })
      harness.tick()
      expect(harness.mesh().every(peer => peer.startsWith('attacker'))).to.equal(true)

      harness.connectSubscribers(peerNames(5, 'ours'), TOPIC, { isOutbound: true })
      harness.tick()

      expect(harness.mesh().filter(peer => peer.startsWith('ours'))).to.have.lengthOf(2)
    })

    it('a full mesh takes the GRAFT of a peer that we dialled', () => {
      const harness = new Harness({}, { seed })
      harness.join()
      peerNames(12, 'attacker').forEach(peer => {
        harness.connectSubscribers([peer])
        harness.graft(peer, TOPIC)
      })
      harness.connect('ours', { isOutbound: true })

      expect(prunedPeers(harness.graft('ours', TOPIC))).to.be.empty()
      expect(harness.mesh()).to.include('ours')
    })

    it('censorship of what we publish: with floodPublish it reaches whoever is not an attacker', () => {
      const harness = new Harness({}, { seed })
      harness.join()
      peerNames(12, 'attacker').forEach(peer => {
        harness.connectSubscribers([peer])
        harness.graft(peer, TOPIC)
      })
      harness.connectSubscribers(['honest'])
      expect(harness.mesh()).to.not.include('honest')

      expect(recipients(harness.publish(createMessage(1), true))).to.include('honest')
    })
  })
}

describe('attack: floods of connections', () => {
  it('a peer that turns its connection around does not count as outbound any longer', () => {
    const harness = new Harness()
    harness.join()
    harness.connect('peer', { isOutbound: true })
    peerNames(12, 'attacker').forEach(peer => {
      harness.connectSubscribers([peer])
      harness.graft(peer, TOPIC)
    })
    harness.router.handle({ type: 'peerMoved', peer: 'peer', origin: { isOutbound: false, ips: [] } }, harness.now)

    expect(dropCount(harness.graft('peer', TOPIC), 'graft-full-mesh', 'peer')).to.equal(1)
  })
})
