/** One implementation in a node of its own, and peers without any: all of it on loopback, over stock TCP. */
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { RawPeer } from './raw-peer.ts'
import type { Factory, Pubsub, Received } from './implementation.ts'
import type { GossipSubComponents } from '@libp2p/gossipsub'
import type { Connection, PeerId } from '@libp2p/interface'
import type { Libp2p } from 'libp2p'

export type LabNode = Libp2p<{ components(): GossipSubComponents }>

export const HEARTBEAT_MS = 100

export interface LabOptions {
  options?: object
  /** What happens when the implementation dials by itself; without it, it dials. */
  dial?(): Promise<Connection>
}

export class Lab {
  readonly node: LabNode
  readonly pubsub: Pubsub
  readonly received: Received[] = []
  /** Whom the implementation dialled, when dials are ours. */
  readonly dialled: string[] = []
  heartbeats = 0
  readonly #nodes: LabNode[] = []

  static async open (factory: Factory, { options = {}, dial }: LabOptions = {}): Promise<Lab> {
    const lab = new Lab(await startNode(), factory, options, dial)
    await lab.pubsub.start()

    return lab
  }

  private constructor (node: LabNode, factory: Factory, options: object, dial?: () => Promise<Connection>) {
    this.node = node
    this.#nodes.push(node)
    this.pubsub = factory({ heartbeatInterval: HEARTBEAT_MS, globalSignaturePolicy: 'StrictNoSign', msgIdFn: idOf, ...options })(this.#components(dial))
    this.pubsub.addEventListener('gossipsub:message', ({ detail }) => { this.received.push(detail) })
    this.pubsub.addEventListener('gossipsub:heartbeat', () => { this.heartbeats++ })
  }

  /** A peer that is connected, with a stream in each direction. */
  async connect ({ protocol = '/meshsub/1.2.0', isOutbound = false } = {}): Promise<RawPeer> {
    const peer = await RawPeer.start(await this.#startNode(), protocol)

    if (isOutbound) {
      await this.node.dial(peer.node.getMultiaddrs())
    }

    await peer.open(this.node.getMultiaddrs())

    return peer
  }

  /** An id of somebody who is not there. */
  async strangerId (): Promise<PeerId> {
    const { peerId } = await this.#startNode()
    await this.#nodes.pop()?.stop()
    // so that there is an address to dial
    await this.node.peerStore.merge(peerId, { multiaddrs: this.node.getMultiaddrs() })

    return peerId
  }

  inMesh (peer: RawPeer, topic: string): boolean {
    return this.pubsub.getMeshPeers(topic).includes(peer.id)
  }

  async close (): Promise<void> {
    await this.pubsub.stop()

    for (const node of this.#nodes.splice(0).reverse()) {
      await node.stop()
    }
  }

  async #startNode (): Promise<LabNode> {
    const node = await startNode()
    this.#nodes.push(node)

    return node
  }

  #components (dial?: () => Promise<Connection>): GossipSubComponents {
    const components = this.node.services.components()

    if (dial == null) {
      return components
    }

    const connectionManager = {
      getConnections: (peer?: PeerId) => components.connectionManager.getConnections(peer),
      openConnection: async (peer: PeerId) => {
        this.dialled.push(peer.toString())
        return dial()
      }
    } as unknown as GossipSubComponents['connectionManager']

    return { ...pick(components), connectionManager }
  }
}

/** The first eight bytes of a message are its id, so that peers know it without a hash. */
export function idOf ({ data }: { data: Uint8Array }): Uint8Array {
  return data.slice(0, 8)
}

async function startNode (): Promise<LabNode> {
  return createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: { inboundConnectionThreshold: 1_000 },
    connectionMonitor: { enabled: false },
    services: { identify: identify(), components: (components: GossipSubComponents) => () => components }
  })
}

/** The components of a node give themselves by a proxy, which does not spread. */
function pick ({ privateKey, peerId, peerStore, registrar, connectionManager, logger }: GossipSubComponents): GossipSubComponents {
  return { privateKey, peerId, peerStore, registrar, connectionManager, logger }
}
