import { expect } from 'aegir/chai'
import { createMessage, createMessages, dropCount, Harness, only, recipients, SELF, TOPIC, wantedIds } from './harness.ts'
import type { RoutedMessage } from '../../src/router/events.ts'

describe('router: message processing', () => {
  describe('a message arrives', () => {
    it('is validated once', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(['a', 'b'])
      const message = createMessage(1)

      expect(harness.message('a', message)).to.deep.equal([{ type: 'validate', message, source: 'a' }])
      expect(harness.seen(message)).to.equal(true)
    })

    it('defect 25: is not validated again when it is a duplicate, before and after the verdict', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(['a', 'b'])
      const message = createMessage(1)
      harness.message('a', message)

      expect(harness.message('b', message)).to.deep.equal([{ type: 'reportDuplicate', id: message.id, topic: TOPIC, source: 'b', delayMs: undefined }])
      harness.verdict(message, 'accept')
      expect(harness.message('b', message)).to.deep.equal([{ type: 'reportDuplicate', id: message.id, topic: TOPIC, source: 'b', delayMs: undefined }])
    })

    it('defect 7: of a topic that is not joined is neither validated nor cached', () => {
      const harness = new Harness()
      harness.connectSubscribers(['a', 'b'])
      const message = createMessage(1)

      expect(harness.message('a', message)).to.deep.equal([
        { type: 'reportDrop', peer: 'a', reason: 'unjoined-topic', count: 1 }
      ])
      expect(recipients(harness.iwant('b', [message]))).to.be.empty()
      expect(harness.seen(message)).to.equal(false)
    })

    it('defect 18: of our own is refused when it is reflected, however late', () => {
      const harness = new Harness({ seenTTL: 1_000 })
      harness.join()
      harness.connectSubscribers(['a'])
      const message = createMessage(1, { author: SELF })
      harness.publish(message)

      expect(harness.message('a', message)).to.deep.equal([
        { type: 'reportDrop', peer: 'a', reason: 'own-message', count: 1 }
      ])
      harness.tick(10_000)
      expect(dropCount(harness.message('a', message), 'own-message')).to.equal(1)
    })

    it('of our own without an author is a duplicate when it is reflected', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(['a'])
      const message = createMessage(1, { author: undefined })
      harness.publish(message)

      expect(only(harness.message('a', message), 'reportDuplicate')).to.have.lengthOf(1)
    })

    it('with others in one frame: each is handled on its own', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(['a'])
      const [one, two] = createMessages(2)

      const actions = harness.message('a', one, createMessage('unjoined', { topic: 'other' }), one, two)

      expect(actions.map(action => action.type)).to.deep.equal(['validate', 'reportDrop', 'reportDuplicate', 'validate'])
    })
  })

  describe('the verdict is accept', () => {
    it('delivers the message and forwards it to the mesh and to floodsub subscribers', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(['a', 'b', 'c'])
      harness.connectSubscribers(['flood'], TOPIC, { mesh: false })
      harness.connect('stranger')
      const message = createMessage(1)
      harness.message('a', message)

      expect(harness.verdict(message, 'accept')).to.deep.equal([
        { type: 'sendMessage', peers: ['b', 'c', 'flood'], message, reason: 'forward' },
        { type: 'deliver', message, source: 'a' }
      ])
    })

    it('does not forward to the author', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(['a', 'author', 'c'])

      expect(recipients(harness.validMessage('a', createMessage(1, { author: 'author' })))).to.deep.equal(['c'])
    })

    it('does not forward to the peers that sent the message while it was validated', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(['a', 'b', 'c'])
      const message = createMessage(1)
      harness.message('a', message)
      harness.message('b', message)

      expect(recipients(harness.verdict(message, 'accept'))).to.deep.equal(['c'])
    })

    it('forwards to the mesh alone, not to all subscribers', () => {
      const harness = new Harness({ D: 2, Dlo: 2, Dhi: 2 })
      harness.join()
      harness.connectSubscribers(['a', 'b', 'c', 'd'])

      expect(harness.mesh()).to.deep.equal(['a', 'b'])
      expect(recipients(harness.validMessage('a', createMessage(1)))).to.deep.equal(['b'])
    })

    it('counts once', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(['a', 'b'])
      const message = createMessage(1)
      harness.validMessage('a', message)

      expect(harness.verdict(message, 'accept')).to.be.empty()
    })

    it('comes to nothing when the topic was left meanwhile', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(['a', 'b'])
      const message = createMessage(1)
      harness.message('a', message)
      harness.leave()

      expect(harness.verdict(message, 'accept')).to.be.empty()
    })
  })

  describe('the verdict is ignore or reject', () => {
    for (const [verdict, reason] of [['ignore', 'validation-ignored'], ['reject', 'validation-rejected']] as const) {
      it(`drops the message and remembers it as seen: ${verdict}`, () => {
        const harness = new Harness()
        harness.join()
        harness.connectSubscribers(['a', 'b', 'c'])
        const message = createMessage(1)
        harness.message('a', message)
        harness.message('b', message)

        expect(harness.verdict(message, verdict)).to.deep.equal([{ type: 'reportDrop', peer: 'a', reason, count: 1 }])
        expect(harness.seen(message)).to.equal(true)
        expect(only(harness.message('c', message), 'validate')).to.be.empty()
        expect(recipients(harness.iwant('c', [message]))).to.be.empty()
      })
    }
  })

  describe('the verdict is forged', () => {
    it('does not remember the id: the true message is still to come', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(['forger', 'honest'])
      const message = createMessage(1)
      harness.message('forger', message)

      expect(harness.verdict(message, 'forged')).to.deep.equal([
        { type: 'reportDrop', peer: 'forger', reason: 'validation-forged', count: 1 }
      ])
      expect(harness.seen(message)).to.equal(false)
      expect(only(harness.message('honest', message), 'validate')).to.have.lengthOf(1)
    })

    it('asks a peer whose message was taken for a duplicate of the forged one', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(['forger', 'gone', 'honest'])
      const message = createMessage(1)
      harness.message('forger', message)
      harness.message('gone', message)
      harness.message('honest', message)
      harness.disconnect('gone')

      expect(wantedIds(harness.verdict(message, 'forged'), 'honest')).to.deep.equal(['id-1'])
    })
  })

  describe('the verdict is awaited', () => {
    it('until a deadline; then the message counts as ignored and a late verdict is harmless', () => {
      const harness = new Harness({ validationTimeout: 3_000 })
      harness.join()
      harness.connectSubscribers(['a', 'b'])
      const message = createMessage(1)
      harness.message('a', message)

      expect(dropCount(harness.tick(2_999), 'validation-timeout')).to.equal(0)
      expect(dropCount(harness.tick(1), 'validation-timeout', 'a')).to.equal(1)
      expect(harness.verdict(message, 'accept')).to.be.empty()
      expect(harness.seen(message)).to.equal(true)
    })

    it('for a bounded number of messages; the oldest counts as ignored', () => {
      const harness = new Harness({ maxPendingValidations: 2 })
      harness.join()
      harness.connectSubscribers(['a', 'b'])
      const [one, two, three] = createMessages(3)
      harness.message('a', one, two)

      expect(dropCount(harness.message('b', three), 'validation-timeout', 'a')).to.equal(1)
      expectAccepted(harness, [two, three])
      expect(harness.verdict(one, 'accept')).to.be.empty()
    })

    it('for a bounded number of bytes', () => {
      const harness = new Harness({ maxPendingValidationBytes: 100 })
      harness.join()
      harness.connectSubscribers(['a', 'b'])
      const [one, two, three] = createMessages(3, { bytes: 40 })
      harness.message('a', one, two, three)

      expectAccepted(harness, [two, three])
      expect(harness.verdict(one, 'accept')).to.be.empty()
    })

    it('is harmless when nobody asked for it', () => {
      expect(new Harness().verdict(createMessage(1), 'accept')).to.be.empty()
    })
  })

  describe('the seen cache', () => {
    it('remembers an id for seenTTL at least and twice as long at most', () => {
      const harness = new Harness({ seenTTL: 10_000 })
      harness.join()
      harness.connectSubscribers(['a'])
      harness.validMessage('a', createMessage('first'))
      harness.tick(9_000)
      const message = createMessage(1)
      harness.validMessage('a', message)

      harness.tick(10_000)
      expect(harness.seen(message)).to.equal(true)
      harness.tick(10_000)
      expect(harness.seen(message)).to.equal(false)
    })

    it('forgets when nothing came by for twice as long', () => {
      const harness = new Harness({ seenTTL: 10_000 })
      harness.join()
      harness.connectSubscribers(['a'])
      const message = createMessage(1)
      harness.validMessage('a', message)
      harness.tick(20_000)

      expect(harness.seen(message)).to.equal(false)
    })

    it('is bounded in number', () => {
      const harness = new Harness({ maxSeenMessages: 10 })
      harness.join()
      harness.connectSubscribers(['a'])
      const messages = createMessages(100)
      messages.forEach(message => harness.validMessage('a', message))
      const remembered = messages.filter(message => harness.seen(message))

      expect(remembered).to.have.lengthOf.within(5, 10)
      expect(remembered).to.deep.equal(messages.slice(-remembered.length))
    })

    it('tells ids apart by their bytes, whatever their length', () => {
      const harness = new Harness()
      harness.join()
      harness.connectSubscribers(['a'])
      const ids = [[], [0], [0, 0], [255], [255, 0], [194, 128], [128], Array(5_000).fill(7), Array(5_001).fill(7)]

      for (const id of ids) {
        const message = { ...createMessage(1), id: Uint8Array.from(id) }
        expect(only(harness.message('a', message), 'validate'), `id of ${id.length} bytes`).to.have.lengthOf(1)
      }
    })
  })
})

function expectAccepted (harness: Harness, messages: RoutedMessage[]): void {
  for (const message of messages) {
    expect(only(harness.verdict(message, 'accept'), 'deliver')).to.have.lengthOf(1)
  }
}
