import { expect } from 'aegir/chai'
import { topicParams, WorthHarness } from '../conformance/worth.ts'
import { createMessage, createMessages, dropCount, only, prunedPeers, recipients, TOPIC } from '../router/harness.ts'

describe('attack: invalid messages', () => {
  it('go TestGossipsubAttackInvalidMessageSpam: cost the place in the mesh, then the ear', () => {
    const harness = attackedHarness()
    expect(harness.score('attacker')).to.equal(0)

    // without a signature: found before the application is asked
    const actions = Array.from({ length: 10 }, () => harness.receive('attacker', { invalid: [TOPIC] })).flat()

    expect(only(actions, 'validate')).to.be.empty()
    expect(harness.score('attacker')).to.be.below(0)
    expect(prunedPeers(harness.tick())).to.deep.equal(['attacker'])
    expect(dropCount(harness.message('attacker', createMessage('late')), 'graylisted-peer')).to.equal(1)
    expect(harness.mesh()).to.deep.equal(['honest'])
  })

  it('are not forwarded, not delivered, not gossiped and not served', () => {
    for (const verdict of ['reject', 'ignore', 'forged'] as const) {
      const harness = attackedHarness()
      harness.message('attacker', createMessage(1))
      const actions = harness.verdict(createMessage(1), verdict)

      expect(only(actions, 'deliver'), verdict).to.be.empty()
      expect(recipients(actions), verdict).to.be.empty()
      expect(recipients(harness.iwant('honest', [createMessage(1)])), verdict).to.be.empty()
      expect(only(harness.tick(), 'sendRpc').flatMap(rpc => rpc.control?.ihave ?? []), verdict).to.be.empty()
    }
  })

  it('suppression by forgery: a forged copy that comes first does not keep the message out', () => {
    const harness = attackedHarness()
    harness.message('attacker', createMessage(1))
    harness.verdict(createMessage(1), 'forged')

    const actions = harness.validMessage('honest', createMessage(1))

    expect(only(actions, 'deliver')).to.have.lengthOf(1)
  })

  it('suppression by a race: a copy that came while the forged one was checked is asked for again', () => {
    const harness = attackedHarness()
    harness.message('attacker', createMessage(1))
    harness.message('honest', createMessage(1))

    const asked = only(harness.verdict(createMessage(1), 'forged'), 'sendRpc').map(rpc => rpc.peer)

    expect(asked).to.deep.equal(['honest'])
    expect(only(harness.validMessage('honest', createMessage(1)), 'deliver')).to.have.lengthOf(1)
    expect(harness.score('honest')).to.be.at.least(0)
  })

  it('a good record does not pay for them: the square outgrows what deliveries can earn', () => {
    const harness = attackedHarness()
    createMessages(1_000).forEach(message => harness.validMessage('attacker', message))
    expect(harness.score('attacker')).to.equal(100)

    for (let i = 0; i < 11; i++) {
      harness.message('attacker', createMessage(`bad ${i}`))
      harness.verdict(createMessage(`bad ${i}`), 'reject')
    }

    expect(harness.score('attacker')).to.be.below(0)
  })
})

/** An honest peer and an attacker in the mesh. Deliveries earn up to 100. */
function attackedHarness (): WorthHarness {
  const topics = {
    [TOPIC]: topicParams({
      firstMessageDeliveriesWeight: 1, firstMessageDeliveriesCap: 100, firstMessageDeliveriesDecay: 0.999, invalidMessageDeliveriesWeight: -1, invalidMessageDeliveriesDecay: 0.999
    })
  }
  const harness = new WorthHarness({}, { scoreParams: { topics, topicScoreCap: 0 } })
  harness.tick(0)
  harness.join()
  harness.connectSubscribers(['attacker', 'honest'])

  return harness
}
