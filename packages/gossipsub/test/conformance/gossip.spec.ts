import { expect } from 'aegir/chai'
import { createMessage, createMessages, Harness, offeredIds, only, recipients, TOPIC, wantedIds } from '../router/harness.ts'
import { seeds } from '../router/seeds.ts'
import { Network } from '../sim/network.ts'

describe('conformance: IWANT', () => {
  it('rust test_handle_iwant_msg_cached: is answered from the cache', () => {
    const { harness, message } = harnessWithMessage()
    const actions = only(harness.iwant('asker', [message]), 'sendMessage')

    expect(actions).to.have.lengthOf(1)
    expect(actions[0]).to.deep.include({ peers: ['asker'], reason: 'iwant' })
    expect(actions[0].message.encoded).to.deep.equal(message.encoded)
  })

  for (let shifts = 1; shifts < 10; shifts++) {
    it(`rust test_handle_iwant_msg_cached_shifted: ${shifts < 5 ? 'still' : 'no longer'} after ${shifts} heartbeats`, () => {
      const { harness, message } = harnessWithMessage()

      for (let i = 0; i < shifts; i++) {
        harness.tick()
      }

      expect(recipients(harness.iwant('asker', [message]))).to.deep.equal(shifts < 5 ? ['asker'] : [])
    })
  }

  it('rust test_handle_iwant_msg_not_cached: nothing is done for an unknown id', () => {
    const { harness } = harnessWithMessage()

    expect(harness.iwant('asker', [createMessage('unknown')])).to.be.empty()
  })
})

describe('conformance: IHAVE', () => {
  it('rust test_handle_ihave_subscribed_and_msg_not_cached: we ask for what we do not have', () => {
    const { harness } = harnessWithMessage()

    expect(wantedIds(harness.ihave('asker', TOPIC, [createMessage('unknown')]), 'asker')).to.deep.equal(['id-unknown'])
  })

  it('rust test_handle_ihave_subscribed_and_msg_cached: not for what we have', () => {
    const { harness, message } = harnessWithMessage()

    expect(harness.ihave('asker', TOPIC, [message])).to.be.empty()
  })

  it('rust test_handle_ihave_not_subscribed: nor in a topic that we did not join', () => {
    const { harness } = harnessWithMessage()

    expect(harness.ihave('asker', 'another', [createMessage('unknown')])).to.be.empty()
  })

  it('rust test_ignore_too_many_ihaves: maxIHaveMessages frames are heard, the rest after the heartbeat', () => {
    const { harness } = harnessWithMessage({ maxIHaveMessages: 10 })
    const messages = createMessages(20)
    const asked = messages.map(message => wantedIds(harness.ihave('asker', TOPIC, [message]), 'asker').length)

    expect(asked).to.deep.equal([...Array(10).fill(1), ...Array(10).fill(0)])

    harness.tick()
    const askedLater = messages.slice(10).map(message => wantedIds(harness.ihave('asker', TOPIC, [message]), 'asker').length)
    expect(askedLater).to.deep.equal(Array(10).fill(1))
  })

  it('rust test_ignore_too_many_messages_in_ihave: maxIHaveLength ids are asked for, over all frames, until the heartbeat', () => {
    const { harness } = harnessWithMessage({ maxIHaveLength: 10 })
    const messages = createMessages(30)
    const ask = (from: number, to: number): string[] => wantedIds(harness.ihave('asker', TOPIC, messages.slice(from, to)), 'asker')

    expect(ask(0, 8)).to.have.lengthOf(8)
    expect(ask(8, 20)).to.have.lengthOf(2)
    expect(ask(20, 30)).to.be.empty()

    harness.tick()
    expect(ask(20, 30)).to.have.lengthOf(10)
  })
})

describe('conformance: gossip', () => {
  it('go TestGossipsubGossipPiggyback: what is told of two topics goes to a peer in one frame', () => {
    const harness = new Harness({ D: 0, Dlo: 0, Dhi: 0 })
    const topics = ['one', 'two']
    topics.forEach(topic => { harness.join(topic) })
    harness.connect('peer')
    harness.subscribe('peer', ...topics)
    topics.forEach(topic => { harness.publish(createMessage(topic, { topic })) })

    const actions = harness.tick()
    const rpcs = only(actions, 'sendRpc')

    expect(rpcs).to.have.lengthOf(1)
    expect(rpcs[0].control?.ihave.map(({ topic }) => topic)).to.have.members(['one', 'two'])
    expect(offeredIds(actions, 'peer')).to.have.members(['id-one', 'id-two'])
  })

  for (const seed of seeds()) {
    it(`go TestGossipsubGossipPropagation: who subscribes late gets the last messages by gossip alone (SEED=${seed})`, () => {
      const network = new Network(seed, 20)
      const early = network.nodes.slice(0, 8)
      const late = network.nodes.slice(8)
      network.connectRandomly(19)
      early.forEach(node => { network.join(node) })
      network.run(2_000)
      const messages = Array.from({ length: 10 }, () => network.publish(early[0]))
      network.run(100)

      // it is told of what it missed, not pushed it
      late.forEach(node => { network.join(node) })
      network.run(5_000)

      expect(messages.flatMap(message => network.missed(message))).to.be.empty()
      const pushed = network.pushes.filter(push => late.some(node => node.id === push.to) && push.reason !== 'iwant')
      expect(pushed.filter(push => early.some(node => node.id === push.from))).to.be.empty()
    })
  }
})

function harnessWithMessage (params: ConstructorParameters<typeof Harness>[0] = {}): { harness: Harness, message: ReturnType<typeof createMessage> } {
  const harness = new Harness(params)
  const message = createMessage('known')
  harness.join()
  harness.connectSubscribers(['sender', 'asker'])
  harness.validMessage('sender', message)

  return { harness, message }
}
