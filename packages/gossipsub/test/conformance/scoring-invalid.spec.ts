import { expect } from 'aegir/chai'
import { createMessage, createMessages, dropCount, only, SELF, TOPIC } from '../router/harness.ts'
import { topicParams, WorthHarness } from './worth.ts'
import type { RoutedMessage, Verdict } from '../../src/router/events.ts'

describe('conformance: invalid messages (P4)', () => {
  it('rust test_scoring_p4_valid_message: a valid one costs nothing, before the verdict and after it', () => {
    const harness = strictHarness()

    harness.message('peer', createMessage(1))
    expect(harness.score('peer')).to.equal(0)
    harness.verdict(createMessage(1), 'accept')
    expect(harness.score('peer')).to.equal(0)
  })

  it('rust test_scoring_p4_invalid_signature: a forged one does, found by the shape or by the signature', () => {
    const harness = strictHarness()

    harness.receive('peer', { invalid: [TOPIC] })
    receiveAndJudge(harness, ['other'], createMessage(1), 'forged')

    expect(['peer', 'other'].map(peer => harness.score(peer))).to.deep.equal([-2 * 0.7, -2 * 0.7])
  })

  it('rust test_scoring_p4_message_from_self: so does one in our name that we did not send', () => {
    const harness = strictHarness()

    const actions = harness.message('peer', createMessage(1, { author: SELF }))

    expect(dropCount(actions, 'own-message', 'peer')).to.equal(1)
    expect(harness.score('peer')).to.equal(-2 * 0.7)
  })

  it('one that we did send costs nothing when it comes back', () => {
    const harness = strictHarness()
    harness.publish(createMessage(1, { author: SELF }))

    harness.message('peer', createMessage(1, { author: SELF }))

    expect(harness.score('peer')).to.equal(0)
  })

  it('rust test_scoring_p4_ignored_message', () => {
    const harness = strictHarness()

    receiveAndJudge(harness, ['peer'], createMessage(1), 'ignore')

    expect(harness.score('peer')).to.equal(0)
  })

  it('rust test_scoring_p4_application_invalidated_message', () => {
    const harness = strictHarness()
    harness.message('peer', createMessage(1))
    expect(harness.score('peer')).to.equal(0)

    harness.verdict(createMessage(1), 'reject')

    expect(harness.score('peer')).to.equal(-2 * 0.7)
  })

  it('rust test_scoring_p4_application_invalid_message_from_two_peers: all who sent it pay, also after the verdict', () => {
    const harness = strictHarness()

    receiveAndJudge(harness, ['peer', 'other'], createMessage(1), 'reject')
    harness.message('third', createMessage(1))

    expect(['peer', 'other', 'third'].map(peer => harness.score(peer))).to.deep.equal(Array(3).fill(-2 * 0.7))
  })

  it('each further copy of it is another fault, as in go and rust', () => {
    const harness = strictHarness()
    receiveAndJudge(harness, ['peer'], createMessage(1), 'reject')

    harness.message('third', createMessage(1))
    harness.message('third', createMessage(1))

    expect(['peer', 'third'].map(peer => harness.score(peer))).to.deep.equal([-2 * 0.7, 4 * -2 * 0.7])
  })

  it('rust test_scoring_p4_three_application_invalid_messages: their number is squared', () => {
    const harness = strictHarness()

    createMessages(3).forEach(message => { receiveAndJudge(harness, ['peer'], message, 'reject') })

    expect(harness.score('peer')).to.be.closeTo(9 * -2 * 0.7, 1e-9)
  })

  it('rust test_scoring_p4_decay', () => {
    const harness = strictHarness()
    receiveAndJudge(harness, ['peer'], createMessage(1), 'reject')

    harness.tick(1_000)

    expect(harness.score('peer')).to.be.closeTo(0.9 ** 2 * -2 * 0.7, 1e-9)
  })

  it('one without a verdict in time counts as ignored', () => {
    const harness = strictHarness()
    harness.message('peer', createMessage(1))

    const actions = harness.tick(30_001)

    expect(dropCount(actions, 'validation-timeout', 'peer')).to.equal(1)
    expect(only(harness.verdict(createMessage(1), 'reject'), 'reportDrop')).to.be.empty()
    expect(harness.score('peer')).to.equal(0)
  })

  it('in a topic that is not scored costs nothing', () => {
    const harness = strictHarness()
    harness.join('another')

    receiveAndJudge(harness, ['peer'], createMessage(1, { topic: 'another' }), 'reject')

    expect(harness.score('peer')).to.equal(0)
  })
})

/** Nothing but P4 counts. */
function strictHarness (): WorthHarness {
  const topics = { [TOPIC]: topicParams({ invalidMessageDeliveriesWeight: -2, topicWeight: 0.7 }) }
  const harness = new WorthHarness({}, { scoreParams: { topics, decayInterval: 1_000 } })
  harness.tick(0)
  harness.join()
  harness.connectSubscribers(['peer', 'other', 'third'])

  return harness
}

function receiveAndJudge (harness: WorthHarness, peers: string[], message: RoutedMessage, verdict: Verdict): void {
  peers.forEach(peer => harness.message(peer, message))
  harness.verdict(message, verdict)
}
