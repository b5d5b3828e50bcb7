import { expect } from 'aegir/chai'
import { createMessage, createMessages, dropCount, Harness, nameOf, only, peersToldUnwanted, peerNames, recipients, TOPIC } from './harness.ts'

const large = (name: string | number, author = 'author'): ReturnType<typeof createMessage> => createMessage(name, { bytes: 512, author })

function createHarness (): Harness {
  const harness = new Harness()
  harness.connectSubscribers(['source', 'mesh'])
  harness.connectSubscribers(['v1.1'], TOPIC, { version: 'v1.1' })
  harness.join()

  return harness
}

/** gossipsub-v1.2.md. */
describe('router: IDONTWANT', () => {
  describe('what we tell', () => {
    it('the mesh is told of a large message at first sight, before it is validated; not who sent it, nor who does not understand', () => {
      const harness = createHarness()
      const message = large(1)
      const actions = harness.message('source', message)

      expect(peersToldUnwanted(actions, message)).to.deep.equal(['mesh'])
      expect(actions.findIndex(({ type }) => type === 'sendRpc')).to.be.below(actions.findIndex(({ type }) => type === 'validate'))
      expect(peersToldUnwanted(harness.message('mesh', message), message)).to.be.empty()
    })

    it('not its author', () => {
      const message = large(1, 'mesh')

      expect(peersToldUnwanted(createHarness().message('source', message), message)).to.be.empty()
    })

    it('not of a small message, nor of one of a topic that we did not join', () => {
      const harness = createHarness()
      const small = createMessage(1, { bytes: 511 })
      const elsewhere = createMessage(2, { bytes: 512, topic: 'elsewhere' })

      expect(peersToldUnwanted(harness.message('source', small), small)).to.be.empty()
      expect(peersToldUnwanted(harness.message('source', elsewhere), elsewhere)).to.be.empty()
    })

    it('of a large message of our own', () => {
      const harness = createHarness()
      const message = large(1, 'self')
      const actions = harness.publish(message)

      expect(peersToldUnwanted(actions, message).sort()).to.deep.equal(['mesh', 'source'])
      expect(actions.findIndex(({ type }) => type === 'sendRpc')).to.be.below(actions.findIndex(({ type }) => type === 'sendMessage'))
    })

    it('the messages of one frame go into one list', () => {
      const harness = createHarness()
      const [rpc, ...more] = only(harness.message('source', large(1), large(2)), 'sendRpc')

      expect(more).to.be.empty()
      expect(rpc.control?.idontwant.map(({ messageIDs }) => messageIDs.map(nameOf))).to.deep.equal([['id-1', 'id-2']])
    })
  })

  describe('what we are told', () => {
    it('defect 13: the message is not forwarded, nor sent on IWANT, and what waits is taken back', () => {
      const harness = createHarness()
      const message = large(1)
      harness.message('source', message)

      const [cancel] = only(harness.idontwant('mesh', [message]), 'cancelMessages')
      expect(cancel.peer).to.equal('mesh')
      expect(cancel.ids.map(nameOf)).to.deep.equal(['id-1'])

      expect(recipients(harness.verdict(message, 'accept'))).to.deep.equal(['v1.1'])
      expect(recipients(harness.iwant('mesh', [message]))).to.be.empty()
      expect(recipients(harness.iwant('v1.1', [message]))).to.deep.equal(['v1.1'])
    })

    it('a message of our own that somebody else published too is not sent either', () => {
      const harness = createHarness()
      harness.idontwant('mesh', [large(1)])

      expect(recipients(harness.publish(large(1))).sort()).to.deep.equal(['source', 'v1.1'])
    })

    it('is forgotten after idontwantTtl heartbeats', () => {
      const harness = createHarness()
      harness.idontwant('mesh', [large(1), large(2)])
      harness.tick()
      harness.tick()
      expect(recipients(harness.validMessage('source', large(1)))).to.not.include('mesh')

      harness.tick()
      expect(recipients(harness.validMessage('source', large(2)))).to.include('mesh')
    })

    it('is remembered up to idontwantMaxMessages in a heartbeat', () => {
      const harness = new Harness({ idontwantMaxMessages: 5 })
      harness.connectSubscribers(['source', 'flooder'])
      harness.join()
      const messages = createMessages(10, { bytes: 512 })

      expect(dropCount(harness.idontwant('flooder', messages), 'too-many-idontwant', 'flooder')).to.equal(1)
      expect(messages.filter(message => recipients(harness.validMessage('source', message)).includes('flooder'))).to.have.lengthOf(5)

      harness.tick()
      expect(dropCount(harness.idontwant('flooder', createMessages(5, { bytes: 600 })), 'too-many-idontwant')).to.equal(0)
    })

    it('concerns nobody else', () => {
      const harness = new Harness()
      harness.connectSubscribers(['source', ...peerNames(3)])
      harness.join()
      harness.idontwant('peer1', [large(1)])

      expect(recipients(harness.validMessage('source', large(1))).sort()).to.deep.equal(['peer0', 'peer2'])
    })
  })
})
