import { expect } from 'aegir/chai'
import { common, createMessage, createMessages, dropCount, gossipedPeers, Harness, nameOf, offeredIds, only, peerNames, recipients, TOPIC, wantedIds } from './harness.ts'
import type { RoutedMessage } from '../../src/router/events.ts'

describe('router: gossip emission', () => {
  it('tells Dlazy random subscribers outside the mesh of recent messages', () => {
    const harness = meshAmong(20)
    harness.publish(createMessage(1))

    const actions = harness.tick()
    const told = gossipedPeers(actions)

    expect(told).to.have.lengthOf(6)
    expect(common(told, harness.mesh())).to.be.empty()
    expect(new Set(told).size).to.equal(6)
    told.forEach(peer => { expect(offeredIds(actions, peer)).to.deep.equal(['id-1']) })
  })

  it('tells gossipFactor of the eligible peers when that is more', () => {
    const harness = meshAmong(106)
    harness.publish(createMessage(1))

    expect(gossipedPeers(harness.tick())).to.have.lengthOf(25)
  })

  it('is silent when there is nothing new, and about other topics', () => {
    const harness = meshAmong(20)
    expect(harness.tick()).to.be.empty()

    harness.publish(createMessage(1, { topic: 'other' }))
    expect(gossipedPeers(harness.tick())).to.be.empty()
  })

  it('goes on for mcacheGossip heartbeats', () => {
    const harness = meshAmong(20)
    harness.publish(createMessage(1))

    const counts = Array.from({ length: 5 }, () => gossipedPeers(harness.tick()).length)

    expect(counts).to.deep.equal([6, 6, 6, 0, 0])
  })

  it('can be turned off by mcacheGossip 0', () => {
    const harness = meshAmong(20, { mcacheGossip: 0 })
    harness.publish(createMessage(1))

    expect(harness.tick()).to.be.empty()
  })

  it('does not go to floodsub peers', () => {
    const harness = new Harness()
    harness.join()
    harness.connectSubscribers(['flood'], TOPIC, { mesh: false })
    harness.publish(createMessage(1))

    expect(harness.tick()).to.be.empty()
  })

  it('defect 28: leaves out messages under validation and refused ones', () => {
    const harness = meshAmong(20)
    const [valid, pending, rejected, ignored] = createMessages(4)
    harness.message(harness.mesh()[0], valid, pending, rejected, ignored)
    harness.verdict(valid, 'accept')
    harness.verdict(rejected, 'reject')
    harness.verdict(ignored, 'ignore')

    const actions = harness.tick()

    expect(offeredIds(actions, gossipedPeers(actions)[0])).to.deep.equal(['id-0'])
  })

  it('names maxIHaveLength ids at most, other ones for each peer', () => {
    const harness = meshAmong(20, { maxIHaveLength: 10 })
    createMessages(100).forEach(message => harness.publish(message))

    const actions = harness.tick()
    const offers = gossipedPeers(actions).map(peer => offeredIds(actions, peer))

    offers.forEach(ids => { expect(new Set(ids).size).to.equal(10) })
    expect(new Set(offers.map(ids => ids.sort().join())).size).to.equal(6)
  })
})

