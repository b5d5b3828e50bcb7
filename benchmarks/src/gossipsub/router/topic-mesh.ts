import { FrameFactory } from '../frames.ts'
import { MESH } from '../pubsub-options.ts'
import { joinTopics } from './feed.ts'
import { arrivalFrom, COPIES } from './mesh.ts'
import { settled } from './stub-node.ts'
import type { Arrival } from './feed.ts'
import type { StubNode, StubPeer } from './stub-node.ts'

/** A topic of a node that has more peers than its mesh takes: its messages come from those in the mesh, as in a network. */
export class TopicMesh {
  readonly topic: string
  readonly peers: StubPeer[]

  /** The node subscribes to topics to which all its peers are subscribed. Without further heartbeats meshes are as large as they want to be. */
  static async join (node: StubNode, topics: string[]): Promise<TopicMesh[]> {
    // it adds outbound peers to a mesh that has too few of them
    await settled('the first heartbeat is over', () => node.heartbeats > 0)
    await joinTopics(node, topics)
    await settled('every mesh is full', () => topics.every((topic) => node.pubsub.getMeshPeers(topic).length >= MESH.D))

    return topics.map((topic) => new TopicMesh(node, topic))
  }

  private constructor (node: StubNode, topic: string) {
    const ids = new Set(node.pubsub.getMeshPeers(topic))
    this.topic = topic
    this.peers = node.peers.filter(({ id }) => ids.has(id.toString()))
  }

  /** Makes messages of the topic. */
  factory (messageBytes: number): FrameFactory {
    return new FrameFactory(messageBytes, 1, this.topic)
  }

  /** From the peer of that number in the mesh; they take turns. */
  arrival (peer: number, frame: Uint8Array): Arrival {
    return arrivalFrom(this.peers[peer % this.peers.length], frame)
  }

  /** The copies of a message that the peer of that number sent first, from others, in memory of their own. */
  duplicates (firstPeer: number, frame: Uint8Array): Arrival[] {
    return Array.from({ length: COPIES - 1 }, (_, copy) => this.arrival(firstPeer + 1 + copy, new Uint8Array(frame)))
  }
}
