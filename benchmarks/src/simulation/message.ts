import { encodedMessageBytes, messageFrameBytes } from './frame-bytes.ts'
import type { BytesInPieces, RoutedMessage } from '@quicmesh/gossipsub/router'

export const TOPIC = 'simulation'

/** As of a hash that is cut off, as Ethereum's are. */
const ID_BYTES = 20

/**
 * A payload that only has a length: routers keep what comes in pieces as it is, so that ten thousand message caches hold one object. By it
 * the message is found again when a cache serves it.
 */
class SimulatedPayload implements BytesInPieces {
  readonly byteLength: number
  readonly message: SimulatedMessage

  constructor (byteLength: number, message: SimulatedMessage) {
    this.byteLength = byteLength
    this.message = message
  }

  [Symbol.iterator] (): never {
    throw new Error('The payload of a simulated message has no bytes')
  }
}

export interface SimulatedMessageInit {
  /** Counts the messages of a network. */
  number: number
  publisher: number
  publishedAtMs: number
  nodes: number
  dataBytes: number
}

/** A message, and where it has come by now. */
export class SimulatedMessage implements RoutedMessage {
  readonly id: Uint8Array<ArrayBuffer>
  readonly topic = TOPIC
  readonly encoded: BytesInPieces
  readonly message = { topic: TOPIC }
  readonly frameBytes: number
  readonly publisher: number
  readonly publishedAtMs: number
  /** By node; NaN where it was not delivered. */
  readonly deliveredAtMs: Float64Array
  /** By node: over how many links its first copy came. */
  readonly hops: Uint16Array

  constructor ({ number, publisher, publishedAtMs, nodes, dataBytes }: SimulatedMessageInit) {
    const byteLength = encodedMessageBytes(dataBytes, TOPIC)
    this.id = new Uint8Array(ID_BYTES)
    new DataView(this.id.buffer).setUint32(0, number)
    this.encoded = new SimulatedPayload(byteLength, this)
    this.frameBytes = messageFrameBytes(byteLength)
    this.publisher = publisher
    this.publishedAtMs = publishedAtMs
    this.deliveredAtMs = new Float64Array(nodes).fill(NaN)
    this.hops = new Uint16Array(nodes)
  }
}

/** @throws {TypeError} when the payload is none of a simulated message */
export function messageOf (encoded: Uint8Array | BytesInPieces): SimulatedMessage {
  if (encoded instanceof SimulatedPayload) {
    return encoded.message
  }

  throw new TypeError('A message that nobody published')
}
