import { expect } from 'aegir/chai'
import { featuresOf } from '../../src/protocols.ts'
import { createMessage, graftedPeers, Harness, pruneOf, recipients, TOPIC } from '../router/harness.ts'
import { seeds } from '../router/seeds.ts'
import { Network } from '../sim/network.ts'
import type { SimNode } from '../sim/network.ts'

describe('conformance: versions', () => {
  it('go TestDefaultGossipSubFeatures: which can do what', () => {
    const features = ['/floodsub/1.0.0', '/meshsub/1.0.0', '/meshsub/1.1.0', '/meshsub/1.2.0'].map(protocol => {
      const { mesh, px, idontwant } = featuresOf(protocol)

      return [mesh, px, idontwant]
    })

    expect(features).to.deep.equal([
      [false, false, false],
      [true, false, false],
      [true, true, false],
      [true, true, true]
    ])
  })

  it('rust test_dont_send_px_to_old_gossipsub_peers: a v1.0 peer gets a PRUNE of v1.0, and is held to the backoff all the same', () => {
    const harness = new Harness({ D: 1, Dlo: 1, Dhi: 1 }, { doPX: true })
    harness.join()
    harness.connectSubscribers(['member'])
    harness.connectSubscribers(['old'], TOPIC, { version: 'v1.0' })

    expect(pruneOf(harness.graft('old', TOPIC), 'old')).to.deep.equal({ topic: TOPIC, peers: [] })
    harness.disconnect('member')
    expect(graftedPeers(harness.tick())).to.be.empty()
  })
})

describe('conformance: floodsub peers', () => {
  it('rust test_publish_to_floodsub_peers_without_flood_publish: get what we publish', () => {
    const harness = new Harness()
    harness.join()
    harness.connectSubscribers(['flood1', 'flood2'], TOPIC, { mesh: false })
    harness.connectSubscribers(['peer'])

    expect(recipients(harness.publish(createMessage(1)))).to.have.members(['flood1', 'flood2', 'peer'])
    expect(harness.mesh()).to.deep.equal(['peer'])
  })

  it('rust test_do_not_use_floodsub_in_fanout: get it in topics that we did not join, and are in no fanout', () => {
    const harness = new Harness()
    harness.connectSubscribers(['flood1', 'flood2'], TOPIC, { mesh: false })
    harness.connectSubscribers(['peer'])

    expect(recipients(harness.publish(createMessage(1)))).to.have.members(['flood1', 'flood2', 'peer'])
    expect(harness.fanout()).to.deep.equal(['peer'])
  })

  it('rust test_dont_add_floodsub_peers_to_mesh_on_join', () => {
    const harness = new Harness()
    harness.connectSubscribers(['flood1', 'flood2'], TOPIC, { mesh: false })

    expect(graftedPeers(harness.join())).to.be.empty()
    expect(harness.mesh()).to.be.empty()
  })

  it('rust test_dont_add_floodsub_peers_to_mesh_in_heartbeat', () => {
    const harness = new Harness()
    harness.join()
    harness.connectSubscribers(['flood1', 'flood2'], TOPIC, { mesh: false, isOutbound: true })

    expect(graftedPeers(harness.tick())).to.be.empty()
    expect(harness.mesh()).to.be.empty()
  })

  it('rust test_dont_send_floodsub_peers_in_px', () => {
    const harness = new Harness({ D: 1, Dlo: 1, Dhi: 1 }, { doPX: true })
    harness.join()
    harness.connectSubscribers(['member'])
    harness.connectSubscribers(['flood1', 'flood2'], TOPIC, { mesh: false })
    harness.connectSubscribers(['pruned'])

    expect(pruneOf(harness.graft('pruned', TOPIC), 'pruned')?.peers).to.deep.equal(['member'])
  })
})

for (const seed of seeds()) {
  describe(`conformance: mixed networks (SEED=${seed})`, () => {
    it('go TestMixedGossipsub: 20 of gossipsub, 10 of floodsub: every message reaches all, once', () => {
      const network = mixedNetwork(seed, i => i < 20 ? 'v1.2' : 'floodsub')

      expectAllReached(network)
      const floodsub = network.nodes.slice(20).map(node => node.id)
      expect(network.nodes.flatMap(node => [...network.meshOf(node)]).filter(peer => floodsub.includes(peer))).to.be.empty()
    })

    it('all versions in one network', () => {
      const versions: Array<SimNode['version']> = ['v1.2', 'v1.1', 'v1.0', 'floodsub']

      expectAllReached(mixedNetwork(seed, i => versions[i % 4]))
    })

    it('go TestMultihops: floodsub alone, along a line', () => {
      const network = new Network(seed, 6)
      network.nodes.forEach(node => { node.version = 'floodsub' })
      network.nodes.slice(1).forEach((node, i) => { network.connect(network.nodes[i], node) })
      joinAll(network)

      expectAllReached(network)
    })

    it('go TestTreeTopology: floodsub alone, along a tree', () => {
      const network = new Network(seed, 10)
      network.nodes.forEach(node => { node.version = 'floodsub' })
      network.nodes.slice(1).forEach((node, i) => { network.connect(network.nodes[Math.floor(i / 2)], node) })
      joinAll(network)

      expectAllReached(network)
    })
  })
}

/** Thirty nodes of ten links each. */
function mixedNetwork (seed: number, versionOf: (i: number) => SimNode['version']): Network {
  const network = new Network(seed, 30)
  network.nodes.forEach((node, i) => { node.version = versionOf(i) })
  network.connectRandomly(10)
  joinAll(network)

  return network
}

function joinAll (network: Network): void {
  network.nodes.forEach(node => { network.join(node) })
  network.run(3_000)
}

function expectAllReached (network: Network): void {
  const messages = network.nodes.map(node => network.publish(node))
  network.run(5_000)

  expect(messages.flatMap(message => network.missed(message))).to.be.empty()
}
