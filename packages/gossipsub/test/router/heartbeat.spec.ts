import { expect } from 'aegir/chai'
import { common, createMessage, gossipedPeers, graftedPeers, Harness, only, peerNames, prunedPeers, TOPIC } from './harness.ts'

describe('router: heartbeat', () => {
  describe('mesh maintenance', () => {
    it('fills a mesh with fewer than Dlo peers up to D', () => {
      const harness = new Harness()
      harness.connectSubscribers(peerNames(20))
      harness.join()
      const lost = harness.mesh().slice(0, 3)
      lost.forEach(peer => harness.disconnect(peer))

      const grafted = graftedPeers(harness.tick())

      expect(grafted).to.have.lengthOf(3)
      expect(harness.mesh()).to.have.lengthOf(6).and.to.include.members(grafted)
    })

    it('leaves a mesh from Dlo to Dhi alone', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(peerNames(20))
      expect(harness.mesh()).to.have.lengthOf(4)
      expect(harness.tick()).to.be.empty()

      peerNames(12).forEach(peer => harness.graft(peer, TOPIC))
      expect(harness.mesh()).to.have.lengthOf(12)
      expect(harness.tick()).to.be.empty()
    })

    it('prunes a mesh with more than Dhi peers down to D', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(peerNames(20), TOPIC, { isOutbound: true })
      peerNames(13).forEach(peer => harness.graft(peer, TOPIC))

      const actions = harness.tick()
      const pruned = prunedPeers(actions)

      expect(pruned).to.have.lengthOf(7)
      expect(harness.mesh()).to.have.lengthOf(6)
      expect(common(harness.mesh(), pruned)).to.be.empty()
      expect(only(actions, 'reportPrune').map(report => report.peer)).to.deep.equal(pruned)
    })

    it('prunes random peers', () => {
      const meshes = Array.from({ length: 10 }, (_, seed) => prunedMesh(seed).join())

      expect(new Set(meshes).size).to.be.greaterThan(5)
    })

    it('does not prune while there is nobody to graft', () => {
      const harness = new Harness()
      harness.join()

      expect(harness.tick()).to.be.empty()
    })
  })

  it('sends GRAFT, PRUNE and IHAVE for one peer in one frame', () => {
    // which of the two members is pruned is up to the seed: try until it is the one that gets all three
    const seeds = Array.from({ length: 64 }, (_, seed) => seed)
    const controls = seeds.map(seed => {
      const harness = new Harness({ D: 1, Dlo: 1, Dhi: 1, unsubscribeBackoff: 1_000 }, { seed })
      harness.connect('peer', { isOutbound: true })
      harness.connect('other', { isOutbound: true })
      harness.join('pruned')
      harness.join('grafted')
      harness.join('gossiped')
      harness.graft('other', 'pruned', 'gossiped')
      harness.graft('peer', 'pruned')

      // announced inside the backoff, so that it is the heartbeat that grafts
      harness.prune('peer', 'grafted')
      harness.subscribe('peer', 'grafted', 'gossiped')
      harness.publish(createMessage(1, { topic: 'gossiped' }))

      const rpcs = only(harness.tick(2_000), 'sendRpc').filter(rpc => rpc.peer === 'peer')
      expect(rpcs).to.have.lengthOf(1)

      return rpcs[0].control
    })

    const full = controls.find(control => control?.prune.length === 1)
    expect(full?.prune[0].topic).to.equal('pruned')
    expect(full?.graft).to.deep.equal([{ topicID: 'grafted' }])
    expect(full?.ihave.map(ihave => ihave.topic)).to.deep.equal(['gossiped'])
  })

  it('defect 3: no two peers share an object that one of them could change', () => {
    const harness = new Harness()
    harness.join()
    harness.connectSubscribers(peerNames(40), TOPIC, { isOutbound: true })
    peerNames(13).forEach(peer => harness.graft(peer, TOPIC))
    harness.publish(createMessage(1))

    const actions = [...harness.tick(), ...harness.leave(), ...harness.join()]
    const objects = only(actions, 'sendRpc').flatMap(reachableObjects)

    expect(prunedPeers(actions)).to.not.be.empty()
    expect(gossipedPeers(actions)).to.not.be.empty()
    expect(graftedPeers(actions)).to.not.be.empty()
    expect(new Set(objects).size).to.equal(objects.length)
  })

  it('does nothing when there is nothing to do', () => {
    expect(new Harness().tick()).to.be.empty()
  })
})

/** What is left of a mesh that was too large. */
function prunedMesh (seed: number): string[] {
  const harness = new Harness({}, { seed })
  harness.join()
  harness.connectSubscribers(peerNames(20), TOPIC, { isOutbound: true })
  peerNames(20).forEach(peer => harness.graft(peer, TOPIC))
  harness.tick()

  return harness.mesh().sort()
}

/** All objects and arrays in a value but for bytes and ids that are encoded, which nobody changes. */
function reachableObjects (value: unknown): object[] {
  if (typeof value !== 'object' || value == null || value instanceof Uint8Array || 'parts' in value) {
    return []
  }

  return [value, ...Object.values(value).flatMap(reachableObjects)]
}
