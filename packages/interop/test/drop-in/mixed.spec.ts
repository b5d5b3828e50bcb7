import { createHash } from 'node:crypto'
import { quic as rivalQuic } from '@chainsafe/libp2p-quic'
import { quic } from '@quicmesh/quic-transport'
import { expect } from 'aegir/chai'
import { implementations } from './implementations.ts'
import { overTcp, sleep, startNode, until } from './nodes.ts'
import type { ImplementationName } from './implementations.ts'
import type { Link, Node } from './nodes.ts'
import type { GossipsubOpts } from '@libp2p/gossipsub'

const TOPIC = 'mixed'
const NODES = 8
const MESSAGES_PER_NODE = 5
/** How long to wait for copies that should not come. */
const SETTLE_MS = 400

const QUIC_ADDRESS = '/ip4/127.0.0.1/udp/0/quic-v1'

/** Every node has four neighbours, so all links are in the mesh, and no node is a neighbour of all. */
const OPTIONS: Partial<GossipsubOpts> = { D: 6, Dlo: 5, Dhi: 12, heartbeatInterval: 200 }

interface Network {
  name: string
  /** Of all nodes. */
  options?: Partial<GossipsubOpts>
  /** Of ours alone. */
  ours?: Partial<GossipsubOpts>
  links?: Record<ImplementationName, Link>
  /** What ours and theirs agree on. */
  protocol: string
}

const networks: Network[] = [
  { name: 'StrictSign and the default message id', protocol: '/meshsub/1.2.0' },
  {
    name: 'StrictNoSign and a message id of the data',
    options: { globalSignaturePolicy: 'StrictNoSign', msgIdFn: ({ data }) => createHash('sha256').update(data).digest() },
    protocol: '/meshsub/1.2.0'
  },
  { name: 'ours speak 1.1 alone', ours: { protocols: ['/meshsub/1.1.0'] }, protocol: '/meshsub/1.1.0' },
  { name: 'ours speak 1.0 alone', ours: { protocols: ['/meshsub/1.0.0'] }, protocol: '/meshsub/1.0.0' },
  {
    name: 'ours over our QUIC, theirs over theirs',
    links: { quicmesh: { listen: QUIC_ADDRESS, transport: quic() }, libp2p: { listen: QUIC_ADDRESS, transport: rivalQuic() } },
    protocol: '/meshsub/1.2.0'
  }
]

describe('drop-in: one mesh of four quicmesh and four @libp2p/gossipsub nodes', function () {
  this.timeout(30_000)

  let nodes: Node[]

  beforeEach(() => { nodes = [] })

  afterEach(async () => {
    await Promise.all(nodes.map(async node => node.stop()))
  })

  networks.forEach(network => {
    it(`delivers everything to everybody exactly once: ${network.name}`, async () => {
      nodes = await Promise.all(Array.from({ length: NODES }, async (_, index) => start(nameOf(index), network)))

      await deliverAll(nodes)

      expect(protocolsBetween(nodes)).to.deep.equal([network.protocol])
    })
  })
})

/** Ours and theirs by turns. */
function nameOf (index: number): ImplementationName {
  return index % 2 === 0 ? 'quicmesh' : 'libp2p'
}

async function start (name: ImplementationName, { options, ours, links }: Network): Promise<Node> {
  const create = implementations[name]({ ...OPTIONS, ...options, ...name === 'quicmesh' ? ours : undefined })

  return startNode(create, links?.[name] ?? overTcp)
}

async function deliverAll (nodes: Node[]): Promise<void> {
  const received = nodes.map(collect)
  nodes.forEach(node => { node.services.pubsub.subscribe(TOPIC) })
  await connect(nodes)

  const sent = await publishFromAll(nodes)
  await until(() => received.every(texts => texts.length >= sent.length - MESSAGES_PER_NODE))
  await sleep(SETTLE_MS)

  for (const [index, texts] of received.entries()) {
    const expected = sent.filter(text => !text.startsWith(`${index}/`))

    expect(texts.toSorted()).to.deep.equal(expected.toSorted(), `what node ${index} (${nameOf(index)}) received`)
  }
}

/** A ring with chords: neighbours at distance one are of the other implementation, those at distance two of the same. Waits for the mesh. */
async function connect (nodes: Node[]): Promise<void> {
  for (const [index, node] of nodes.entries()) {
    for (const distance of [1, 2]) {
      await node.dial(nodes[(index + distance) % NODES].getMultiaddrs())
    }
  }

  await until(() => nodes.every(node => node.services.pubsub.getMeshPeers(TOPIC).length === 4))
}

async function publishFromAll (nodes: Node[]): Promise<string[]> {
  const sent: string[] = []

  for (let count = 0; count < MESSAGES_PER_NODE; count++) {
    await Promise.all(nodes.map(async (node, index) => {
      const text = `${index}/${count}`
      sent.push(text)
      // through the mesh, not straight to all whom the publisher knows
      await node.services.pubsub.publish(TOPIC, Buffer.from(text), { floodPublish: false })
    }))
  }

  return sent
}

function collect (node: Node): string[] {
  const texts: string[] = []
  node.services.pubsub.addEventListener('message', ({ detail }) => { texts.push(Buffer.from(detail.data).toString()) })

  return texts
}

/** The protocols of pubsub streams from ours to theirs and back. */
function protocolsBetween (nodes: Node[]): string[] {
  const theirs = new Set(nodes.filter((_, index) => nameOf(index) === 'libp2p').map(({ peerId }) => peerId.toString()))
  const protocols = nodes
    .filter((_, index) => nameOf(index) === 'quicmesh')
    .flatMap(node => node.getConnections())
    .filter(({ remotePeer }) => theirs.has(remotePeer.toString()))
    .flatMap(({ streams }) => streams.map(({ protocol }) => protocol))
    .filter(protocol => protocol.startsWith('/meshsub/'))

  return [...new Set(protocols)]
}
