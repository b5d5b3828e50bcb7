import { expect } from 'aegir/chai'
import { createMessage, createMessages, dropCount, Harness, only, recipients } from '../router/harness.ts'

describe('attack: IDONTWANT spam', () => {
  it('go TestGossipsubAttackSpamIDONTWANT: what is beyond idontwantMaxMessages is not heard, until the heartbeat', () => {
    const harness = attackedHarness(100)
    createMessages(100).forEach(message => harness.idontwant('attacker', [message]))

    const actions = harness.idontwant('attacker', [createMessage('one more')])

    expect(dropCount(actions, 'too-many-idontwant', 'attacker')).to.equal(1)
    expect(only(actions, 'cancelMessages')).to.be.empty()
    expect(recipients(harness.validMessage('honest', createMessage('one more')))).to.deep.equal(['attacker'])

    harness.tick()
    harness.idontwant('attacker', [createMessage('after the heartbeat')])
    expect(recipients(harness.validMessage('honest', createMessage('after the heartbeat')))).to.be.empty()
  })

  it('go TestGossipsubHandleIDontwantSpam: a frame with more ids is heard in part', () => {
    const harness = attackedHarness(10)
    const messages = createMessages(11)

    const actions = harness.idontwant('attacker', messages)

    expect(only(actions, 'cancelMessages').flatMap(({ ids }) => ids)).to.have.lengthOf(10)
    const receivers = messages.map(message => recipients(harness.validMessage('honest', message)).length)
    expect(receivers).to.deep.equal([...Array(10).fill(0), 1])
  })

  it('the same id again and again takes one place', () => {
    const harness = attackedHarness(2)

    for (let i = 0; i < 100; i++) {
      expect(dropCount(harness.idontwant('attacker', [createMessage(1)]), 'too-many-idontwant')).to.equal(0)
    }

    harness.idontwant('attacker', [createMessage(2)])
    expect(recipients(harness.validMessage('honest', createMessage(2)))).to.be.empty()
  })

  it('go TestGossipsubIDontWantUnwantedCleanup: an empty one is nothing, and what a peer said goes with it', () => {
    const harness = attackedHarness(10)
    expect(harness.idontwant('attacker', [])).to.be.empty()

    harness.idontwant('attacker', createMessages(10))
    harness.disconnect('attacker')
    harness.connectSubscribers(['attacker'])

    expect(recipients(harness.validMessage('honest', createMessage(0)))).to.deep.equal(['attacker'])
  })

  it('censorship: nobody else loses a message by it', () => {
    const harness = attackedHarness(10)
    harness.connectSubscribers(['other'])
    harness.idontwant('attacker', [createMessage(1), createMessage(2)])

    expect(recipients(harness.validMessage('honest', createMessage(1)))).to.deep.equal(['other'])
    expect(recipients(harness.publish(createMessage(2), true))).to.have.members(['honest', 'other'])
  })

  it('is not punished: an attacker that does not want what we have only harms itself', () => {
    const harness = attackedHarness(10)
    harness.idontwant('attacker', createMessages(1_000))
    harness.tick()

    expect(harness.score('attacker')).to.equal(0)
    expect(harness.mesh()).to.include('attacker')
  })
})

function attackedHarness (idontwantMaxMessages: number): Harness {
  const harness = new Harness({ idontwantMaxMessages })
  harness.join()
  harness.connectSubscribers(['attacker', 'honest'])

  return harness
}
