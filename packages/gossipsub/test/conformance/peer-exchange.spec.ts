import { expect } from 'aegir/chai'
import { dropCount, Harness, only, peerNames, pruneOf, TOPIC } from '../router/harness.ts'
import { seeds } from '../router/seeds.ts'
import { Network } from '../sim/network.ts'
import { WorthHarness } from './worth.ts'
import type { Action, PeerIdStr } from '../../src/router/events.ts'
import type { RPC } from '../../src/wire/rpc.ts'

describe('conformance: peer exchange, told', () => {
  it('rust test_connect_to_px_peers_on_handle_prune: prunePeers of the peers in a PRUNE are dialled, each once', () => {
    const harness = new WorthHarness()
    harness.worth.set('peer', 10)
    harness.join()
    harness.connectSubscribers(['peer'])
    const named = peerNames(21, 'named')

    const dialled = dials(harness.prune('peer', TOPIC, 60, infos(named)))

    expect(dialled).to.have.lengthOf(16)
    expect(new Set(dialled).size).to.equal(16)
    expect(named).to.include.members(dialled)
  })

  it('rust test_ignore_px_from_negative_scored_peer', () => {
    const harness = new WorthHarness({}, { thresholds: { acceptPXThreshold: 0 } })
    harness.join()
    harness.connectSubscribers(['peer'])
    harness.worth.set('peer', -1)

    const actions = harness.prune('peer', TOPIC, 60, infos(['named']))

    expect(dials(actions)).to.be.empty()
    expect(dropCount(actions, 'low-score-px', 'peer')).to.equal(1)
    expect(harness.mesh()).to.be.empty()
  })

  it('rust test_ignore_px_from_peers_below_accept_px_threshold: only those at or above it are believed', () => {
    const harness = new WorthHarness({}, { thresholds: { acceptPXThreshold: 5 } })
    harness.join()
    harness.connectSubscribers(['good', 'best'])
    harness.worth.set('good', 4.99).set('best', 5)

    expect(dials(harness.prune('good', TOPIC, 60, infos(['named'])))).to.be.empty()
    expect(dials(harness.prune('best', TOPIC, 60, infos(['named'])))).to.deep.equal(['named'])
  })

  it('of a topic that we did not join is not believed', () => {
    const harness = new WorthHarness()
    harness.worth.set('peer', 10)
    harness.connectSubscribers(['peer'])

    expect(dials(harness.prune('peer', TOPIC, 60, infos(['named'])))).to.be.empty()
  })
})

describe('conformance: peer exchange, telling', () => {
  it('rust test_send_px_and_backoff_in_prune: prunePeers others of the topic, each once, and the backoff', () => {
    const harness = new Harness({ D: 1, Dlo: 1, Dhi: 1 }, { doPX: true })
    const peers = peerNames(30)
    harness.join()
    harness.connectSubscribers(peers)
    harness.graft('peer0', TOPIC)

    const prune = pruneOf(harness.graft('peer1', TOPIC), 'peer1')

    expect(prune?.backoffMs).to.equal(60_000)
    expect(prune?.peers).to.have.lengthOf(16)
    expect(new Set(prune?.peers).size).to.equal(16)
    expect(peers.filter(peer => peer !== 'peer1')).to.include.members(prune?.peers ?? [])
  })

  it('rust test_only_send_nonnegative_scoring_peers_in_px', () => {
    const harness = new WorthHarness({ D: 1, Dlo: 1, Dhi: 1 }, { doPX: true })
    harness.join()
    harness.connectSubscribers(['member', 'bad', 'pruned'])
    harness.worth.set('bad', -1)

    expect(pruneOf(harness.graft('pruned', TOPIC), 'pruned')?.peers).to.deep.equal(['member'])
  })

  it('names no subscribers of other topics', () => {
    const harness = new Harness({ D: 1, Dlo: 1, Dhi: 1 }, { doPX: true })
    harness.join()
    harness.connectSubscribers(['member', 'pruned'])
    harness.connectSubscribers(['stranger'], 'another')

    expect(pruneOf(harness.graft('pruned', TOPIC), 'pruned')?.peers).to.deep.equal(['member'])
  })

  it('is off unless doPX says so', () => {
    const harness = new Harness({ D: 1, Dlo: 1, Dhi: 1 })
    harness.join()
    harness.connectSubscribers(['member', 'pruned'])

    expect(pruneOf(harness.graft('pruned', TOPIC), 'pruned')?.peers).to.be.empty()
  })

  it('LEAVE tells of others as well: who is left needs new peers', () => {
    const harness = new Harness({}, { doPX: true })
    harness.join()
    harness.connectSubscribers(['one', 'other'])

    expect(pruneOf(harness.leave(), 'one')?.peers).to.deep.equal(['other'])
  })
})

for (const seed of seeds()) {
  describe(`conformance: peer exchange in a network (SEED=${seed})`, () => {
    it('go TestGossipsubStarTopology: the leaves of a star find each other, and messages pass without the centre', () => {
      const params = { D: 2, Dlo: 2, Dhi: 3, Dscore: 1, Dout: 0 }
      const network = new Network(seed, 20, params, { doPX: true, thresholds: { acceptPXThreshold: 0 } })
      const [centre, ...leaves] = network.nodes
      leaves.forEach(leaf => { network.connect(centre, leaf) })
      network.nodes.forEach(node => { network.join(node) })
      network.run(20_000)

      expect(leaves.filter(leaf => network.neighbours(leaf).length < 2)).to.be.empty()

      const messages = network.nodes.map(node => network.publish(node))
      network.run(10_000)
      expect(messages.flatMap(message => network.missed(message))).to.be.empty()
    })
  })
}

function infos (peers: PeerIdStr[]): RPC.PeerInfo[] {
  return peers.map(peer => ({ peerID: new TextEncoder().encode(peer) }))
}

function dials (actions: Action[]): PeerIdStr[] {
  return only(actions, 'connectPeers').flatMap(action => action.peers).map(({ peerID }) => new TextDecoder().decode(peerID))
}
