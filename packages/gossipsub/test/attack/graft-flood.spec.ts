import { expect } from 'aegir/chai'
import { dropCount, graftedPeers, Harness, only, penaltyCount, prunedPeers, TOPIC } from '../router/harness.ts'

describe('attack: GRAFT flood', () => {
  it('go TestGossipsubAttackGRAFTNonExistentTopic: a GRAFT for an unknown topic is not answered and makes no mesh', () => {
    const harness = attackedHarness()

    for (let i = 0; i < 1_000; i++) {
      const actions = harness.graft('attacker', `unknown ${i}`)

      expect(only(actions, 'sendRpc')).to.be.empty()
      expect(dropCount(actions, 'graft-unknown-topic', 'attacker')).to.equal(1)
    }

    expect([...harness.router.mesh.keys()]).to.deep.equal([TOPIC])
    expect(harness.router.topics.size).to.equal(1)
  })

  it('go TestGossipsubAttackGRAFTDuringBackoff: penalty on penalty, until it is graylisted and not even answered', () => {
    const harness = attackedHarness()
    harness.prune('attacker', TOPIC)
    harness.now += 11_000

    const [first, second, third] = [1, 2, 3].map(() => {
      const prunes = prunedPeers(harness.graft('attacker', TOPIC))
      harness.now += 100

      return { prunes, score: harness.score('attacker') }
    })

    expect([first, second, third].map(({ prunes }) => prunes)).to.deep.equal([['attacker'], ['attacker'], ['attacker']])
    expect([first, second, third].map(({ score }) => score)).to.deep.equal([-100, -900, -2_500])

    // the backoff is over, and it is still not heard
    harness.now += 61_000
    const actions = harness.graft('attacker', TOPIC)
    expect(actions.map(action => action.type)).to.deep.equal(['reportDrop'])
    expect(dropCount(actions, 'graylisted-peer', 'attacker')).to.equal(1)
    expect(harness.mesh()).to.deep.equal(['honest'])
  })

  it('many GRAFTs for one topic in one frame are one offence, and one PRUNE', () => {
    const harness = attackedHarness()
    harness.prune('attacker', TOPIC)
    harness.now += 11_000

    const actions = harness.graft('attacker', ...Array<string>(1_000).fill(TOPIC))

    expect(penaltyCount(actions, 'graft-in-backoff', 'attacker')).to.equal(1)
    expect(only(actions, 'sendRpc').flatMap(rpc => rpc.control?.prune ?? [])).to.have.lengthOf(1)
  })

  it('who grafts in the backoff puts it off: it never ends for one who never stops', () => {
    const harness = new Harness()
    harness.join()
    harness.connectSubscribers(['attacker'])
    harness.prune('attacker', TOPIC, 60)

    for (let i = 0; i < 20; i++) {
      harness.tick(30_000)
      harness.graft('attacker', TOPIC)
      expect(harness.mesh()).to.be.empty()
    }
  })

  it('flapping by PRUNE and GRAFT costs as well: each GRAFT comes inside the backoff of the PRUNE before it', () => {
    const harness = attackedHarness()

    for (let i = 0; i < 5; i++) {
      harness.prune('attacker', TOPIC, 1)
      harness.graft('attacker', TOPIC)
    }

    expect(harness.score('attacker')).to.be.below(-1_000)
    expect(graftedPeers(harness.tick(2_000))).to.be.empty()
  })
})

/** Penalties cost a hundredfold of their square and do not decay. */
function attackedHarness (): Harness {
  const harness = new Harness({}, {
    scoreParams: { behaviourPenaltyWeight: -100, decayInterval: 1_000_000 },
    thresholds: { gossipThreshold: -100, publishThreshold: -500, graylistThreshold: -1_000 }
  })
  harness.join()
  harness.connectSubscribers(['attacker', 'honest'])
  expect(harness.mesh()).to.have.members(['attacker', 'honest'])

  return harness
}
