import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { gossipsub as libp2pGossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { gossipsub } from '@quicmesh/gossipsub'
import { expect } from 'aegir/chai'
import { createLibp2p } from 'libp2p'
import type { Libp2p, PeerId, TypedEventTarget } from '@libp2p/interface'

const TOPIC = 'interop'

const LINES = [['quicmesh', 'libp2p'], ['libp2p', 'quicmesh'], ['libp2p', 'quicmesh', 'libp2p'], ['quicmesh', 'libp2p', 'quicmesh']]

/** What both implementations have. */
interface Pubsub extends TypedEventTarget<PubsubEvents> {
  subscribe (topic: string): void
  publish (topic: string, data: Uint8Array): Promise<{ recipients: PeerId[] }>
}

interface PubsubEvents {
  message: CustomEvent<{ topic: string, data: Uint8Array }>
  'gossipsub:graft': CustomEvent<{ peerId: string }>
}

type Node = Libp2p<{ pubsub: Pubsub }>

describe('gossipsub: a mesh of quicmesh and @libp2p/gossipsub nodes', () => {
  let nodes: Node[]

  afterEach(async () => {
    await Promise.all(nodes.map(async node => node.stop()))
  })

  LINES.forEach(names => {
    it(`delivers every message to every node of the line ${names.join(' - ')}`, async () => {
      nodes = await Promise.all(names.map(start))

      await deliverAll(nodes)
    })
  })
})

/** Joins the nodes to a line, publishes from each, and expects each to get what the others published. */
async function deliverAll (nodes: Node[]): Promise<void> {
  const last = nodes.length - 1
  const received = nodes.map(collect)
  const grafted = nodes.map(graftedPeers)
  nodes.forEach(node => { node.services.pubsub.subscribe(TOPIC) })

  for (let i = 1; i <= last; i++) {
    await nodes[i].dial(nodes[i - 1].getMultiaddrs())
  }

  await Promise.all(grafted.map(async (peers, index) => until(() => peers.size === (index === 0 || index === last ? 1 : 2))))

  const sent = nodes.flatMap((_, index) => Array.from({ length: 10 }, (_, count) => `${index}/${count}`))

  for (const text of sent) {
    await nodes[Number(text.split('/')[0])].services.pubsub.publish(TOPIC, Buffer.from(text))
  }

  await Promise.all(received.map(async (texts, index) => {
    const expected = sent.filter(text => !text.startsWith(`${index}/`))
    await until(() => texts.length >= expected.length)

    expect(texts.toSorted()).to.deep.equal(expected.toSorted())
  }))
}

async function start (implementation: string): Promise<Node> {
  const pubsub = implementation === 'quicmesh' ? gossipsub() : libp2pGossipsub()

  return createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), pubsub }
  })
}

function collect (node: Node): string[] {
  const texts: string[] = []
  node.services.pubsub.addEventListener('message', (evt) => {
    if (evt.detail.topic === TOPIC) {
      texts.push(Buffer.from(evt.detail.data).toString())
    }
  })

  return texts
}

function graftedPeers (node: Node): Set<string> {
  const peers = new Set<string>()
  node.services.pubsub.addEventListener('gossipsub:graft', (evt) => { peers.add(evt.detail.peerId) })

  return peers
}

/** Polls: the implementations tell of their meshes by different events. Mocha's time-out bounds it. */
async function until (condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
