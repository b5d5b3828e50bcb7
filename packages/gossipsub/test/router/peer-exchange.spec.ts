import { expect } from 'aegir/chai'
import { dropCount, Harness, only, peerNames, pruneOf, TOPIC } from './harness.ts'
import type { RPC } from '../../src/wire/rpc.ts'

const infos = (count: number): RPC.PeerInfo[] => Array.from({ length: count }, (_, i) => ({ peerID: Uint8Array.of(i) }))

/** gossipsub-v1.1.md "Peer Exchange". */
describe('router: peer exchange', () => {
  describe('what we tell', () => {
    it('a peer that is pruned from a full mesh is told of others of good standing, and not of itself', () => {
      const scores: Record<string, number> = { bad: -1 }
      const harness = new Harness({ prunePeers: 4 }, { doPX: true, scoreParams: { appSpecificScore: peer => scores[peer] ?? 0 } })
      harness.join()
      harness.connectSubscribers([...peerNames(12), 'bad', 'late'])
      peerNames(12).forEach(peer => harness.graft(peer, TOPIC))

      const prune = pruneOf(harness.graft('late', TOPIC), 'late')

      expect(prune?.backoffMs).to.equal(60_000)
      expect(prune?.peers).to.have.lengthOf(4)
      expect(new Set(prune?.peers).size).to.equal(4)
      expect(prune?.peers).to.not.include.members(['late']).and.not.include.members(['bad'])
    })

    it('nobody is told of anybody unless the application wants it', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(peerNames(13))
      peerNames(12).forEach(peer => harness.graft(peer, TOPIC))

      expect(pruneOf(harness.graft('peer12', TOPIC), 'peer12')?.peers).to.be.empty()
    })

    it('a LEAVE tells of others and of its own backoff', () => {
      const harness = new Harness({}, { doPX: true })
      harness.connectSubscribers(['a', 'b'])
      harness.join()

      expect(pruneOf(harness.leave(), 'a')).to.deep.equal({ topic: TOPIC, backoffMs: 10_000, peers: ['b'] })
    })

    it('a peer of version 1.0 is told neither', () => {
      const harness = new Harness({}, { doPX: true })
      harness.connectSubscribers(['a', 'b'], TOPIC, { version: 'v1.0' })
      harness.join()

      expect(pruneOf(harness.leave(), 'a')).to.deep.equal({ topic: TOPIC, peers: [] })
    })

    it('after a LEAVE a peer of version 1.0, which counts the long backoff, is grafted when that is over', () => {
      const harness = new Harness()
      harness.connectSubscribers(['old'], TOPIC, { version: 'v1.0' })
      harness.connectSubscribers(['new'])
      harness.join()
      harness.leave()
      harness.tick(15_000)
      harness.join()

      expect(harness.mesh()).to.deep.equal(['new'])
      harness.tick(50_000)
      expect(harness.mesh().sort()).to.deep.equal(['new', 'old'])
    })

    it('who misbehaved is told of nobody', () => {
      const harness = new Harness({}, { doPX: true })
      harness.connectSubscribers(['peer', ...peerNames(3)])
      harness.join()
      harness.prune('peer', TOPIC)

      expect(pruneOf(harness.graft('peer', TOPIC), 'peer')?.peers).to.be.empty()
    })
  })

  describe('what we are told', () => {
    it('a peer of high score has us connect to others, and no more than prunePeers', () => {
      const harness = new Harness({ prunePeers: 3 }, { scoreParams: { appSpecificScore: () => 100 } })
      harness.connectSubscribers(['trusted'])
      harness.join()

      const [connect, ...more] = only(harness.prune('trusted', TOPIC, 60, infos(10)), 'connectPeers')

      expect(more).to.be.empty()
      expect(connect.source).to.equal('trusted')
      expect(connect.peers).to.have.lengthOf(3)
      expect(infos(10)).to.deep.include.members(connect.peers)
    })

    it('nobody else does', () => {
      const harness = new Harness()
      harness.connectSubscribers(['stranger'])
      harness.join()

      const actions = harness.prune('stranger', TOPIC, 60, infos(10))

      expect(only(actions, 'connectPeers')).to.be.empty()
      expect(dropCount(actions, 'low-score-px', 'stranger')).to.equal(1)
    })

    it('a PRUNE of a topic that we did not join has no effect', () => {
      const harness = new Harness({}, { scoreParams: { appSpecificScore: () => 100 } })
      harness.connectSubscribers(['trusted'])

      expect(harness.prune('trusted', TOPIC, 60, infos(1))).to.be.empty()
    })
  })
})
