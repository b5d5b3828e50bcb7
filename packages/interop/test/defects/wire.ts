/** Frames as a peer without an implementation of pubsub sends and reads them (libp2p/specs pubsub/README.md "The RPC"). */
import { RPC } from '@libp2p/gossipsub/message'
import type { PeerId, PrivateKey } from '@libp2p/interface'

export type WireMessage = Partial<RPC.Message> & { topic: string }

export interface WireControl {
  iwant?: Uint8Array[]
  graft?: string[]
  prune?: Array<{ topic: string, backoff?: number, peers?: PeerId[] }>
  idontwant?: Uint8Array[]
}

export interface WireRpc {
  subscribe?: string[]
  unsubscribe?: string[]
  messages?: WireMessage[]
  control?: WireControl
}

/** The encoded RPC, without its length. */
export function encodeRpc ({ subscribe = [], unsubscribe = [], messages = [], control }: WireRpc): Uint8Array {
  return RPC.encode({
    subscriptions: [...subscribe.map(topic => ({ subscribe: true, topic })), ...unsubscribe.map(topic => ({ subscribe: false, topic }))],
    messages,
    control: control == null ? undefined : controlOf(control)
  })
}

/** With its length before it. */
export function frameOf (body: Uint8Array): Uint8Array {
  const prefix: number[] = []
  let rest = body.length

  for (; rest >= 0x80; rest >>>= 7) {
    prefix.push(rest & 0x7f | 0x80)
  }

  return concat(Uint8Array.from([...prefix, rest]), body)
}

/** What arrives in pieces becomes whole frames. */
export class FrameReader {
  /** The longest that has begun, in bytes. */
  longest = 0
  #pending = new Uint8Array(0)

  /** The bodies of the frames that are complete by now. */
  push (bytes: Uint8Array): Uint8Array[] {
    const bodies: Uint8Array[] = []
    this.#pending = concat(this.#pending, bytes)

    for (;;) {
      const body = this.#take()

      if (body == null) {
        return bodies
      }

      bodies.push(body)
    }
  }

  #take (): Uint8Array | undefined {
    let length = 0

    for (let i = 0; i < this.#pending.length && i < 5; i++) {
      length |= (this.#pending[i] & 0x7f) << 7 * i

      if (this.#pending[i] < 0x80) {
        const end = i + 1 + length
        this.longest = Math.max(this.longest, length)

        if (this.#pending.length < end) {
          return undefined
        }

        const body = this.#pending.slice(i + 1, end)
        this.#pending = this.#pending.slice(end)

        return body
      }
    }
  }
}

/** A message as its author signs it under StrictSign; the key is in the author's id. */
export async function signedMessage (privateKey: PrivateKey, author: PeerId, topic: string, data: Uint8Array, seqno: bigint): Promise<WireMessage> {
  const seqnoBytes = new Uint8Array(8)
  new DataView(seqnoBytes.buffer).setBigUint64(0, seqno)
  const message = { from: author.toMultihash().bytes, data, seqno: seqnoBytes, topic }
  const signature = await privateKey.sign(concat(new TextEncoder().encode('libp2p-pubsub:'), RPC.Message.encode(message)))

  return { ...message, signature: Uint8Array.from(signature) }
}

export function concat (...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let offset = 0

  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }

  return whole
}

function controlOf ({ iwant, graft = [], prune = [], idontwant }: WireControl): RPC.ControlMessage {
  return {
    ihave: [],
    iwant: iwant == null ? [] : [{ messageIDs: iwant }],
    graft: graft.map(topicID => ({ topicID })),
    prune: prune.map(({ topic, backoff, peers = [] }) => ({ topicID: topic, backoff, peers: peers.map(peer => ({ peerID: peer.toMultihash().bytes })) })),
    idontwant: idontwant == null ? [] : [{ messageIDs: idontwant }]
  }
}