describe('router: IHAVE', () => {
  it('is answered by one IWANT for what was not seen', () => {
    const harness = meshAmong(1)
    harness.join('second')
    const [seen, pending, one, two] = createMessages(4)
    harness.validMessage('peer0', seen)
    harness.message('peer0', pending)

    const actions = harness.receive('peer0', {
      control: {
        ihave: [
          { topicID: TOPIC, messageIDs: [seen.id, pending.id, one.id, one.id] },
          { topicID: 'second', messageIDs: [two.id, one.id] }
        ]
      }
    })

    expect(only(actions, 'sendRpc')).to.have.lengthOf(1)
    expect(only(actions, 'sendRpc')[0].control?.iwant).to.have.lengthOf(1)
    expect(wantedIds(actions, 'peer0')).to.have.members(['id-2', 'id-3']).and.to.have.lengthOf(2)
  })

  it('is passed over for topics that are not joined', () => {
    const harness = meshAmong(1)

    expect(harness.ihave('peer0', 'other', createMessages(2))).to.be.empty()
    expect(harness.receive('peer0', { control: { ihave: [{ messageIDs: [createMessage(1).id] }] } })).to.be.empty()
  })

  it('is not answered when everything was seen', () => {
    const harness = meshAmong(1)
    const message = createMessage(1)
    harness.validMessage('peer0', message)

    expect(harness.ihave('peer0', TOPIC, [message])).to.be.empty()
  })

  it('is bounded to maxIHaveMessages frames per peer and heartbeat', () => {
    const harness = meshAmong(2, { maxIHaveMessages: 2 })
    harness.ihave('peer0', TOPIC, [createMessage(1)])
    harness.ihave('peer0', TOPIC, [createMessage(2)])

    const actions = harness.ihave('peer0', TOPIC, [createMessage(3)])

    expect(wantedIds(actions, 'peer0')).to.be.empty()
    expect(dropCount(actions, 'too-many-ihave', 'peer0')).to.equal(1)
    expect(wantedIds(harness.ihave('peer1', TOPIC, [createMessage(3)]), 'peer1')).to.deep.equal(['id-3'])

    harness.tick()
    expect(wantedIds(harness.ihave('peer0', TOPIC, [createMessage(3)]), 'peer0')).to.deep.equal(['id-3'])
  })

  it('makes us ask for maxIHaveLength ids per peer and heartbeat, random ones', () => {
    const harness = meshAmong(1, { maxIHaveLength: 5 })
    const messages = createMessages(20)
    const names = messages.map(message => nameOf(message.id))

    const first = wantedIds(harness.ihave('peer0', TOPIC, messages.slice(0, 3)), 'peer0')
    const second = wantedIds(harness.ihave('peer0', TOPIC, messages), 'peer0')
    const third = harness.ihave('peer0', TOPIC, messages)

    expect(first).to.have.lengthOf(3)
    expect(second).to.have.lengthOf(2)
    expect(names).to.include.members(second)
    expect(second).to.not.deep.equal(names.slice(0, 2))
    expect(wantedIds(third, 'peer0')).to.be.empty()
    expect(dropCount(third, 'too-many-ihave')).to.equal(1)
  })

  it('has a bounded number of ids looked at', () => {
    const harness = meshAmong(1, { maxIHaveLength: 5, maxIHaveMessages: 2 })
    const seen = createMessages(10)
    seen.forEach(message => { harness.publish(message) })

    const actions = harness.ihave('peer0', TOPIC, [...seen, createMessage('new')])

    expect(wantedIds(actions, 'peer0')).to.be.empty()
    expect(dropCount(actions, 'too-many-ihave')).to.equal(1)
  })
})

describe('router: IWANT', () => {
  it('defect 11: is answered by one action per message, never by one giant frame', () => {
    const harness = meshAmong(1)
    const messages = createMessages(3)
    messages.forEach(message => harness.publish(message))

    expect(harness.iwant('peer0', messages)).to.deep.equal(messages.map(({ id, topic, encoded }) => ({
      type: 'sendMessage', peers: ['peer0'], message: { id, topic, encoded }, reason: 'iwant'
    })))
  })

  it('defect 28: is not answered for messages under validation or refused ones', () => {
    const harness = meshAmong(2)
    const [pending, rejected] = createMessages(2)
    harness.message('peer0', pending, rejected)
    harness.verdict(rejected, 'reject')

    expect(recipients(harness.iwant('peer1', [pending, rejected]))).to.be.empty()
  })

  it('is answered gossipRetransmission times per peer and message', () => {
    const harness = meshAmong(2)
    const message = createMessage(1)
    harness.publish(message)

    const answers = Array.from({ length: 5 }, () => recipients(harness.iwant('peer0', [message])).length)

    expect(answers).to.deep.equal([1, 1, 1, 0, 0])
    expect(recipients(harness.iwant('peer1', [message]))).to.deep.equal(['peer1'])
  })

  it('is answered no more often after a reconnection', () => {
    const harness = meshAmong(1, { gossipRetransmission: 1 })
    const message = createMessage(1)
    harness.publish(message)
    harness.iwant('peer0', [message])
    harness.disconnect('peer0')
    harness.connect('peer0')

    expect(recipients(harness.iwant('peer0', [message]))).to.be.empty()
  })

  it('is answered once for an id that it names twice', () => {
    const harness = meshAmong(1)
    const message = createMessage(1)
    harness.publish(message)

    expect(recipients(harness.iwant('peer0', [message, message]))).to.deep.equal(['peer0'])
  })

  it('has maxIWantLength ids looked up per peer and heartbeat', () => {
    const harness = meshAmong(2, { maxIWantLength: 3 })
    const messages = createMessages(5)
    messages.forEach(message => harness.publish(message))

    const actions = harness.iwant('peer0', messages)

    expect(recipients(actions)).to.have.lengthOf(3)
    expect(dropCount(actions, 'too-many-iwant', 'peer0')).to.equal(1)
    expect(recipients(harness.iwant('peer0', messages))).to.be.empty()
    expect(recipients(harness.iwant('peer1', messages))).to.have.lengthOf(3)

    harness.tick()
    expect(recipients(harness.iwant('peer0', messages))).to.have.lengthOf(3)
  })
})

