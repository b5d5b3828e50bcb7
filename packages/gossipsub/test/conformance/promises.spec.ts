import { expect } from 'aegir/chai'
import { createMessage, createMessages, Harness, peerNames, penaltyCount, TOPIC } from '../router/harness.ts'
import type { RoutedMessage } from '../../src/router/events.ts'

describe('conformance: promises', () => {
  it('go TestBrokenPromises: who does not send what it announced is punished once for each request', () => {
    const harness = promisingHarness()
    harness.ihave('liar', TOPIC, createMessages(10))
    harness.ihave('liar', TOPIC, createMessages(20).slice(10))
    harness.ihave('other liar', TOPIC, createMessages(30).slice(20))

    expect(harness.tick(2_900).filter(action => action.type === 'reportPenalty')).to.be.empty()
    const actions = harness.tick(100)

    expect(penaltyCount(actions, 'broken-promise', 'liar')).to.equal(2)
    expect(penaltyCount(actions, 'broken-promise', 'other liar')).to.equal(1)
    expect(harness.score('liar')).to.equal(-4)
    expect(harness.score('other liar')).to.equal(-1)
  })

  it('go TestBrokenPromises: but not again at the next heartbeat', () => {
    const harness = promisingHarness()
    harness.ihave('liar', TOPIC, createMessages(10))
    harness.tick(3_000)

    expect(penaltyCount(harness.tick(3_000), 'broken-promise', 'liar')).to.equal(0)
  })

  it('go TestNoBrokenPromises: who sends it in time is not, whichever of the ids was chosen', () => {
    const harness = promisingHarness()
    const messages = createMessages(10)
    harness.ihave('peer', TOPIC, messages)
    harness.now += 2_900
    messages.forEach(message => harness.validMessage('peer', message))

    expect(harness.tick(3_000).filter(action => action.type === 'reportPenalty')).to.be.empty()
    expect(harness.score('peer')).to.equal(0)
  })

  it('is kept when somebody else sends the message first: then the peer need not', () => {
    const harness = promisingHarness()
    harness.ihave('peer', TOPIC, [createMessage(1)])
    harness.validMessage('other', createMessage(1))

    expect(penaltyCount(harness.tick(3_000), 'broken-promise', 'peer')).to.equal(0)
  })

  it('is kept by a message that the application refuses: that is another fault', () => {
    for (const verdict of ['reject', 'ignore'] as const) {
      const harness = promisingHarness()
      harness.ihave('peer', TOPIC, [createMessage(1)])
      harness.message('peer', createMessage(1))
      harness.verdict(createMessage(1), verdict)

      expect(penaltyCount(harness.tick(3_000), 'broken-promise', 'peer'), verdict).to.equal(0)
    }
  })

  it('is kept for as long as the message is being validated', () => {
    const harness = promisingHarness()
    harness.ihave('peer', TOPIC, [createMessage(1)])
    harness.message('peer', createMessage(1))

    expect(penaltyCount(harness.tick(5_000), 'broken-promise', 'peer')).to.equal(0)
    harness.verdict(createMessage(1), 'accept')
    expect(penaltyCount(harness.tick(), 'broken-promise', 'peer')).to.equal(0)
  })

  it('is not kept by a forgery', () => {
    const harness = promisingHarness()
    harness.ihave('peer', TOPIC, [createMessage(1)])
    harness.message('peer', createMessage(1))
    harness.verdict(createMessage(1), 'forged')

    expect(penaltyCount(harness.tick(3_000), 'broken-promise', 'peer')).to.equal(1)
  })

  it('rust test_iwant_penalties: of a hundred peers only those that are late are punished, once', () => {
    const harness = promisingHarness({ gossipsubIWantFollowupMs: 4_000 })
    const peers = peerNames(100)
    const firsts = createMessages(100)
    const seconds = peers.map((_, i) => createMessage(`second ${i}`))
    peers.forEach((peer, i) => {
      harness.connectSubscribers([peer])
      harness.ihave(peer, TOPIC, [firsts[i], seconds[i]])
    })
    deliver(harness, peers, firsts)

    harness.tick()
    expect(peers.filter(peer => harness.score(peer) !== 0)).to.be.empty()

    deliver(harness, peers.slice(0, 20), seconds)
    const actions = harness.tick(4_000)
    deliver(harness, peers.slice(20), seconds.slice(20))
    harness.tick(4_000)

    // one of the two ids was chosen for each
    const late = peers.filter(peer => harness.score(peer) < 0)
    expect(late).to.have.lengthOf.within(20, 60)
    expect(peers.slice(20)).to.include.members(late)
    expect(late.map(peer => harness.score(peer))).to.deep.equal(late.map(() => -1))
    expect(late.map(peer => penaltyCount(actions, 'broken-promise', peer))).to.deep.equal(late.map(() => 1))
  })
})

/** Each fault costs its square, and nothing decays: the clock of decay is slower than the tests. */
function promisingHarness (params: ConstructorParameters<typeof Harness>[0] = {}): Harness {
  const harness = new Harness({ D: 0, Dlo: 0, Dhi: 0, ...params }, {
    scoreParams: { behaviourPenaltyWeight: -1, decayInterval: 1_000_000, IPColocationFactorWeight: 0 }
  })
  harness.join()
  harness.connectSubscribers(['peer', 'liar', 'other', 'other liar'])

  return harness
}

function deliver (harness: Harness, peers: string[], messages: RoutedMessage[]): void {
  peers.forEach((peer, i) => { harness.validMessage(peer, messages[i]) })
}
