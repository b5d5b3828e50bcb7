/** Made by hand for nodes that run and are connected, as Lodestar does; errors out of turn; the events of a life. */
import { sleep, startBareNode, startNode, until } from '../nodes.ts'
import { FAST, TOPIC, joinAll, namesOf, outcome, textsOf, withLine } from './network.ts'
import type { Pubsub, PubsubFactory } from '../nodes.ts'

/** Ours finds peers that are there when it starts within milliseconds. */
const FIND_MS = 500

/** Errors before start and after stop, and what remains of an earlier life. */
export async function outOfTurn (create: PubsubFactory): Promise<unknown> {
  const node = await startBareNode()

  try {
    const pubsub = create(FAST)(node.services.components())
    const before = await refusals(pubsub)
    await pubsub.start()
    await pubsub.start()
    pubsub.subscribe(TOPIC)
    pubsub.subscribe(TOPIC)
    const during = { isStarted: pubsub.isStarted(), topics: pubsub.getTopics(), mesh: [...pubsub.mesh.keys()] }
    pubsub.unsubscribe('never joined')
    await pubsub.stop()
    await pubsub.stop()
    const after = await refusals(pubsub)
    await pubsub.start()
    const again = { isStarted: pubsub.isStarted(), topics: pubsub.getTopics(), mesh: [...pubsub.mesh.keys()] }
    await pubsub.stop()

    return { before, during, after, again }
  } finally {
    await node.stop()
  }
}

/** `gossipsub(options)(components)` on two nodes that are identified already: peers are found, subscriptions and messages come through. */
export async function startLate (create: PubsubFactory): Promise<unknown> {
  const nodes = await Promise.all([startBareNode(), startBareNode()])
  const nameOf = namesOf(nodes)

  try {
    await identified(nodes[0], async () => nodes[0].dial(nodes[1].getMultiaddrs()))
    const [a, b] = nodes.map(node => create(FAST)(node.services.components()))
    const texts = textsOf({ services: { pubsub: b } })
    const beforeStart = a.getPeers().length
    await Promise.all([a.start(), b.start()])
    b.subscribe(TOPIC)
    await until(() => a.getSubscribers(TOPIC).length === 1)
    const { recipients } = await a.publish(TOPIC, Buffer.from('late'))
    await until(() => texts.length === 1)
    const found = { peers: a.getPeers().map(nameOf), subscribers: a.getSubscribers(TOPIC).map(nameOf), peerMap: [...a.peers.keys()].map(nameOf) }
    await Promise.all([a.stop(), b.stop()])

    return { beforeStart, found, recipients: recipients.map(nameOf), texts, afterStop: [a.getPeers().length, a.peers.size, b.getTopics()] }
  } finally {
    await Promise.all(nodes.map(async node => node.stop()))
  }
}

/** Options that no service can be made of. */
export async function refusedOptions (create: PubsubFactory): Promise<unknown> {
  const node = await startBareNode()
  const make = async (options: object): Promise<unknown> => outcome(() => { create(options)(node.services.components()) })

  try {
    return {
      policy: await make({ globalSignaturePolicy: 'Lax' }),
      scoreParams: await make({ scoreParams: { appSpecificWeight: 1, decayInterval: 1 } }),
      unknown: await make({ thisOptionDoesNotExist: true }),
      undefined: await make({ D: undefined, directPeers: undefined, scoreParams: undefined })
    }
  } finally {
    await node.stop()
  }
}

/** `a` starts late; `b` spoke pubsub already when it was identified, and is never told that `a` does now. How many peers each finds. */
export async function startAfterIdentify (create: PubsubFactory): Promise<unknown> {
  const [a, b] = await Promise.all([startBareNode(), startNode(create(FAST))])
  const pubsub = create(FAST)(a.services.components())

  try {
    await identified(a, async () => a.dial(b.getMultiaddrs()))
    await pubsub.start()
    await sleep(FIND_MS)

    return [pubsub.getPeers().length, b.services.pubsub.getPeers().length]
  } finally {
    await pubsub.stop()
    await Promise.all([a.stop(), b.stop()])
  }
}

/** What listeners of `b` are told between `a` and `b`, in order. */
export async function events (create: PubsubFactory): Promise<unknown> {
  return withLine(create, [{}, {}], async nodes => {
    const [a, b] = nodes.map(node => node.services.pubsub)
    const nameOf = namesOf(nodes)
    const told: object[] = []
    let heartbeats = 0

    b.addEventListener('subscription-change', ({ detail: { peerId, subscriptions } }) => {
      told.push({ 'subscription-change': { peerId: nameOf(peerId), subscriptions } })
    })
    b.addEventListener('gossipsub:message', ({ detail: { propagationSource, msgId, msg } }) => {
      told.push({ 'gossipsub:message': { propagationSource: nameOf(propagationSource), msgId: typeof msgId, msg: Object.keys(msg).sort() } })
    })
    b.addEventListener('message', ({ detail }) => {
      const from = detail.type === 'signed' ? nameOf(detail.from) : undefined
      told.push({ message: { type: detail.type, topic: detail.topic, text: Buffer.from(detail.data).toString(), from } })
    })
    b.addEventListener('gossipsub:graft', ({ detail }) => { told.push({ graft: { topic: detail.topic, peer: nameOf(detail.peerId) } }) })
    b.addEventListener('gossipsub:prune', ({ detail }) => { told.push({ prune: { ...detail, peerId: nameOf(detail.peerId) } }) })
    b.addEventListener('gossipsub:heartbeat', () => { heartbeats++ })

    await joinAll(nodes)
    await until(() => told.length === 2)
    // in theirs either of the two may come first
    told.sort((a, b) => Object.keys(a)[0].localeCompare(Object.keys(b)[0]))
    await a.publish(TOPIC, Buffer.from('hello'))
    await until(() => told.some(event => Object.hasOwn(event, 'message')))
    a.unsubscribe(TOPIC)
    await until(() => told.some(event => Object.hasOwn(event, 'prune')) && b.getSubscribers(TOPIC).length === 0)
    await until(() => heartbeats > 1)

    return {
      told: told.map(event => Object.keys(event)[0]),
      details: told.map(event => JSON.stringify(event)).toSorted(),
      mesh: b.getMeshPeers(TOPIC)
    }
  })
}

async function refusals (pubsub: Pubsub): Promise<unknown> {
  return {
    isStarted: pubsub.isStarted(),
    publish: await outcome(async () => pubsub.publish(TOPIC, new Uint8Array(1))),
    subscribe: await outcome(() => { pubsub.subscribe(TOPIC) }),
    unsubscribe: await outcome(() => { pubsub.unsubscribe(TOPIC) }),
    topics: pubsub.getTopics(),
    subscribers: pubsub.getSubscribers(TOPIC),
    meshPeers: pubsub.getMeshPeers(TOPIC)
  }
}

async function identified (node: Pick<EventTarget, 'addEventListener'>, connect: () => Promise<unknown>): Promise<void> {
  const isIdentified = new Promise(resolve => { node.addEventListener('peer:identify', resolve, { once: true }) })
  await connect()
  await isIdentified
}
