import { expect } from 'aegir/chai'
import { createMessage, createMessages, Harness, penaltyCount, TOPIC, wantedIds } from './harness.ts'

const FOLLOWUP_MS = 3_000

function createHarness (): Harness {
  const harness = new Harness()
  harness.connectSubscribers(['liar', 'honest'])
  harness.join()

  return harness
}

/** gossipsub-v1.1.md "Spam Protection Measures", IHAVE Spam. */
describe('router: promises', () => {
  it('who announces a message and does not send it when asked is penalised, once', () => {
    const harness = createHarness()
    expect(wantedIds(harness.ihave('liar', TOPIC, createMessages(100)), 'liar')).to.have.lengthOf(100)

    expect(penaltyCount(harness.tick(FOLLOWUP_MS - 1), 'broken-promise', 'liar')).to.equal(0)
    expect(penaltyCount(harness.tick(1), 'broken-promise', 'liar')).to.equal(1)
    expect(harness.score('liar')).to.be.below(0)
    expect(penaltyCount(harness.tick(FOLLOWUP_MS), 'broken-promise', 'liar')).to.equal(0)
  })

  it('one promise is kept track of for each request', () => {
    const harness = createHarness()
    harness.ihave('liar', TOPIC, createMessages(3))
    harness.ihave('liar', TOPIC, [createMessage('more')])

    expect(penaltyCount(harness.tick(FOLLOWUP_MS), 'broken-promise', 'liar')).to.equal(2)
  })

  for (const verdict of ['accept', 'reject', 'ignore'] as const) {
    it(`a message that is found worth ${verdict} keeps all promises of it, whoever sent it`, () => {
      const harness = createHarness()
      const message = createMessage(1)
      harness.ihave('liar', TOPIC, [message])
      harness.message('honest', message)
      harness.verdict(message, verdict)

      expect(penaltyCount(harness.tick(FOLLOWUP_MS), 'broken-promise', 'liar')).to.equal(0)
    })
  }

  it('a forgery does not', () => {
    const harness = createHarness()
    const message = createMessage(1)
    harness.ihave('liar', TOPIC, [message])
    harness.message('liar', message)
    harness.verdict(message, 'forged')

    expect(penaltyCount(harness.tick(FOLLOWUP_MS), 'broken-promise', 'liar')).to.equal(1)
  })

  it('a verdict that takes its time is not held against anybody', () => {
    const harness = createHarness()
    const message = createMessage(1)
    harness.ihave('liar', TOPIC, [message])
    harness.message('liar', message)

    expect(penaltyCount(harness.tick(FOLLOWUP_MS), 'broken-promise', 'liar')).to.equal(0)
    harness.verdict(message, 'accept')
    expect(penaltyCount(harness.tick(FOLLOWUP_MS), 'broken-promise', 'liar')).to.equal(0)
  })

  it('to leave and come back is no way around it', () => {
    const harness = createHarness()
    harness.ihave('liar', TOPIC, [createMessage(1)])
    harness.disconnect('liar')
    harness.connectSubscribers(['liar'])

    expect(penaltyCount(harness.tick(FOLLOWUP_MS), 'broken-promise', 'liar')).to.equal(1)
    expect(harness.score('liar')).to.be.below(0)
  })

  it('their number is bounded', () => {
    const harness = new Harness({ maxPromises: 2 })
    harness.connectSubscribers(['liar'])
    harness.join()
    createMessages(5).forEach(message => harness.ihave('liar', TOPIC, [message]))

    expect(penaltyCount(harness.tick(FOLLOWUP_MS), 'broken-promise', 'liar')).to.equal(2)
  })
})
