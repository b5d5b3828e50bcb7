/**
 * Messages under the two signature policies: building, checking, naming. pubsub/README.md "The Message", "Message Identification",
 * "Message Signing", "Signature Policy Options".
 */
import { publicKeyFromProtobuf, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { sha256 } from 'multiformats/hashes/sha2'
import { StrictSign } from '../signature-policy.ts'
import { copyOf, toBytes } from './bytes.ts'
import { decodeMessage, withoutSignature } from './decode.ts'
import { RPC } from './rpc.ts'
import type { Author } from './authors.ts'
import type { Bytes } from './bytes.ts'
import type { DecodedMessage } from './decode.ts'
import type { SignaturePolicy } from '../signature-policy.ts'
import type { PrivateKey, PublicKey } from '@libp2p/interface'

/** "8 bytes big-endian", pubsub/README.md "The Message". */
export const SEQNO_BYTES = 8

const SIGN_PREFIX = new TextEncoder().encode('libp2p-pubsub:')

/** What makes a message unfit before anybody looks at its signature. */
export type ShapeDefect =
  | 'missing-topic' | 'invalid-from' | 'invalid-seqno' | 'missing-signature'
  | 'from-present' | 'seqno-present' | 'signature-present' | 'key-present'

/** The first defect, or undefined. Under StrictNoSign a field that is present and empty is present. */
export function shapeDefect (message: RPC.Message, policy: SignaturePolicy, author: Author | undefined): ShapeDefect | undefined {
  if (message.topic === '') {
    return 'missing-topic'
  }

  if (policy === StrictSign) {
    return signedDefect(message, author)
  }

  return unsignedDefect(message)
}

function signedDefect (message: RPC.Message, author: Author | undefined): ShapeDefect | undefined {
  if (author == null) {
    return 'invalid-from'
  }

  if (message.seqno?.length !== SEQNO_BYTES) {
    return 'invalid-seqno'
  }

  return message.signature == null || message.signature.length === 0 ? 'missing-signature' : undefined
}

function unsignedDefect (message: RPC.Message): ShapeDefect | undefined {
  if (message.from != null) {
    return 'from-present'
  }

  if (message.seqno != null) {
    return 'seqno-present'
  }

  if (message.signature != null) {
    return 'signature-present'
  }

  return message.key != null ? 'key-present' : undefined
}

/** `from || seqno` of a signed message, the SHA-256 of the data, as the application sees them, of another. */
export function defaultMessageId (message: RPC.Message, data: Uint8Array = message.data ?? new Uint8Array(0)): Bytes {
  if (message.from != null && message.seqno != null) {
    const id = new Uint8Array(message.from.length + message.seqno.length)
    id.set(message.from)
    id.set(message.seqno, message.from.length)

    return id
  }

  const digest = sha256.encode(data)

  if (digest instanceof Promise) {
    throw new TypeError('SHA-256 of this platform is asynchronous: StrictNoSign needs a msgIdFn here')
  }

  return toBytes(digest)
}

export function sequenceNumber (message: RPC.Message): bigint {
  const seqno = message.seqno

  return seqno?.length === SEQNO_BYTES ? new DataView(seqno.buffer, seqno.byteOffset).getBigUint64(0) : 0n
}

/**
 * The key that a message must be signed with: the one in the peer id, else the one in `key`, if it is the author's.
 */
export function signingKey (message: RPC.Message, author: Author): PublicKey | undefined {
  if (message.key == null) {
    return author.publicKey
  }

  if (author.publicKey != null) {
    return equalBytes(publicKeyToProtobuf(author.publicKey), message.key) ? author.publicKey : undefined
  }

  try {
    const key = publicKeyFromProtobuf(copyOf(message.key))

    if (equalBytes(key.toMultihash().bytes, author.peerId.toMultihash().bytes)) {
      author.publicKey = key
    }
  } catch {
    // no key
  }

  return author.publicKey
}

/**
 * Does the signature hold? Synchronous for the keys that peer ids hold; false for whatever the key's code throws.
 */
export function verifySignature (decoded: DecodedMessage, author: Author): boolean | Promise<boolean> {
  const { message, encoded } = decoded
  const key = signingKey(message, author)

  if (key == null || message.signature == null) {
    return false
  }

  try {
    const result = key.verify(signedBytes(withoutSignature(encoded)), message.signature)

    return result instanceof Promise ? result.catch(() => false) : result
  } catch {
    return false
  }
}

/** A message of our own, without anything that tells who we are. */
export function buildUnsigned (topic: string, data: Uint8Array): DecodedMessage {
  return decodeMessage(RPC.Message.encode({ data: toBytes(data), topic }))
}

/** Writes signed messages with strictly increasing sequence numbers. One per service. */
export class SignedMessages {
  readonly #privateKey: PrivateKey
  readonly #from: Bytes
  readonly #key?: Bytes
  #seqno: bigint

  /**
   * @param privateKey - of the author
   * @param nowMs - the time of day: the first sequence number is that in nanoseconds, so that it exceeds those of earlier lives
   */
  constructor (privateKey: PrivateKey, nowMs: number) {
    this.#privateKey = privateKey
    this.#from = toBytes(privateKey.publicKey.toMultihash().bytes)
    this.#key = isInlined(privateKey.publicKey) ? undefined : toBytes(publicKeyToProtobuf(privateKey.publicKey))
    this.#seqno = BigInt(Math.floor(nowMs)) * 1_000_000n
  }

  async build (topic: string, data: Uint8Array): Promise<DecodedMessage> {
    const seqno = new Uint8Array(SEQNO_BYTES)
    new DataView(seqno.buffer).setBigUint64(0, this.#seqno++)
    const unsigned = RPC.Message.encode({ from: this.#from, data: toBytes(data), seqno, topic })
    const signature = toBytes(await this.#privateKey.sign(signedBytes(unsigned)))
    const rest = RPC.Message.encode({ signature, key: this.#key })
    const encoded = new Uint8Array(unsigned.length + rest.length)
    encoded.set(unsigned)
    encoded.set(rest, unsigned.length)

    return decodeMessage(encoded)
  }
}

function signedBytes (unsigned: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(SIGN_PREFIX.length + unsigned.length)
  bytes.set(SIGN_PREFIX)
  bytes.set(unsigned, SIGN_PREFIX.length)

  return bytes
}

/** Peer ids of the identity hash hold their key: peer-ids.md "Peer Ids". */
function isInlined (key: PublicKey): boolean {
  return key.toMultihash().code === 0
}

function equalBytes (a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