describe('router: message cache', () => {
  it('keeps a message for mcacheLength heartbeats', () => {
    const harness = meshAmong(1, { gossipRetransmission: 100 })
    const message = createMessage(1)
    harness.publish(message)

    const answers = Array.from({ length: 6 }, () => {
      harness.tick()
      return recipients(harness.iwant('peer0', [message])).length
    })

    expect(answers).to.deep.equal([1, 1, 1, 1, 0, 0])
  })

  it('is bounded in number: the oldest go first, from the gossip too', () => {
    const harness = meshAmong(20, { maxCachedMessages: 3 })
    const messages = createMessages(5)
    messages.forEach(message => harness.publish(message))

    expectCached(harness, messages.slice(2))
    const actions = harness.tick()
    expect(offeredIds(actions, gossipedPeers(actions)[0])).to.deep.equal(['id-2', 'id-3', 'id-4'])
  })

  it('is bounded in bytes', () => {
    const harness = meshAmong(20, { maxCachedBytes: 100 })
    const messages = createMessages(5, { bytes: 40 })
    messages.forEach(message => harness.publish(message))

    expectCached(harness, messages.slice(3))
  })

  it('passes over a message that is larger than the bound, and keeps the others', () => {
    const harness = meshAmong(20, { maxCachedBytes: 100 })
    const small = createMessage('small')
    const large = createMessage('large', { bytes: 101 })
    harness.publish(small)
    harness.publish(large)

    expect(recipients(harness.iwant('peer0', [small]))).to.have.lengthOf(1)
    expect(recipients(harness.iwant('peer0', [large]))).to.be.empty()
  })

  it('defect 22: does not drift: what was dropped makes room for as much', () => {
    const harness = meshAmong(1, { maxCachedBytes: 100, maxCachedMessages: 10, mcacheLength: 1, mcacheGossip: 1, gossipRetransmission: 1_000 })

    for (let round = 0; round < 50; round++) {
      const messages = Array.from({ length: 10 }, (_, i) => createMessage(`${round}-${i}`))
      messages.forEach(message => harness.publish(message))
      messages.forEach(message => harness.publish(message))

      expect(recipients(harness.iwant('peer0', messages))).to.have.lengthOf(10)
      harness.tick()
      expect(recipients(harness.iwant('peer0', messages))).to.be.empty()
    }
  })
})

/** A joined topic with so many subscribers. */
function meshAmong (count: number, params: ConstructorParameters<typeof Harness>[0] = {}): Harness {
  const harness = new Harness(params)
  harness.connectSubscribers(peerNames(count))
  harness.join()

  return harness
}

function expectCached (harness: Harness, messages: RoutedMessage[]): void {
  const cached = only(harness.iwant('peer0', createMessages(100)), 'sendMessage').map(action => nameOf(action.message.id))

  expect(cached).to.deep.equal(messages.map(message => nameOf(message.id)))
}
