import { expect } from 'aegir/chai'
import { createMessage, createMessages, dropCount, Harness, penaltyCount, recipients, TOPIC, wantedIds } from '../router/harness.ts'

describe('attack: IWANT spam', () => {
  it('go TestGossipsubAttackSpamIWANT: the same message asked for without end is sent gossipRetransmission times', () => {
    const harness = attackedHarness()
    harness.publish(createMessage(1))

    const sent = Array.from({ length: 100 }, () => recipients(harness.iwant('attacker', [createMessage(1)])).length)

    expect(sent.reduce((sum, count) => sum + count)).to.equal(3)
    // others are served all the same
    expect(recipients(harness.iwant('honest', [createMessage(1)]))).to.deep.equal(['honest'])
  })

  it('not more often over heartbeats, nor after it reconnects', () => {
    const harness = attackedHarness()
    harness.publish(createMessage(1))
    let sent = 0

    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < 10; j++) {
        sent += recipients(harness.iwant('attacker', [createMessage(1)])).length
      }
      harness.disconnect('attacker')
      harness.connectSubscribers(['attacker'])
      harness.tick()
    }

    expect(sent).to.equal(3)
  })

  it('ids that nobody has cost no more than maxIWantLength look-ups in a heartbeat', () => {
    const harness = attackedHarness({ maxIWantLength: 100 })
    harness.publish(createMessage('real'))

    harness.iwant('attacker', createMessages(1_000))
    const actions = harness.iwant('attacker', [createMessage('real')])

    expect(recipients(actions)).to.be.empty()
    expect(dropCount(actions, 'too-many-iwant', 'attacker')).to.equal(1)
    harness.tick()
    expect(recipients(harness.iwant('attacker', [createMessage('real')]))).to.deep.equal(['attacker'])
  })
})

describe('attack: IHAVE spam', () => {
  it('go TestGossipsubAttackSpamIHAVE: ids without end make us ask for maxIHaveLength per heartbeat, and cost the score when nothing comes', () => {
    const harness = attackedHarness({ maxIHaveLength: 100, gossipsubIWantFollowupMs: 3_000 })
    const spam = (round: number): number => Array.from({ length: 300 }, (_, i) => createMessage(`${round}-${i}`))
      .reduce((sum, message) => sum + wantedIds(harness.ihave('attacker', TOPIC, [message, createMessage(`${String(message.id)}, too`)]), 'attacker').length, 0)

    expect(spam(1)).to.be.within(1, 100)
    expect(harness.score('attacker')).to.equal(0)
    harness.tick()
    expect(spam(2)).to.be.within(1, 100)

    harness.tick(3_000)
    expect(harness.score('attacker')).to.be.below(0)
    expect(harness.score('honest')).to.equal(0)
    expect(harness.mesh()).to.not.include('attacker')
  })

  it('one frame of ids without end is looked at for so many ids, and asked for so many', () => {
    const harness = attackedHarness({ maxIHaveLength: 50, maxIHaveMessages: 2 })

    const actions = harness.ihave('attacker', TOPIC, createMessages(10_000))

    expect(wantedIds(actions, 'attacker')).to.have.lengthOf(50)
    expect(dropCount(actions, 'too-many-ihave', 'attacker')).to.equal(1)
  })

  it('the same id announced again and again is one request a heartbeat at most, and one promise', () => {
    const harness = attackedHarness()
    Array.from({ length: 10 }, () => harness.ihave('attacker', TOPIC, [createMessage(1)]))

    const penalties = Array.from({ length: 5 }, () => penaltyCount(harness.tick(), 'broken-promise', 'attacker'))
    expect(penalties.reduce((sum, count) => sum + count)).to.equal(1)
  })
})

function attackedHarness (params: ConstructorParameters<typeof Harness>[0] = {}): Harness {
  const harness = new Harness(params, { scoreParams: { behaviourPenaltyWeight: -10, behaviourPenaltyDecay: 0.99 } })
  harness.join()
  harness.connectSubscribers(['attacker', 'honest'])

  return harness
}
