import { expect } from 'aegir/chai'
import { createMessage, dropCount, Harness, peerNames, recipients, TOPIC } from '../router/harness.ts'
import type { HarnessInit } from '../router/harness.ts'

const scoreParams = { IPColocationFactorWeight: -1, IPColocationFactorThreshold: 3 }
const thresholds = { gossipThreshold: -10, publishThreshold: -50, graylistThreshold: -80 }

describe('attack: sybils at one address', () => {
  it('pay with the square of their number: none is in the mesh, and all are graylisted', () => {
    const harness = crowded(20, () => '203.0.113.7')

    expect(harness.score('sybil0')).to.equal(-289)
    expect(harness.mesh()).to.have.members(peerNames(4, 'honest'))
    expect(dropCount(harness.message('sybil0', createMessage(1)), 'graylisted-peer')).to.equal(1)
    expect(harness.graft('sybil1', TOPIC).map(action => action.type)).to.deep.equal(['reportDrop'])
  })

  it('in one IPv6 network of 64 bits are at one address', () => {
    const harness = crowded(20, i => `2001:db8:1:2::${(i + 1).toString(16)}`)

    expect(harness.score('sybil0')).to.equal(-289)
    expect(harness.mesh()).to.have.members(peerNames(4, 'honest'))
  })

  it('as many as the threshold are neighbours behind one router, and pay nothing', () => {
    const harness = crowded(3, () => '203.0.113.7')

    expect(peerNames(3, 'sybil').map(peer => harness.score(peer))).to.deep.equal([0, 0, 0])
  })

  it('behind an address of the whitelist pay nothing', () => {
    const harness = crowded(20, () => '203.0.113.7', { scoreParams: { ...scoreParams, IPColocationFactorWhitelist: new Set(['203.0.113.0/24']) } })

    expect(harness.score('sybil0')).to.equal(0)
  })

  it('that leave and come back one by one are counted for as long as their scores are kept', () => {
    const harness = crowded(20, () => '203.0.113.7')
    peerNames(20, 'sybil').forEach(peer => { harness.disconnect(peer) })

    harness.connect('new', { ips: ['203.0.113.7'] })

    expect(harness.score('new')).to.be.below(-80)
  })

  it('a peer whose neighbour is attacked pays for it only as long as they are there', () => {
    const harness = crowded(20, () => '203.0.113.7')
    expect(harness.score('honest0')).to.equal(0)
    harness.connect('moving', { ips: ['203.0.113.7'] })
    expect(harness.score('moving')).to.be.below(0)

    harness.router.handle({ type: 'peerMoved', peer: 'moving', origin: { isOutbound: false, ips: ['198.51.100.9'] } }, harness.now)

    expect(harness.score('moving')).to.equal(0)
  })

  it('get none of what we publish, by flood publishing neither', () => {
    const harness = crowded(20, () => '203.0.113.7')

    expect(recipients(harness.publish(createMessage(1), true))).to.have.members(peerNames(4, 'honest'))
  })
})

/** A mesh with a crowd of sybils and four honest peers, some heartbeats later. */
function crowded (sybils: number, ipOf: (i: number) => string, init: HarnessInit = {}): Harness {
  const harness = new Harness({}, { scoreParams, thresholds, ...init })
  harness.join()
  peerNames(sybils, 'sybil').forEach((peer, i) => {
    harness.connectSubscribers([peer], TOPIC, { ips: [ipOf(i)] })
    harness.graft(peer, TOPIC)
  })
  peerNames(4, 'honest').forEach((peer, i) => {
    harness.connectSubscribers([peer], TOPIC, { ips: [`198.51.100.${i + 1}`] })
  })
  harness.tick()
  harness.tick()

  return harness
}
