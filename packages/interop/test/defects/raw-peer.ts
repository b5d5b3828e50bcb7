/** A peer without pubsub of its own: it sends what a probe gives it and keeps what it gets. */
import { RPC } from '@libp2p/gossipsub/message'
import { until } from './time.ts'
import { encodeRpc, frameOf, FrameReader, signedMessage } from './wire.ts'
import type { LabNode } from './lab.ts'
import type { WireMessage, WireRpc } from './wire.ts'
import type { Stream } from '@libp2p/interface'

export class RawPeer {
  readonly node: LabNode
  readonly protocol: string
  /** Streams that the implementation opened. */
  readonly inbound: Stream[] = []
  /** What it sent, one for each frame. */
  readonly received: RPC[] = []
  /** Of the frames that have begun to arrive. */
  longestFrameBytes = 0
  #outbound?: Stream

  static async start (node: LabNode, protocol: string): Promise<RawPeer> {
    const peer = new RawPeer(node, protocol)
    await node.handle(protocol, stream => { peer.#read(stream) })

    return peer
  }

  private constructor (node: LabNode, protocol: string) {
    this.node = node
    this.protocol = protocol
  }

  get id (): string {
    return this.node.peerId.toString()
  }

  /** The stream that we write to. */
  get outbound (): Stream {
    if (this.#outbound == null) {
      throw new Error('no stream')
    }

    return this.#outbound
  }

  /** Connect, unless that is done, and open a stream; resolves when the implementation has opened one, too. */
  async open (addresses: Parameters<LabNode['dial']>[0]): Promise<void> {
    const before = this.inbound.length
    const connection = this.node.getConnections()[0] ?? await this.node.dial(addresses)
    this.#outbound = await connection.newStream(this.protocol)
    await until('a stream to the peer', () => this.inbound.length > before || this.inbound.some(({ status }) => status === 'open'))
  }

  async hangUp (): Promise<void> {
    await Promise.all(this.node.getConnections().map(async connection => connection.close()))
  }

  send (rpc: WireRpc): void {
    this.sendBody(encodeRpc(rpc))
  }

  sendBody (body: Uint8Array): void {
    this.outbound.send(frameOf(body))
  }

  /** What it got of messages. */
  get messages (): RPC.Message[] {
    return this.received.flatMap(({ messages }) => messages)
  }

  got (id: Uint8Array): boolean {
    return this.messages.some(({ data }) => data != null && id.every((byte, i) => data[i] === byte))
  }

  wasPruned (topic: string): boolean {
    return this.received.some(({ control }) => control?.prune.some(({ topicID }) => topicID === topic) === true)
  }

  async sign (topic: string, data: Uint8Array, seqno: bigint): Promise<WireMessage> {
    return signedMessage(this.node.services.components().privateKey, this.node.peerId, topic, data, seqno)
  }

  #read (stream: Stream): void {
    const reader = new FrameReader()
    this.inbound.push(stream)
    stream.addEventListener('message', ({ data }) => {
      for (const body of reader.push(data.subarray())) {
        this.received.push(RPC.decode(body))
      }

      this.longestFrameBytes = Math.max(this.longestFrameBytes, reader.longest)
    })
  }
}
