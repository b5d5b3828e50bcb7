import { expect } from 'aegir/chai'
import { topicParams, WorthHarness } from '../conformance/worth.ts'
import { createMessage, createMessages, dropCount, graftedPeers, penaltyCount, TOPIC, wantedIds } from '../router/harness.ts'

describe('attack: washing by reconnecting', () => {
  it('promises', () => {
    const harness = attackedHarness()
    let penalties = 0

    for (let round = 0; round < 5; round++) {
      harness.ihave('attacker', TOPIC, [createMessage(`promised ${round}`)])
      penalties += penaltyCount(harness.tick(2_000), 'broken-promise', 'attacker')
      reconnect(harness)
      penalties += penaltyCount(harness.tick(2_000), 'broken-promise', 'attacker')
    }

    expect(penalties).to.equal(5)
  })

  it('a negative score', () => {
    const harness = attackedHarness()
    punish(harness, 'attacker', 9)
    const before = harness.score('attacker')
    expect(before).to.equal(-81)

    reconnect(harness)

    expect(harness.score('attacker')).to.equal(before)
    expect(dropCount(harness.message('attacker', createMessage('new')), 'graylisted-peer')).to.equal(1)
    expect(graftedPeers(harness.tick())).to.be.empty()
  })

  it('a backoff', () => {
    const harness = attackedHarness()
    harness.prune('attacker', TOPIC, 60)

    reconnect(harness)

    expect(dropCount(harness.graft('attacker', TOPIC), 'graft-in-backoff')).to.equal(1)
    expect(harness.mesh()).to.be.empty()
  })

  it('a deficit of deliveries: leaving the mesh by a disconnect costs as leaving it by a PRUNE', () => {
    const harness = attackedHarness()
    harness.tick(6_000)
    expect(harness.mesh()).to.be.empty()
    const before = harness.score('attacker')
    expect(before).to.be.below(0)

    reconnect(harness)

    expect(harness.score('attacker')).to.equal(before)
  })

  it('a fault that is found when the peer is gone', () => {
    const harness = attackedHarness()
    harness.message('attacker', createMessage(1))
    harness.disconnect('attacker')
    harness.verdict(createMessage(1), 'reject')

    harness.connectSubscribers(['attacker'])

    expect(harness.score('attacker')).to.equal(-1)
  })

  it('a score cannot be laid up in advance: a positive one does not outlive its connection', () => {
    const harness = attackedHarness()
    createMessages(100).forEach(message => harness.validMessage('attacker', message))
    expect(harness.score('attacker')).to.equal(20)

    reconnect(harness)

    expect(harness.score('attacker')).to.equal(0)
  })

  it('an allowance of IHAVE by re-opening a stream', () => {
    const harness = attackedHarness({ maxIHaveLength: 10 })
    const asked = Array.from({ length: 10 }, (_, i) => {
      harness.connect('attacker')

      return wantedIds(harness.ihave('attacker', TOPIC, createMessages(10).map((_, j) => createMessage(`${i} ${j}`))), 'attacker').length
    })

    expect(asked.reduce((sum, count) => sum + count)).to.equal(10)
  })

  it('a score by a crowd of newcomers that crowds out the memory: the worst is forgotten last', () => {
    const harness = attackedHarness({ maxRetainedScores: 100 })
    punish(harness, 'attacker', 9)
    harness.disconnect('attacker')

    for (let i = 0; i < 1_000; i++) {
      harness.connectSubscribers([`sybil ${i}`])
      punish(harness, `sybil ${i}`, 1)
      harness.disconnect(`sybil ${i}`)
    }

    harness.connect('attacker')
    expect(harness.score('attacker')).to.equal(-81)
  })
})

function attackedHarness (params: ConstructorParameters<typeof WorthHarness>[0] = {}): WorthHarness {
  const topics = {
    [TOPIC]: topicParams({
      firstMessageDeliveriesWeight: 2,
      invalidMessageDeliveriesWeight: -1,
      meshMessageDeliveriesWeight: -1,
      meshFailurePenaltyWeight: -1,
      meshMessageDeliveriesActivation: 5_000
    })
  }
  const harness = new WorthHarness(params, { scoreParams: { topics, topicScoreCap: 0 } })
  harness.tick(0)
  harness.join()
  harness.connectSubscribers(['attacker'])

  return harness
}

let punishments = 0

/** So many messages of the peer are rejected. */
function punish (harness: WorthHarness, peer: string, count: number): void {
  for (let i = 0; i < count; i++) {
    const message = createMessage(`bad ${punishments++}`)
    harness.message(peer, message)
    harness.verdict(message, 'reject')
  }
}

function reconnect (harness: WorthHarness): void {
  harness.disconnect('attacker')
  harness.connectSubscribers(['attacker'])
}
