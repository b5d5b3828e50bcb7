import { expect } from 'aegir/chai'
import { checkMeshParams, checkParams } from '../../src/params.ts'
import { createMessage, gossipedPeers, graftedPeers, Harness, peerNames, prunedPeers, recipients } from '../router/harness.ts'
import type { MeshParams } from '../../src/params.ts'
import type { RouterOptions } from '../router/create-router.ts'

const small = ownParams({ D: 3, Dlo: 2, Dhi: 5, Dout: 1 })
const medium = ownParams({ D: 4, Dlo: 3, Dhi: 6, Dout: 1 })
const large = ownParams({ D: 8, Dlo: 6, Dhi: 14, Dout: 3 })

describe('conformance: mesh parameters of a topic', () => {
  it('rust test_topic_specific_config: are checked, and filled in from the common ones', () => {
    expect(large).to.deep.include({ D: 8, Dlo: 6, Dhi: 14, Dscore: 4, Dout: 3, Dlazy: 6 })
    expect(() => ownParams({ D: 3, Dlo: 4 })).to.throw().with.property('name', 'InvalidParametersError')
  })

  it('rust test_multiple_topics_with_different_configs: JOIN grafts as many as the topic wants, also when it is joined again', () => {
    const harness = harnessWith({ small, medium, large })
    const sizes = (): number[] => ['small', 'medium', 'large', 'common'].map(topic => harness.mesh(topic).length)

    expect(sizes()).to.deep.equal([3, 4, 8, 6])
    harness.tick()
    expect(sizes()).to.deep.equal([3, 4, 8, 6])

    harness.leave('small')
    expect(harness.router.mesh.has('small')).to.equal(false)
    harness.tick(11_000)
    harness.join('small')
    expect(sizes()).to.deep.equal([3, 4, 8, 6])
  })

  it('rust test_topic_mesh_maintenance_with_specific_config: a heartbeat keeps to them', () => {
    const harness = harnessWith({ small, medium })
    const meshes = ['small', 'medium'].map(topic => harness.mesh(topic))

    expect(harness.tick()).to.be.empty()
    expect(['small', 'medium'].map(topic => harness.mesh(topic))).to.deep.equal(meshes)
  })

  it('rust test_mesh_addition_with_topic_config: it fills up to the topic\'s D from below its Dlo', () => {
    const harness = harnessWith({ large })
    harness.mesh('large').slice(0, 2).forEach(peer => harness.prune(peer, 'large'))
    expect(graftedPeers(harness.tick(), 'large')).to.be.empty()

    harness.prune(harness.mesh('large')[0], 'large')
    expect(graftedPeers(harness.tick(), 'large')).to.have.lengthOf(3)
    expect(harness.mesh('large')).to.have.lengthOf(8)
  })

  it('rust test_mesh_subtraction_with_topic_config: it cuts to the topic\'s D from above its Dhi', () => {
    const harness = harnessWith({ small })
    const free = peerNames(30).filter(peer => !harness.mesh('small').includes(peer))
    free.slice(0, 2).forEach(peer => harness.graft(peer, 'small'))
    expect(prunedPeers(harness.tick(), 'small')).to.be.empty()
    expect(harness.mesh('small')).to.have.lengthOf(5)

    // an inbound GRAFT is refused at the topic's Dhi
    expect(prunedPeers(harness.graft(free[2], 'small'), 'small')).to.deep.equal([free[2]])

    harness.connect('outbound', { isOutbound: true })
    harness.graft('outbound', 'small')
    expect(prunedPeers(harness.tick(), 'small')).to.have.lengthOf(3)
    expect(harness.mesh('small')).to.have.lengthOf(3).and.to.include('outbound')
  })

  it('rust test_mesh_subtraction_with_topic_config_min_outbound: the quota is the topic\'s as well', () => {
    const harness = harnessWith({ large }, 14)
    peerNames(3, 'outbound').forEach(peer => {
      harness.connect(peer, { isOutbound: true })
      harness.graft(peer, 'large')
    })
    peerNames(14).forEach(peer => harness.graft(peer, 'large'))
    expect(harness.mesh('large').length).to.be.greaterThan(13)
    harness.connect('one more', { isOutbound: true })
    harness.graft('one more', 'large')

    harness.tick()

    expect(harness.mesh('large')).to.have.lengthOf(8)
    expect(harness.mesh('large').filter(peer => !peer.startsWith('peer'))).to.have.lengthOf.at.least(3)
  })

  it('rust test_fanout_with_topic_config: a fanout has the topic\'s D', () => {
    const harness = harnessWith({ small })
    harness.leave('small')

    expect(recipients(harness.publish(createMessage(1, { topic: 'small' })))).to.have.lengthOf(3)
    expect(harness.fanout('small')).to.have.lengthOf(3)
  })

  it('gossip goes to the topic\'s Dlazy', () => {
    const harness = harnessWith({ lazy: ownParams({ Dlazy: 15 }) })
    harness.publish(createMessage(1, { topic: 'lazy' }))

    expect(gossipedPeers(harness.tick(), 'lazy')).to.have.lengthOf(15)
  })
})

function ownParams (partial: Partial<MeshParams>): MeshParams {
  return checkMeshParams(partial, checkParams())
}

/** Joined to all these topics and to a common one, with peers that subscribe to all of them. */
function harnessWith (meshParams: NonNullable<RouterOptions['meshParams']>, peerCount = 30): Harness {
  const harness = new Harness({}, { meshParams })
  const topics = [...Object.keys(meshParams), 'common']

  for (const peer of peerNames(peerCount)) {
    harness.connect(peer)
    harness.subscribe(peer, ...topics)
  }
  topics.forEach(topic => harness.join(topic))

  return harness
}
