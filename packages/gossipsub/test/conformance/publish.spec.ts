import { expect } from 'aegir/chai'
import { createMessage, createMessages, Harness, nameOf, only, peerNames, recipients } from '../router/harness.ts'
import { seeds } from '../router/seeds.ts'

describe('conformance: publishing', () => {
  it('rust test_publish_without_flood_publishing: to D peers, and the message can be asked for', () => {
    const harness = new Harness()
    harness.connectSubscribers(peerNames(20))
    harness.join()

    const receivers = recipients(harness.publish(createMessage(1)))

    expect(receivers).to.have.lengthOf(6).and.to.have.members(harness.mesh())
    expect(recipients(harness.iwant('peer0', [createMessage(1)]))).to.deep.equal(['peer0'])
  })

  it('rust test_flood_publish, go TestGossipsubFloodPublish: with floodPublish to all subscribers; messages of others go to the mesh alone', () => {
    const harness = new Harness()
    harness.connectSubscribers(peerNames(22))
    harness.join()

    expect(recipients(harness.publish(createMessage(1), true))).to.have.members(peerNames(22))
    expect(recipients(harness.iwant('peer0', [createMessage(1)]))).to.deep.equal(['peer0'])
    expect(recipients(harness.validMessage(harness.mesh()[0], createMessage(2)))).to.have.lengthOf(5)
  })
})

for (const seed of seeds()) {
  describe(`conformance: batches (SEED=${seed})`, () => {
    it('go TestMessageBatchPublish: every message of a batch goes to all it would go to alone, no second copy before every first', () => {
      const harness = new Harness({}, { seed })
      harness.connectSubscribers(peerNames(20))
      harness.join()
      const messages = createMessages(100)

      const sends = only(harness.publishBatch(messages), 'sendMessage')
        .flatMap(({ message, peers }) => peers.map(peer => ({ peer, name: nameOf(message.id) })))

      expect(sends).to.have.lengthOf(600)
      expect(new Set(sends.map(({ peer, name }) => `${peer} ${name}`)).size).to.equal(600)
      expect(sends.map(({ peer }) => peer)).to.include.members(harness.mesh())

      for (let round = 0; round < 6; round++) {
        const names = sends.slice(round * 100, (round + 1) * 100).map(({ name }) => name)
        expect(new Set(names).size, `copy ${round + 1} of each`).to.equal(100)
      }
    })

    it('each message of a batch can be asked for, and is a duplicate when it comes back', () => {
      const harness = new Harness({}, { seed })
      harness.connectSubscribers(peerNames(20))
      harness.join()
      const messages = createMessages(10)
      harness.publishBatch(messages)

      expect(recipients(harness.iwant('peer0', messages))).to.have.lengthOf(10)
      expect(only(harness.message('peer0', ...messages), 'reportDuplicate')).to.have.lengthOf(10)
    })
  })
}
