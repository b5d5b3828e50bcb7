import { expect } from 'aegir/chai'
import { topicParams } from '../conformance/worth.ts'
import { common, only } from '../router/harness.ts'
import { seeds } from '../router/seeds.ts'
import { Network, TOPIC } from '../sim/network.ts'
import type { GossipsubParams } from '../../src/params.ts'
import type { RoutedMessage } from '../../src/router/events.ts'
import type { TopicScoreParams } from '../../src/router/score/params.ts'
import type { SimNode } from '../sim/network.ts'

/** A mesh peer has to deliver; that it did not sticks to it when it leaves (P3, P3b). */
const DELIVERING: Partial<TopicScoreParams> = {
  meshMessageDeliveriesWeight: -1,
  meshMessageDeliveriesThreshold: 3,
  meshMessageDeliveriesCap: 20,
  meshMessageDeliveriesDecay: 0.9,
  meshMessageDeliveriesActivation: 5_000,
  meshFailurePenaltyWeight: -1,
  meshFailurePenaltyDecay: 0.999
}

// two of the seeds: fifty nodes take a second or two each time
for (const seed of seeds().slice(0, 2)) {
  describe(`attack: squatters (SEED=${seed})`, () => {
    it('go TestGossipsubOpportunisticGrafting: meshes full of silent peers get honest members, by what those deliver', () => {
      const { network, honest, squatters } = squattedNetwork(seed, { firstMessageDeliveriesWeight: 100, firstMessageDeliveriesCap: 1_000, firstMessageDeliveriesDecay: 0.9997 }, 1)
      squatters.forEach(silence)
      squatters.forEach(node => { network.join(node) })
      network.run(1_000)
      honest.forEach(node => { network.join(node) })
      network.run(5_000)

      publishFor(network, honest, 40)

      const members = honestMembers(network, honest)
      expect(members.filter(count => count < 3), `honest members of the meshes: ${members.join()}`).to.be.empty()
      expectDelivered(network, honest)
    })

    it('squatters that graft until all meshes are full: P3 expels them, and honest peers find each other after the backoff', () => {
      const { network, honest, squatters } = squattedNetwork(seed, DELIVERING, 0, { pruneBackoff: 10_000 })
      squatters.forEach(node => { network.join(node) })
      network.run(2_000)
      honest.forEach(node => { network.join(node) })
      network.run(2_000)
      expect(honestMembers(network, honest).reduce((sum, count) => sum + count), 'honest members at first').to.be.below(5)

      publishFor(network, honest, 60)

      const members = honestMembers(network, honest)
      expect(members.filter(count => count < 3), `honest members of the meshes: ${members.join()}`).to.be.empty()
      expect(honest.flatMap(node => squatters.filter(squatter => network.meshOf(node).has(squatter.id)))).to.be.empty()
      expectDelivered(network, honest)
    })

    it('cold boot: nodes whose first peers are all silent get every message of their neighbours, and nearly all others by gossip', () => {
      const { network, honest, squatters } = squattedNetwork(seed, {}, 0)
      squatters.forEach(node => { network.join(node) })
      network.run(1_000)
      honest.forEach(node => { network.join(node) })
      network.run(1_000)
      const messages = publishFor(network, honest, 3)
      network.run(10_000)

      for (const message of messages) {
        const neighbours = network.neighbours(honest.find(node => node.id === message.author) ?? honest[0])
        expect(network.missed(message, common(honest, neighbours))).to.be.empty()
      }
      expect(messages.flatMap(message => network.missed(message, honest)).length).to.be.at.most(0.05 * messages.length * honest.length)
    })

    it('covert flash: peers that behaved and then all fall silent leave the meshes for what they do not deliver', () => {
      const { network, honest, squatters } = squattedNetwork(seed, DELIVERING, 0)
      const deaf = network.isLost
      network.isLost = () => false
      network.nodes.forEach(node => { network.join(node) })
      publishFor(network, honest, 10)
      expect(honest.some(node => squatters.some(squatter => network.meshOf(node).has(squatter.id)))).to.equal(true)

      network.isLost = deaf
      publishFor(network, honest, 40)

      const left = honest.flatMap(node => squatters.filter(squatter => network.meshOf(node).has(squatter.id)))
      expect(left).to.be.empty()
      expectDelivered(network, honest)
    })
  })
}

/** Ten honest nodes of five links among themselves and forty that never send a message, each linked to all honest ones. */
function squattedNetwork (seed: number, counted: Partial<TopicScoreParams>, opportunisticGraftThreshold: number, params: Partial<GossipsubParams> = {}): { network: Network, honest: SimNode[], squatters: SimNode[] } {
  const network = new Network(seed, 50, { opportunisticGraftTicks: 2, ...params }, {
    // what the squatters announce and do not send is another matter: no P7
    scoreParams: { topics: { [TOPIC]: topicParams(counted) }, topicScoreCap: 0, behaviourPenaltyWeight: 0, IPColocationFactorWeight: 0 },
    thresholds: { opportunisticGraftThreshold }
  })
  const honest = network.nodes.slice(0, 10)
  const squatters = network.nodes.slice(10)
  const isSquatter = new Set(squatters.map(node => node.id))
  network.isLost = push => isSquatter.has(push.from)
  honest.forEach(publishToAll)

  honest.forEach((node, i) => {
    for (let step = 1; step <= 3; step++) {
      const other = honest[(i + step) % honest.length]
      network.connect(node, other)
    }
    squatters.forEach(squatter => { network.connect(squatter, node) })
  })

  return { network, honest, squatters }
}

/** How many honest members the mesh of each has. */
function honestMembers (network: Network, honest: SimNode[]): number[] {
  return honest.map(node => honest.filter(other => network.meshOf(node).has(other.id)).length)
}

/** Flood publishing: what keeps a full mesh of squatters from censoring its node (gossipsub-v1.1.md "Flood Publishing"). */
function publishToAll ({ router }: SimNode): void {
  const handle = router.handle.bind(router)
  router.handle = (event, now) => handle(event.type === 'messagesPublished' ? { ...event, floodPublish: true } : event, now)
}

/** From now on the node announces its subscriptions and does nothing else: it waits to be grafted. */
function silence ({ router }: SimNode): void {
  const handle = router.handle.bind(router)
  router.handle = (event, now) => only(handle(event, now), 'sendRpc').flatMap(({ type, peer, subscriptions }) => {
    return subscriptions == null ? [] : [{ type, peer, subscriptions }]
  })
}

/** Each second every node publishes one message. */
function publishFor (network: Network, nodes: SimNode[], seconds: number): RoutedMessage[] {
  return Array.from({ length: seconds }, () => {
    const messages = nodes.map(node => network.publish(node))
    network.run(1_000)

    return messages
  }).flat()
}

function expectDelivered (network: Network, honest: SimNode[]): void {
  const messages = publishFor(network, honest, 3)
  network.run(10_000)

  expect(messages.flatMap(message => network.missed(message, honest))).to.be.empty()
}
