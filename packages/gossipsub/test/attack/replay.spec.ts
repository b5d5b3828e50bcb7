import { expect } from 'aegir/chai'
import { createMessage, createMessages, dropCount, Harness, only, recipients, SELF } from '../router/harness.ts'
import { seeds } from '../router/seeds.ts'
import { Network } from '../sim/network.ts'

describe('attack: replay', () => {
  it('of our own messages: not delivered, not forwarded, and never again', () => {
    const harness = attackedHarness()
    const own = createMessage(1, { author: SELF })
    harness.publish(own)

    // longer than anything is remembered
    for (const afterMs of [0, 60_000, 600_000]) {
      harness.tick(afterMs)
      const actions = harness.message('attacker', own)

      expect(only(actions, 'validate')).to.be.empty()
      expect(recipients(actions)).to.be.empty()
      expect(dropCount(actions, 'own-message', 'attacker')).to.equal(1)
    }
  })

  it('go TestBasicSeqnoValidatorReplay: of messages of others: each is delivered once in seenTTL, whoever repeats it', () => {
    const harness = attackedHarness()
    const messages = createMessages(20)
    messages.forEach(message => harness.validMessage('honest', message))

    for (let i = 0; i < 10; i++) {
      const actions = [...harness.message('attacker', ...messages), ...harness.message('honest', ...messages), ...harness.tick(11_000)]

      expect(only(actions, 'validate')).to.be.empty()
      expect(only(actions, 'deliver')).to.be.empty()
    }
  })

  it('of refused messages: the application is not asked again', () => {
    for (const verdict of ['reject', 'ignore'] as const) {
      const harness = attackedHarness()
      harness.message('attacker', createMessage(1))
      harness.verdict(createMessage(1), verdict)

      expect(only(harness.message('attacker', createMessage(1)), 'validate'), verdict).to.be.empty()
    }
  })

  it('of a message that is being validated: it is validated once, and its many senders are not sent it', () => {
    const harness = attackedHarness()
    const actions = Array.from({ length: 100 }, () => harness.message('attacker', createMessage(1))).flat()

    expect(only(actions, 'validate')).to.have.lengthOf(1)
    expect(recipients(harness.verdict(createMessage(1), 'accept'))).to.deep.equal(['honest'])
  })

  it('of GRAFT: a mesh peer that grafts again and again is in the mesh once, and answered nothing', () => {
    const harness = attackedHarness()

    for (let i = 0; i < 100; i++) {
      expect(harness.graft('attacker', 'topic')).to.be.empty()
    }
    expect(harness.mesh().filter(peer => peer === 'attacker')).to.have.lengthOf(1)
  })
})

for (const seed of seeds()) {
  describe(`attack: replay in a network (SEED=${seed})`, () => {
    it('a message is pushed over each link once each way, and dies out', () => {
      const network = new Network(seed, 20)
      network.connectRandomly(8)
      network.nodes.forEach(node => { network.join(node) })
      network.run(3_000)
      const message = network.publish(network.nodes[0])
      network.run(10_000)
      const count = network.pushes.length

      network.run(60_000)

      expect(network.pushes.length).to.equal(count)
      expect(network.missed(message)).to.be.empty()
      const ways = network.pushes.map(push => `${push.from} ${push.to}`)
      expect(new Set(ways).size).to.equal(ways.length)
    })
  })
}

function attackedHarness (): Harness {
  const harness = new Harness()
  harness.join()
  harness.connectSubscribers(['attacker', 'honest'])

  return harness
}
