/**
 * Authors of messages: what the bytes of a `from` field mean. The few who write most of the messages are remembered, since the text
 * and the key of a peer id cost more than all the rest of reading a message.
 */
import { peerIdFromMultihash } from '@libp2p/peer-id'
import * as Digest from 'multiformats/hashes/digest'
import { ByteTable } from './byte-table.ts'
import { copyOf } from './bytes.ts'
import type { PeerId, PublicKey } from '@libp2p/interface'

export interface Author {
  peerId: PeerId
  /** The peer id as a string. */
  id: string
  /** The key, where the peer id holds it (Ed25519, secp256k1) or a message has proven it (RSA). */
  publicKey?: PublicKey
}

/** Most authors remembered by one service, oldest out first. */
const MAX_AUTHORS = 4_096

/** Of these, how many are found without a string of their bytes being made: most messages of a topic are by a few. */
const MAX_QUICK_AUTHORS = 1_024

/** No peer id of a supported key type is longer. */
const MAX_FROM_BYTES = 128

export class Authors {
  readonly #quick = new ByteTable<Author>(MAX_QUICK_AUTHORS)
  readonly #authors = new Map<string, Author>()

  /** The author, or undefined when the bytes are no peer id. */
  of (from: Uint8Array): Author | undefined {
    if (from.length > MAX_FROM_BYTES) {
      return undefined
    }

    return this.#quick.get(from, 0, from.length) ?? this.#slow(from)
  }

  #slow (from: Uint8Array): Author | undefined {
    const key = String.fromCharCode(...from)
    let author = this.#authors.get(key)

    if (author == null) {
      author = parse(from)

      if (author != null) {
        this.#remember(key, author)
      }
    }
    if (author != null) {
      this.#quick.set(from, 0, from.length, author)
    }

    return author
  }

  #remember (key: string, author: Author): void {
    if (this.#authors.size >= MAX_AUTHORS) {
      const [oldest] = this.#authors.keys()
      this.#authors.delete(oldest)
    }

    this.#authors.set(key, author)
  }
}

function parse (from: Uint8Array): Author | undefined {
  try {
    // a copy, so that the frame is not kept for it
    const peerId = peerIdFromMultihash(Digest.decode(copyOf(from)))

    return { peerId, id: peerId.toString(), publicKey: peerId.publicKey }
  } catch {
    return undefined
  }
}
