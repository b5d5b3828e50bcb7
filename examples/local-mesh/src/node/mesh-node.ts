import { identify } from '@libp2p/identify'
import { multiaddr } from '@multiformats/multiaddr'
import { gossipsub } from '@quicmesh/gossipsub'
import { quic } from '@quicmesh/quic-transport'
import { createLibp2p } from 'libp2p'
import { decodePayload, digestLine, encodePayload } from '../payload.ts'
import type { NodeStatus } from '../mesh/messages.ts'
import type { Identify } from '@libp2p/identify'
import type { GossipSub } from '@quicmesh/gossipsub'
import type { Libp2p } from 'libp2p'

const REDIAL_INTERVAL_MS = 500
const DIAL_TIMEOUT_MS = 10_000

export interface Delivery {
  seq: number
  digest: number
  latencyMs: number
}

export interface MeshNodeInit {
  topic: string
  /** How many peers may connect at the same moment. */
  maxPeers: number
  onDelivery (delivery: Delivery): void
}

/**
 * A libp2p node with one transport and one pubsub service, subscribed to one topic: what an application would set up.
 */
export class MeshNode {
  private readonly node: Libp2p<{ identify: Identify, pubsub: GossipSub }>
  private readonly topic: string
  private readonly onDelivery: (delivery: Delivery) => void
  private readonly dialling = new Set<string>()
  private redialTimer?: ReturnType<typeof setInterval>
  private duplicates = 0
  private malformed = 0
  private dialError?: string

  static async create (init: MeshNodeInit): Promise<MeshNode> {
    return new MeshNode(init, await createLibp2p({
      addresses: { listen: ['/ip4/127.0.0.1/udp/0/quic-v1'] },
      transports: [quic()],
      services: { identify: identify(), pubsub: gossipsub() },
      // all nodes share one IP address: the default of 5 connections a second per address is meant for strangers
      connectionManager: { inboundConnectionThreshold: init.maxPeers, maxIncomingPendingConnections: init.maxPeers }
    }))
  }

  private constructor ({ topic, onDelivery }: MeshNodeInit, node: Libp2p<{ identify: Identify, pubsub: GossipSub }>) {
    this.node = node
    this.topic = topic
    this.onDelivery = onDelivery

    const { pubsub } = node.services
    pubsub.addEventListener('message', ({ detail }) => {
      if (detail.topic === topic) {
        this.onMessage(detail.data)
      }
    })
    pubsub.addEventListener('gossipsub:duplicate', () => {
      this.duplicates++
    })
    pubsub.subscribe(topic)
  }

  get peerId (): string {
    return this.node.peerId.toString()
  }

  /** With the peer id at the end of each. */
  get addresses (): string[] {
    return this.node.getMultiaddrs().map(address => address.toString())
  }

  status (): NodeStatus {
    const { pubsub } = this.node.services

    return {
      peers: pubsub.getPeers().length,
      meshDegree: pubsub.getMeshPeers(this.topic).length,
      duplicates: this.duplicates,
      malformed: this.malformed,
      dialError: this.dialError
    }
  }

  /** Dials peers, each given by its multiaddrs, and dials them again whenever they are not connected. */
  stayConnectedTo (peers: string[][]): void {
    const dialAll = (): void => {
      for (const addresses of peers) {
        void this.dial(addresses)
      }
    }

    clearInterval(this.redialTimer)
    this.redialTimer = setInterval(dialAll, REDIAL_INTERVAL_MS)
    dialAll()
  }

  /**
   * @throws {Error} what the pubsub service throws, e.g. when no peer is subscribed to the topic
   */
  async publish (seq: number, line: Uint8Array): Promise<void> {
    await this.node.services.pubsub.publish(this.topic, encodePayload({ seq, sentAtNs: process.hrtime.bigint(), line }))
  }

  async stop (): Promise<void> {
    clearInterval(this.redialTimer)
    await this.node.stop()
  }

  private async dial (addresses: string[]): Promise<void> {
    const [key] = addresses
    const peers = new Set(this.node.getConnections().map(connection => connection.remotePeer.toString()))

    if (this.dialling.has(key) || peers.has(key.slice(key.lastIndexOf('/') + 1))) {
      return
    }

    this.dialling.add(key)

    try {
      await this.node.dial(addresses.map(address => multiaddr(address)), { signal: AbortSignal.timeout(DIAL_TIMEOUT_MS) })
      this.dialError = undefined
    } catch (err) {
      this.dialError = String(err)
    } finally {
      this.dialling.delete(key)
    }
  }

  /**
   * The clock behind hrtime is one for all processes of a machine (CLOCK_MONOTONIC on Linux), so that the difference of two
   * processes' readings is a duration.
   */
  private onMessage (data: Uint8Array): void {
    const now = process.hrtime.bigint()

    try {
      const { seq, sentAtNs, line } = decodePayload(data)
      this.onDelivery({ seq, digest: digestLine(line), latencyMs: Number(now - sentAtNs) / 1e6 })
    } catch {
      this.malformed++
    }
  }
}
