import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'aegir/chai'
import { gossipsub } from '../../src/index.ts'
import { createBareNode, stopNodes, until } from '../fixtures/node.ts'
import { frameOf, RawPeer, stopRawPeers } from '../fixtures/raw-peer.ts'
import type { GossipSubComponents, GossipsubOpts } from '../../src/index.ts'
import type { TestNode } from '../fixtures/node.ts'
import type { Connection, PeerId } from '@libp2p/interface'

/** A service whose node dials as it is told. */
class DialingNode {
  readonly node: TestNode
  readonly dialled: string[] = []

  static async start (dial: () => Promise<Connection>, options: Partial<GossipsubOpts>): Promise<DialingNode> {
    const { libp2p } = await createBareNode()
    const node = new DialingNode(libp2p, dial, options)
    await node.node.pubsub.start()

    return node
  }

  private constructor (libp2p: TestNode['libp2p'], dial: () => Promise<Connection>, options: Partial<GossipsubOpts>) {
    const { components } = libp2p.services
    const connectionManager = {
      getConnections: (peer?: PeerId) => components.connectionManager.getConnections(peer),
      openConnection: async (peer: PeerId) => {
        this.dialled.push(peer.toString())
        return dial()
      }
    } as unknown as GossipSubComponents['connectionManager']

    this.node = { libp2p, pubsub: gossipsub({ heartbeatInterval: 50, heartbeatInitialDelay: 10, ...options })({ ...components, connectionManager }) }
  }
}

async function createPeerId (): Promise<PeerId> {
  return peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
}

const dials: Record<string, () => Promise<Connection>> = {
  'that fails': async () => { throw new Error('refused') },
  'that never ends': async () => new Promise(() => {})
}

describe('defects: dials', () => {
  const nodes: DialingNode[] = []

  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(async ({ node }) => node.pubsub.stop()))
    await stopRawPeers()
    await stopNodes()
  })

  for (const [name, dial] of Object.entries(dials)) {
    it(`defect 5: the heartbeat does not wait for a dial ${name}`, async () => {
      const direct = await createPeerId()
      const node = await DialingNode.start(dial, { directPeers: [{ id: direct, addrs: [] }], directConnectTicks: 1, directConnectInitialDelay: 0 })
      let heartbeats = 0
      nodes.push(node)
      node.node.pubsub.addEventListener('gossipsub:heartbeat', () => { heartbeats++ })

      await until(() => node.dialled.includes(direct.toString()))
      const before = heartbeats
      await until(() => heartbeats >= before + 5)
    })

    it(`defect 16: what follows a PRUNE does not wait for a dial by peer exchange ${name}`, async () => {
      const other = await createPeerId()
      const { node, dialled } = nodes[nodes.push(await DialingNode.start(dial, { scoreThresholds: { acceptPXThreshold: 0 } })) - 1]
      const peer = await RawPeer.create(await generateKeyPair('Ed25519'), '/meshsub/1.1.0')
      const { pubsub } = node
      // else it is not dialled at all
      await node.libp2p.peerStore.merge(other, { multiaddrs: [multiaddr('/ip4/127.0.0.1/tcp/1')] })
      pubsub.subscribe('first')
      pubsub.subscribe('second')
      const stream = await peer.open(node)
      stream.send(frameOf({ subscriptions: ['first', 'second'].map(topic => ({ topic, subscribe: true })) }))
      await until(() => pubsub.getMeshPeers('first').length + pubsub.getMeshPeers('second').length === 2)

      stream.send(frameOf({
        control: {
          ihave: [],
          iwant: [],
          graft: [],
          prune: [
            { topicID: 'first', peers: [{ peerID: other.toMultihash().bytes }], backoff: 60 },
            { topicID: 'second', peers: [], backoff: 60 }
          ],
          idontwant: []
        }
      }))
      await until(() => pubsub.getMeshPeers('first').length + pubsub.getMeshPeers('second').length === 0)
      await until(() => dialled.length > 0)

      expect(dialled).to.include(other.toString())
    })
  }
})
