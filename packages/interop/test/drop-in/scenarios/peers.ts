/** Direct peers that are changed at run time, scores, and views of peers. */
import { createTopicScoreParams } from '@libp2p/gossipsub/score'
import { until } from '../nodes.ts'
import { TOPIC, joinAll, namesOf, outcome, textsOf, withLine } from './network.ts'
import type { Node, PubsubFactory } from '../nodes.ts'

/** A peer of low score gets nothing; as a direct peer it gets everything; deleted from the set, nothing again. */
export async function directPeers (create: PubsubFactory): Promise<unknown> {
  let appScore = 0
  const options = {
    scoreParams: { appSpecificScore: () => appScore, appSpecificWeight: 1, IPColocationFactorWeight: 0 },
    scoreThresholds: { gossipThreshold: -10, publishThreshold: -20, graylistThreshold: -10_000 }
  }

  return withLine(create, [options, {}], async nodes => {
    const [{ services: { pubsub } }, b] = nodes
    const peer = b.peerId.toString()
    const texts = textsOf(b)
    const publish = async (text: string): Promise<unknown> => outcome(async () => {
      const { recipients } = await pubsub.publish(TOPIC, Buffer.from(text))
      return recipients.map(namesOf(nodes))
    })

    b.services.pubsub.subscribe(TOPIC)
    await until(() => pubsub.getSubscribers(TOPIC).length === 1)
    const liked = await publish('liked')
    appScore = -1_000
    await until(() => pubsub.getScore(peer) === appScore)
    const disliked = await publish('disliked')
    pubsub.direct.add(peer)
    const direct = await publish('direct')
    const size = pubsub.direct.size
    pubsub.direct.delete(peer)
    const deleted = await publish('deleted')
    await until(() => texts.length === 2)

    return { liked, disliked, direct, deleted, size: [size, pubsub.direct.size], has: pubsub.direct.has(peer), texts }
  })
}

export async function scores (create: PubsubFactory): Promise<unknown> {
  const scoreParams = { IPColocationFactorWeight: 0, topics: { [TOPIC]: createTopicScoreParams({ topicWeight: 1, timeInMeshWeight: 1, timeInMeshQuantum: 1 }) } }

  return withLine(create, [{ scoreParams }, {}], async nodes => {
    const [{ services: { pubsub } }, b] = nodes
    const peer = b.peerId.toString()
    await joinAll(nodes)
    await until(() => pubsub.getScore(peer) > 0)
    const dump = pubsub.dumpPeerScoreStats()
    structuredClone(dump)

    return { peers: Object.keys(dump).map(namesOf(nodes)), stats: shapeOf(dump[peer]), unknown: pubsub.getScore('nobody'), scoreIsSame: pubsub.score.score(peer) > 0 }
  })
}

/** The views that applications read, of the middle of a line. */
export async function views (create: PubsubFactory): Promise<unknown> {
  return withLine(create, [{}, {}, {}], async nodes => {
    await joinAll(nodes)
    nodes[0].services.pubsub.subscribe('another')
    await until(() => nodes[1].services.pubsub.getSubscribers('another').length === 1)
    const joined = viewsOf(nodes)
    await nodes[2].stop()
    await until(() => nodes[1].services.pubsub.getPeers().length === 1)
    const without = viewsOf(nodes)
    nodes[1].services.pubsub.unsubscribe(TOPIC)

    return { joined, without, left: viewsOf(nodes) }
  })
}

function viewsOf (nodes: Node[]): unknown {
  const nameOf = namesOf(nodes)
  const { pubsub } = nodes[1].services
  const names = (peers: Iterable<{ toString(): string }>): string[] => [...peers].map(nameOf).toSorted()
  const table = (map: Map<string, Set<string>>): unknown => Object.fromEntries([...map].map(([topic, peers]) => [topic, names(peers)]))

  return {
    topics: pubsub.getTopics(),
    peers: names(pubsub.getPeers()),
    subscribers: names(pubsub.getSubscribers(TOPIC)),
    ofAnother: names(pubsub.getSubscribers('another')),
    ofUnknown: names(pubsub.getSubscribers('unknown')),
    meshPeers: names(pubsub.getMeshPeers(TOPIC)),
    ofUnknownMesh: names(pubsub.getMeshPeers('unknown')),
    mesh: table(pubsub.mesh),
    topicMap: table(pubsub.topics),
    peerMap: names(pubsub.peers.keys())
  }
}

/** The names of members and the types of their values. */
function shapeOf (value: object): unknown {
  return Object.fromEntries(Object.entries(value).map(([name, value]) => [name, typeof value]).toSorted())
}
