import { randomFillSync } from 'node:crypto'
import { RPC } from '@libp2p/gossipsub/message'
import { ID_BYTES } from './pubsub-options.ts'

/** As long as those of Ethereum's consensus network. */
export const TOPIC = '/eth2/4a26c58b/beacon_attestation_7/ssz_snappy'

/** Payload of a small message: about that of an attestation. */
export const MESSAGE_BYTES = 250

/** A frame that subscribes to topics. */
export function subscribeFrame (topics: string[]): Uint8Array {
  return framed({ subscriptions: topics.map((topic) => ({ subscribe: true, topic })), messages: [] })
}

export function graftFrame (topics: string[]): Uint8Array {
  const graft = topics.map((topicID) => ({ topicID }))

  return framed({ subscriptions: [], messages: [], control: { ihave: [], iwant: [], graft, prune: [], idontwant: [] } })
}

/** A frame of messages as they are. */
export function messagesFrame (messages: RPC.Message[]): Uint8Array {
  return framed({ subscriptions: [], messages })
}

/**
 * Makes frames of anonymous messages, each of which begins with its id. Ids are random: what hashes them again gains nothing, as it
 * would not with real ones.
 */
export class FrameFactory {
  readonly #template: Uint8Array
  /** Where the ids of the messages go. */
  readonly #offsets: number[] = []

  constructor (messageBytes: number, messagesPerFrame: number = 1, topic: string = TOPIC) {
    const marks = Array.from({ length: messagesPerFrame }, () => randomFillSync(new Uint8Array(messageBytes)))
    this.#template = messagesFrame(marks.map((data) => ({ topic, data })))
    let from = 0

    for (const mark of marks) {
      from = Buffer.from(this.#template.buffer, this.#template.byteOffset, this.#template.byteLength).indexOf(mark, from)
      this.#offsets.push(from)
    }
  }

  get frameBytes (): number {
    return this.#template.byteLength
  }

  /**
   * A frame of messages that were never there before, in memory of its own.
   *
   * @param mark - writes into the payload of each, behind its id
   */
  next (mark?: (data: Uint8Array) => void): Uint8Array {
    const frame = new Uint8Array(this.#template)

    for (const offset of this.#offsets) {
      randomFillSync(frame, offset, ID_BYTES)
      mark?.(frame.subarray(offset))
    }

    return frame
  }
}

function framed (rpc: RPC): Uint8Array {
  const body = RPC.encode(rpc)
  const prefix: number[] = []
  let rest = body.byteLength

  for (; rest >= 0x80; rest >>>= 7) {
    prefix.push((rest & 0x7f) | 0x80)
  }

  const frame = new Uint8Array(prefix.length + 1 + body.byteLength)
  frame.set([...prefix, rest])
  frame.set(body, prefix.length + 1)

  return frame
}
