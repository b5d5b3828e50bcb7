import { StrictNoSign, StrictSign } from './signature-policy.ts'
import { Authors } from './wire/authors.ts'
import { copyOf, toBytes } from './wire/bytes.ts'
import { decodeMessage } from './wire/decode.ts'
import { buildUnsigned, defaultMessageId, sequenceNumber, shapeDefect, SignedMessages, signingKey, verifySignature } from './wire/message.ts'
import type { Message } from './index.ts'
import type { RoutedMessage } from './router/events.ts'
import type { SignaturePolicy } from './signature-policy.ts'
import type { MsgIdFn } from './types.ts'
import type { Author } from './wire/authors.ts'
import type { DecodedMessage } from './wire/decode.ts'
import type { ShapeDefect } from './wire/message.ts'
import type { PrivateKey } from '@libp2p/interface'

/** A view may keep this much more than itself in memory before it is copied. */
const MAX_PINNED_BYTES = 1_024

export interface MessagePolicyInit {
  signaturePolicy: SignaturePolicy
  privateKey: PrivateKey
  msgIdFn?: MsgIdFn
}

/** What the signature policy and the message id function of an application make of messages. */
export class MessagePolicy {
  readonly #signaturePolicy: SignaturePolicy
  readonly #msgIdFn?: MsgIdFn
  readonly #signed: SignedMessages
  readonly #authors = new Authors()

  constructor ({ signaturePolicy, privateKey, msgIdFn }: MessagePolicyInit) {
    this.#signaturePolicy = signaturePolicy
    this.#msgIdFn = msgIdFn
    this.#signed = new SignedMessages(privateKey, Date.now())
  }

  /** A message of our own. */
  async build (topic: string, data: Uint8Array): Promise<RoutedMessage> {
    const decoded = this.#signaturePolicy === StrictSign ? await this.#signed.build(topic, data) : buildUnsigned(topic, data)
    const author = this.#authorOf(decoded)

    return routed(decoded, await this.#idOf(decoded, author), author)
  }

  /** A reason to drop a message before its id is known, or undefined. */
  defectOf (decoded: DecodedMessage): ShapeDefect | undefined {
    return shapeDefect(decoded.message, this.#signaturePolicy, this.#authorOf(decoded))
  }

  /**
   * Name a message without a defect. Throws, or rejects with, what the application's `msgIdFn` throws.
   */
  route (decoded: DecodedMessage): RoutedMessage | Promise<RoutedMessage> {
    const author = this.#authorOf(decoded)
    const id = this.#idOf(decoded, author)

    return id instanceof Promise ? id.then(id => routed(decoded, id, author)) : routed(decoded, id, author)
  }

  /** Is it signed as it must be? Always true under StrictNoSign, where there is nothing to verify. */
  verify (message: RoutedMessage): boolean | Promise<boolean> {
    if (this.#signaturePolicy === StrictNoSign) {
      return true
    }

    const author = this.#authorOf(message)

    return author != null && verifySignature(message, author)
  }

  /** The message as applications see it. */
  publicMessage (decoded: DecodedMessage): Message {
    return publicMessage(decoded, this.#authorOf(decoded))
  }

  #authorOf ({ message }: DecodedMessage): Author | undefined {
    return message.from == null ? undefined : this.#authors.of(message.from)
  }

  #idOf (decoded: DecodedMessage, author: Author | undefined): Uint8Array | Promise<Uint8Array> {
    if (this.#msgIdFn == null) {
      return defaultMessageId(decoded.message)
    }

    const id = this.#msgIdFn(publicMessage(decoded, author))

    // a copy: the application may use its memory again
    return id instanceof Promise ? id.then(copyOf) : copyOf(id)
  }
}

/** The same message without a hold on the frame that it came in. */
export function ownCopy (message: RoutedMessage): RoutedMessage {
  const { encoded } = message

  if (encoded.buffer.byteLength - encoded.byteLength <= MAX_PINNED_BYTES) {
    return message
  }

  return { ...message, ...decodeMessage(copyOf(encoded)) }
}

function routed (decoded: DecodedMessage, id: Uint8Array, author: Author | undefined): RoutedMessage {
  return { id: toBytes(id), topic: decoded.message.topic, author: author?.id, message: decoded.message, encoded: decoded.encoded }
}

function publicMessage (decoded: DecodedMessage, author: Author | undefined): Message {
  const { topic, data = new Uint8Array(0), signature } = decoded.message
  const key = author != null ? signingKey(decoded.message, author) : undefined

  if (author == null || key == null || signature == null) {
    return { type: 'unsigned', topic, data }
  }

  return { type: 'signed', from: author.peerId, topic, data, sequenceNumber: sequenceNumber(decoded.message), signature, key }
}
