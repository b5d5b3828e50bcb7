import { expect } from 'aegir/chai'
import { WorthHarness } from '../conformance/worth.ts'
import { dropCount, only, peerNames, pruneOf, TOPIC } from '../router/harness.ts'
import type { RPC } from '../../src/wire/rpc.ts'

describe('attack: peer exchange poisoning', () => {
  it('a stranger cannot make us dial: without a score nobody is believed', () => {
    const harness = attackedHarness()

    for (let i = 0; i < 100; i++) {
      const actions = harness.prune('attacker', TOPIC, 60, poison(100))

      expect(only(actions, 'connectPeers')).to.be.empty()
      expect(dropCount(actions, 'low-score-px', 'attacker')).to.equal(1)
    }
  })

  it('one that is trusted makes us dial prunePeers per PRUNE, however many it names', () => {
    const harness = attackedHarness()
    harness.worth.set('attacker', 100)

    const [action, ...others] = only(harness.prune('attacker', TOPIC, 60, poison(10_000)), 'connectPeers')

    expect(others).to.be.empty()
    expect(action.peers).to.have.lengthOf(16)
    expect(action.source).to.equal('attacker')
  })

  it('trust that is lost is lost at once', () => {
    const harness = attackedHarness()
    harness.worth.set('attacker', 10)
    expect(only(harness.prune('attacker', TOPIC, 60, poison(1)), 'connectPeers')).to.have.lengthOf(1)

    harness.worth.set('attacker', 9.9)
    expect(only(harness.prune('attacker', TOPIC, 60, poison(1)), 'connectPeers')).to.be.empty()
  })

  it('harvesting: a GRAFT that is refused for misbehaviour is told of nobody', () => {
    const harness = attackedHarness()
    harness.connectSubscribers(peerNames(20))
    harness.prune('attacker', TOPIC, 60)
    expect(pruneOf(harness.graft('attacker', TOPIC), 'attacker')?.peers).to.be.empty()

    harness.now += 120_000
    harness.worth.set('attacker', -1)
    expect(pruneOf(harness.graft('attacker', TOPIC), 'attacker')?.peers).to.be.empty()
  })

  it('a PRUNE that imposes a backoff of years binds us for an hour', () => {
    const harness = attackedHarness()
    harness.prune('attacker', TOPIC, 2 ** 40)

    harness.tick(3_600_000)
    expect(harness.mesh()).to.be.empty()
    harness.tick(1_000)
    expect(harness.mesh()).to.deep.equal(['attacker'])
  })
})

function attackedHarness (): WorthHarness {
  const harness = new WorthHarness({}, { doPX: true })
  harness.join()
  harness.connectSubscribers(['attacker'])

  return harness
}

function poison (count: number): RPC.PeerInfo[] {
  return peerNames(count, 'victim').map(peer => ({ peerID: new TextEncoder().encode(peer) }))
}
