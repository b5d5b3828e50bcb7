import { graftFrame, subscribeFrame, TOPIC } from '../frames.ts'
import { FrameScanner } from '../router/frame-scanner.ts'
import { startPlainNode } from './node.ts'
import type { StackName } from '../../contestants.ts'
import type { Libp2p, Stream } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Uint8ArrayList } from 'uint8arraylist'

const PROTOCOLS = ['/meshsub/1.2.0', '/meshsub/1.1.0', '/meshsub/1.0.0']

/** What is in flight when a stream is paused still arrives. */
const MAX_READ_BUFFER_BYTES = 16 * 1_024 * 1_024

const MS_PER_SECOND = 1_000

/** A mesh peer without pubsub: it replays frames that were made before, and counts what it gets. It costs little. */
export class RawPeer {
  readonly received = new FrameScanner()
  /** Handed what it reads as well. */
  onData?: (data: Uint8Array | Uint8ArrayList) => void
  readonly #libp2p: Libp2p
  #outbound?: Stream
  /** What the node opened last. */
  #inbound?: Stream
  #bytesPerSecond = Infinity
  #timer?: NodeJS.Timeout

  static async start (stack: StackName): Promise<RawPeer> {
    const peer = new RawPeer(await startPlainNode(stack))
    await peer.#libp2p.handle(PROTOCOLS, (stream) => { peer.#read(stream) })

    return peer
  }

  private constructor (libp2p: Libp2p) {
    this.#libp2p = libp2p
  }

  /** Whether the node has opened a stream that it can still write to. */
  get isRead (): boolean {
    return this.#inbound?.status === 'open'
  }

  /** Subscribes and grafts itself. */
  async join (node: Multiaddr): Promise<void> {
    const connection = await this.#libp2p.dial(node)
    this.#outbound = await connection.newStream(PROTOCOLS)
    this.send(subscribeFrame([TOPIC]))
    this.send(graftFrame([TOPIC]))
  }

  send (frame: Uint8Array): void {
    this.#outbound?.send(frame)
  }

  /** Reads no faster in the mean from now on; `Infinity` for as fast as it can. */
  throttle (bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond

    if (bytesPerSecond === Infinity) {
      clearTimeout(this.#timer)
      this.#resume()
    }
  }

  async stop (): Promise<void> {
    clearTimeout(this.#timer)
    await this.#libp2p.stop()
  }

  #read (stream: Stream): void {
    this.#inbound = stream
    stream.maxReadBufferLength = MAX_READ_BUFFER_BYTES
    const scanner = new FrameScanner(() => { this.received.messages++ })

    stream.addEventListener('message', ({ data }) => {
      scanner.push(data)
      this.onData?.(data)

      if (this.#bytesPerSecond !== Infinity) {
        stream.pause()
        this.#timer = setTimeout(() => { this.#resume() }, data.byteLength / this.#bytesPerSecond * MS_PER_SECOND)
      }
    })
  }

  #resume (): void {
    if (this.#inbound?.readStatus === 'paused') {
      this.#inbound.resume()
    }
  }
}
