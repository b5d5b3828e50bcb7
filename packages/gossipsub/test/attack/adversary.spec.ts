import { expect } from 'aegir/chai'
import { fieldBytes, writeField } from '../../src/router/encoded-ids.ts'
import { topicParams } from '../conformance/worth.ts'
import { seeds } from '../router/seeds.ts'
import { Network, TOPIC } from '../sim/network.ts'
import type { EncodedIds } from '../../src/router/encoded-ids.ts'
import type { Action, Control, MessageId, PeerIdStr, RoutedMessage } from '../../src/router/events.ts'
import type { SimNode } from '../sim/network.ts'

const HONEST = 15
const ADVERSARIES = 5

/** All kinds of offences cost. */
const SCORING = {
  scoreParams: {
    topics: { [TOPIC]: topicParams({ firstMessageDeliveriesWeight: 0.5, invalidMessageDeliveriesWeight: -10, invalidMessageDeliveriesDecay: 0.9 }) },
    behaviourPenaltyWeight: -10,
    behaviourPenaltyDecay: 0.9
  },
  thresholds: { gossipThreshold: -10, publishThreshold: -50, graylistThreshold: -80, acceptPXThreshold: 0 },
  doPX: true
}

for (const seed of seeds()) {
  describe(`attack: everything at once, by chance (SEED=${seed})`, () => {
    it('honest nodes deliver all of each other, once, think well of each other, and shut the adversaries out', () => {
      const network = new Network(seed, HONEST + ADVERSARIES, {}, SCORING)
      const honest = network.nodes.slice(0, HONEST)
      const adversaries = network.nodes.slice(HONEST)
      const known: RoutedMessage[] = []
      const authors = new Set(adversaries.map(node => node.id))
      network.verdictOf = (_, message) => authors.has(message.author ?? '') ? 'reject' : 'accept'
      connectAll(network, honest, adversaries)
      network.nodes.forEach(node => { network.join(node) })
      network.run(2_000)
      adversaries.forEach(node => { misbehave(network, node, known) })

      const messages: RoutedMessage[] = []

      for (let second = 0; second < 30; second++) {
        honest.forEach(node => { messages.push(network.publish(node, TOPIC, second % 2 === 0 ? 100 : 1_000)) })
        adversaries.forEach(node => { known.push(network.publish(node)) })
        known.push(...messages.slice(-HONEST))
        network.run(1_000)
      }

      network.run(10_000)
      expect(messages.flatMap(message => network.missed(message, honest))).to.deep.equal([])
      expect(known.filter(({ author }) => authors.has(author ?? '')).filter(message => honest.some(node => node.deliveries.has(message)))).to.be.empty()

      for (const node of honest) {
        const members = [...network.meshOf(node)]

        expect(members.filter(peer => authors.has(peer)), `adversaries in the mesh of ${node.id}`).to.be.empty()
        expect(members.length, `mesh of ${node.id}`).to.be.within(3, 12)
        expect(honest.filter(other => node.router.scores.score(other.id) < 0).map(other => other.id), `what ${node.id} thinks of`).to.be.empty()
        expect(adversaries.filter(other => node.router.scores.score(other.id) >= 0).map(other => other.id), `what ${node.id} thinks of`).to.be.empty()
      }
    })
  })
}

/** Honest nodes have six links among themselves at least; adversaries have one to each of them. */
function connectAll (network: Network, honest: SimNode[], adversaries: SimNode[]): void {
  honest.forEach((node, i) => {
    for (let step = 1; step <= 3; step++) {
      network.connect(node, honest[(i + step) % HONEST])
    }
    adversaries.forEach(adversary => { network.connect(adversary, node) })
  })
}

/** Whatever happens to the node, it answers with what comes to its mind. It never forwards what it should. */
function misbehave (network: Network, node: SimNode, known: readonly RoutedMessage[]): void {
  const handle = node.router.handle.bind(node.router)

  node.router.handle = (event, now) => {
    const own = handle(event, now).filter(action => action.type === 'sendMessage' && action.reason === 'publish')

    return event.type === 'ticked' ? own.concat(...network.neighbours(node).map(({ id }) => offences(network, id, known))) : own
  }
}

function offences ({ random, nodes }: Network, peer: PeerIdStr, known: readonly RoutedMessage[]): Action[] {
  const ids = (): MessageId[] => Array.from({ length: random.below(20) }, () => {
    return known.length > 0 && random.below(2) === 0 ? random.sample(known, 1)[0].id : randomId(random)
  })
  const topic = (): string => random.sample([TOPIC, TOPIC, 'another', ''], 1)[0]
  const maybe = <T>(create: () => T): T[] => Array.from({ length: random.below(3) }, create)

  const control: Control = {
    ihave: maybe(() => ({ topic: topic(), ids: encode(ids()) })),
    iwant: maybe(() => ({ messageIDs: ids() })),
    graft: maybe(() => ({ topicID: topic() })),
    prune: maybe(() => ({ topic: topic(), backoffMs: random.below(2 ** 31), peers: random.sample(nodes, 3).map(({ id }) => id) })),
    idontwant: maybe(() => ({ messageIDs: ids() }))
  }
  const subscriptions = maybe(() => ({ subscribe: random.below(3) > 0, topic: topic() }))
  const replays = random.sample(known, random.below(5))

  return [
    { type: 'sendRpc', peer, subscriptions, control },
    ...replays.map((message): Action => ({ type: 'sendMessage', peers: [peer], message, reason: 'forward' }))
  ]
}

function randomId (random: Network['random']): MessageId {
  return Uint8Array.from({ length: 1 + random.below(40) }, () => random.below(256))
}

function encode (ids: MessageId[]): EncodedIds {
  const bytes = new Uint8Array(ids.reduce((sum, id) => sum + fieldBytes(id.length), 0))
  ids.reduce((offset, id) => writeField(bytes, offset, id), 0)

  return { parts: [bytes], count: ids.length }
}
