import { expect } from 'aegir/chai'
import { createTopicScoreParams } from '../../src/score.ts'
import { common, dropCount, graftedPeers, Harness, peerNames, prunedPeers, pruneOf, TOPIC } from './harness.ts'

/** Scores that a test sets by hand. */
function scored (scores: Record<string, number>): { scoreParams: { appSpecificScore(peer: string): number } } {
  return { scoreParams: { appSpecificScore: peer => scores[peer] ?? 0 } }
}

describe('router: mesh maintenance', () => {
  describe('negative scores', () => {
    it('cost the place in the mesh, and no peers are told', () => {
      const scores: Record<string, number> = {}
      const harness = new Harness({}, { ...scored(scores), doPX: true })
      harness.connectSubscribers(['good', 'bad'])
      harness.join()
      scores.bad = -0.1

      expect(pruneOf(harness.tick(), 'bad')).to.deep.equal({ topic: TOPIC, backoffMs: 60_000, peers: [] })
      expect(harness.mesh()).to.deep.equal(['good'])
    })

    it('are not grafted by us, nor by themselves', () => {
      const harness = new Harness({}, scored({ bad: -1 }))
      harness.connectSubscribers(['good', 'bad'])

      expect(graftedPeers(harness.join())).to.deep.equal(['good'])
      expect(graftedPeers(harness.tick())).to.be.empty()

      const actions = harness.graft('bad', TOPIC)
      expect(prunedPeers(actions)).to.deep.equal(['bad'])
      expect(dropCount(actions, 'graft-low-score', 'bad')).to.equal(1)
    })
  })

  describe('too many peers', () => {
    it('at Dhi only outbound peers may graft', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(peerNames(12))
      harness.connectSubscribers(['inbound'])
      harness.connectSubscribers(['outbound'], TOPIC, { isOutbound: true })
      peerNames(12).forEach(peer => harness.graft(peer, TOPIC))

      expect(prunedPeers(harness.graft('inbound', TOPIC))).to.deep.equal(['inbound'])
      expect(prunedPeers(harness.graft('outbound', TOPIC))).to.be.empty()
      expect(harness.mesh()).to.include('outbound')
    })

    it('the Dscore best stay', () => {
      for (let seed = 0; seed < 20; seed++) {
        const best = ['peer3', 'peer7', 'peer11', 'peer15']
        const harness = new Harness({}, { seed, ...scored(Object.fromEntries(best.map(peer => [peer, 0.5]))) })
        harness.join()
        harness.connectSubscribers(peerNames(20), TOPIC, { isOutbound: true })
        peerNames(20).forEach(peer => harness.graft(peer, TOPIC))
        harness.tick()

        expect(harness.mesh(), `seed ${seed}`).to.have.lengthOf(6).and.include.members(best)
      }
    })

    it('Dout outbound peers stay when there are so many', () => {
      for (let seed = 0; seed < 20; seed++) {
        const harness = new Harness({ D: 6, Dlo: 5, Dhi: 12, Dscore: 4, Dout: 3 }, { seed, ...scored(Object.fromEntries(peerNames(12).map(peer => [peer, 0.5]))) })
        const outbound = peerNames(4, 'outbound')
        harness.join()
        harness.connectSubscribers(peerNames(12))
        harness.connectSubscribers(outbound, TOPIC, { isOutbound: true })
        peerNames(12).forEach(peer => harness.graft(peer, TOPIC))
        outbound.forEach(peer => harness.graft(peer, TOPIC))
        harness.tick()

        expect(harness.mesh(), `seed ${seed}`).to.have.lengthOf(6)
        expect(common(outbound, harness.mesh()), `seed ${seed}`).to.have.lengthOf.at.least(3)
      }
    })
  })

  it('a mesh of inbound peers alone gets Dout outbound ones', () => {
    const harness = new Harness()
    harness.join()
    harness.connectSubscribers(peerNames(8))
    peerNames(8).forEach(peer => harness.graft(peer, TOPIC))
    harness.connectSubscribers(peerNames(5, 'outbound'), TOPIC, { isOutbound: true })

    expect(graftedPeers(harness.tick())).to.have.lengthOf(2).and.satisfy((peers: string[]) => peers.every(peer => peer.startsWith('outbound')))
    expect(graftedPeers(harness.tick())).to.be.empty()
  })

  describe('opportunistic grafting', () => {
    const params = { opportunisticGraftTicks: 3, opportunisticGraftPeers: 2 }
    const scores = Object.fromEntries([...peerNames(10, 'good').map(peer => [peer, 1]), ['ordinary', 0.1]])

    function createHarness (opportunisticGraftThreshold: number): Harness {
      const harness = new Harness(params, { ...scored(scores), thresholds: { opportunisticGraftThreshold } })
      harness.join()
      harness.connectSubscribers(peerNames(6))
      peerNames(6).forEach(peer => harness.graft(peer, TOPIC))
      harness.connectSubscribers([...peerNames(10, 'good'), 'ordinary'])

      return harness
    }

    it('every so many heartbeats a mesh of low median gets peers above it', () => {
      const harness = createHarness(5)

      expect(graftedPeers(harness.tick())).to.be.empty()
      expect(graftedPeers(harness.tick())).to.be.empty()
      expect(graftedPeers(harness.tick())).to.have.lengthOf(2).and.not.include('peer0')
    })

    it('not when the median is high enough', () => {
      const harness = createHarness(0)

      expect([harness.tick(), harness.tick(), harness.tick()].flatMap(actions => graftedPeers(actions))).to.be.empty()
    })
  })

  it('a topic has the degrees that it was given', () => {
    const meshParams = { wide: { D: 10, Dlo: 8, Dhi: 14, Dscore: 4, Dout: 2, Dlazy: 6 } }
    const harness = new Harness({}, { meshParams })
    harness.connectSubscribers(peerNames(20))
    peerNames(20).forEach(peer => harness.subscribe(peer, 'wide'))
    harness.join()
    harness.join('wide')

    expect(harness.mesh()).to.have.lengthOf(6)
    expect(harness.mesh('wide')).to.have.lengthOf(10)
  })

  it('defect 2: JOIN, LEAVE and disconnection tell the score of who is in the mesh', () => {
    const topics = { [TOPIC]: createTopicScoreParams({ timeInMeshQuantum: 1_000, timeInMeshWeight: 1, topicWeight: 1, meshMessageDeliveriesWeight: 0 }) }
    const harness = new Harness({}, { scoreParams: { topics } })
    harness.connectSubscribers(['peer'])
    harness.join()
    harness.tick(3_000)
    expect(harness.score('peer')).to.equal(3)

    harness.leave()
    harness.tick(3_000)
    expect(harness.score('peer')).to.equal(0)
  })
})
