import { dataOf, publicMessage } from './public-message.ts'
import { ShellMessage } from './shell-message.ts'
import { StrictNoSign, StrictSign } from './signature-policy.ts'
import { isThenable } from './thenable.ts'
import { Authors } from './wire/authors.ts'
import { copyOf, inOnePiece, toBytes } from './wire/bytes.ts'
import { decodeMessage } from './wire/decode.ts'
import { FramedMessage, frameMessage } from './wire/encode.ts'
import { FROM, SEQNO, SIGNATURE } from './wire/message-scan.ts'
import { buildUnsigned, defaultMessageId, SEQNO_BYTES, shapeDefect, SignedMessages, verifySignature } from './wire/message.ts'
import { MIN_PIECED_BYTES } from './wire/pieces.ts'
import type { FastIds } from './fast-ids.ts'
import type { RoutedMessage } from './router/events.ts'
import type { IdHash, IdKey } from './router/message-id.ts'
import type { MessageParts } from './shell-message.ts'
import type { SignaturePolicy } from './signature-policy.ts'
import type { DataTransform, FastMsgIdFn, MsgIdFn } from './types.ts'
import type { Author } from './wire/authors.ts'
import type { Bytes } from './wire/bytes.ts'
import type { MessageScan } from './wire/message-scan.ts'
import type { ShapeDefect } from './wire/message.ts'
import type { Pieces } from './wire/pieces.ts'
import type { RPC } from './wire/rpc.ts'
import type { PrivateKey } from '@libp2p/interface'

/** Of a message that is kept in the pieces of its frame. */
const MIN_SHARE_OF_FRAME = 0.9

export interface MessagePolicyInit {
  signaturePolicy: SignaturePolicy
  privateKey: PrivateKey
  msgIdFn?: MsgIdFn
  fastMsgIdFn?: FastMsgIdFn
  dataTransform?: DataTransform
}

/** Why a message without a defect could not be named. */
export type NamingFailure = 'no-message-id' | 'transform-failed'

export class NamingError extends Error {
  readonly name = 'NamingError'
  readonly reason: NamingFailure

  constructor (reason: NamingFailure, cause: unknown) {
    super(reason, { cause })
    this.reason = reason
  }
}

/** What the signature policy and the functions of an application make of messages. */
export class MessagePolicy {
  readonly #init: MessagePolicyInit
  readonly #signed: SignedMessages
  readonly #authors = new Authors()
  readonly #self: Uint8Array

  constructor (init: MessagePolicyInit) {
    this.#init = init
    this.#signed = new SignedMessages(init.privateKey, Date.now())
    this.#self = init.privateKey.publicKey.toMultihash().bytes
  }

  /**
   * A message of our own. Throws what the application's functions throw. The data are copied: the application may use its memory again.
   */
  async build (topic: string, data: Uint8Array): Promise<ShellMessage> {
    const { signaturePolicy, dataTransform } = this.#init
    const own = copyOf(data)
    // another copy: it may be transformed in place
    const sent = dataTransform == null ? own : toBytes(dataTransform.outboundTransform(topic, copyOf(data)))
    const { message, encoded } = signaturePolicy === StrictSign ? await this.#signed.build(topic, sent) : buildUnsigned(topic, sent)
    const parts = { message, author: this.#authorOf(message), data: own, framed: new FramedMessage(encoded) }

    return new ShellMessage(await this.#idOf(parts), parts)
  }

  /** What `fastMsgIdFn` says of a message, or undefined. */
  fastId (messages: MessageScan, i: number): string | number | undefined {
    try {
      const fastId = this.#init.fastMsgIdFn?.(messages.messageAt(i))

      return typeof fastId === 'string' || typeof fastId === 'number' ? fastId : undefined
    } catch {
      // it has an id all the same
      return undefined
    }
  }

  /**
   * The key of a message's id, found without making anything of the message; 0 where that cannot be done. A message that it is found for
   * may still have a defect, as long as it is no copy.
   */
  quickKey (messages: MessageScan, i: number, hash: IdHash, fastIds: FastIds, fastId: string | number | undefined): IdKey {
    if (!messages.isCanonical(i)) {
      return 0
    }

    if (fastId != null) {
      return fastIds.keyOf(fastId)
    }

    const isDefaultId = this.#init.signaturePolicy === StrictSign && this.#init.msgIdFn == null

    if (!isDefaultId || messages.lengthOf(i, SEQNO) !== SEQNO_BYTES || messages.lengthOf(i, SIGNATURE) === 0 || this.#isOwn(messages, i)) {
      return 0
    }

    return hash.ofRanges(messages.frame, messages.startOf(i, FROM), messages.endOf(i, FROM), messages.startOf(i, SEQNO), messages.endOf(i, SEQNO))
  }

  /** A reason to drop a message before its id is known, or undefined. */
  defectOf (message: RPC.Message): ShapeDefect | undefined {
    return shapeDefect(message, this.#init.signaturePolicy, this.#authorOf(message))
  }

  /**
   * Name a message without a defect. It holds on to nothing of the frame, but to the pieces that the frame arrived in if they are
   * given and the message is most of them.
   *
   * @throws {NamingError} when the application's `inboundTransform` or `msgIdFn` throws; a promise rejects with the same
   */
  route (messages: MessageScan, i: number, pieces?: Pieces): ShellMessage | Promise<ShellMessage> {
    const parts = pieces != null && this.#isShareable(messages, i) ? this.#shared(messages, i, pieces) : this.#copied(messages, i)

    try {
      const id = this.#idOf(parts)

      return id instanceof Promise
        ? id.then(id => new ShellMessage(id, parts), err => { throw new NamingError('no-message-id', err) })
        : new ShellMessage(id, parts)
    } catch (err) {
      throw new NamingError('no-message-id', err)
    }
  }

  /** Is it signed as it must be? Always true under StrictNoSign, where there is nothing to verify. */
  verify ({ message, encoded }: RoutedMessage): boolean | Promise<boolean> {
    if (this.#init.signaturePolicy === StrictNoSign) {
      return true
    }

    const author = this.#authorOf(message)

    return author != null && verifySignature({ message, encoded: inOnePiece(encoded) }, author)
  }

  #copied (messages: MessageScan, i: number): MessageParts {
    const { message, framed } = ownCopy(messages, i)

    // a copy: it may be transformed in place, and what is sent on must stay as it is
    const data = this.#init.dataTransform == null ? undefined : this.#transformed(message.topic, dataOf(message))

    return { message, author: this.#authorOf(message), data, framed }
  }

  /** What is sent on and kept are the pieces. The data are copied for the application: nobody else reads them once the message has an id. */
  #shared (messages: MessageScan, i: number, pieces: Pieces): MessageParts {
    const encoded = pieces.part(messages.messageStartOf(i), messages.messageStartOf(i) + messages.byteLengthOf(i))
    const message = { topic: messages.topicOf(i), data: dataOf(messages.messageAt(i)) }

    return { message, data: this.#transformed(message.topic, message.data), framed: { encoded, frame: frameMessage(encoded) } }
  }

  /** A signature would need the message in one piece. */
  #isShareable (messages: MessageScan, i: number): boolean {
    const bytes = messages.byteLengthOf(i)
    // pieces keep the whole frame alive, and up to twice as much with it
    const isMost = bytes >= MIN_PIECED_BYTES && bytes >= MIN_SHARE_OF_FRAME * messages.frame.length

    return this.#init.signaturePolicy === StrictNoSign && messages.isCanonical(i) && isMost
  }

  /** What the application makes of the data of a message, which are its own. */
  #transformed (topic: string, data: Bytes): Uint8Array {
    try {
      return this.#init.dataTransform?.inboundTransform(topic, data) ?? data
    } catch (err) {
      throw new NamingError('transform-failed', err)
    }
  }

  #authorOf ({ from }: RPC.Message): Author | undefined {
    return from == null ? undefined : this.#authors.of(from)
  }

  #idOf ({ message, author, data }: MessageParts): Bytes | Promise<Bytes> {
    const { msgIdFn } = this.#init

    if (msgIdFn == null) {
      return defaultMessageId(message, data)
    }

    const id = msgIdFn(publicMessage(message, author, data ?? message.data ?? new Uint8Array(0)))

    return isThenable(id) ? Promise.resolve(id).then(ownId) : ownId(id)
  }

  #isOwn (messages: MessageScan, i: number): boolean {
    const { length } = this.#self
    const start = messages.startOf(i, FROM)

    if (messages.lengthOf(i, FROM) !== length) {
      return false
    }

    for (let at = 0; at < length; at++) {
      if (messages.frame[start + at] !== this.#self[at]) {
        return false
      }
    }

    return true
  }
}

/** The frame that the message goes out in is its copy. */
function ownCopy (messages: MessageScan, i: number): { message: RPC.Message, framed: FramedMessage } {
  if (messages.isCanonical(i)) {
    const framed = new FramedMessage(messages.bytesOf(i))

    return { message: messages.messageIn(framed.frame, framed.offset, i), framed }
  }

  const { message, encoded } = decodeMessage(copyOf(messages.bytesOf(i)))

  return { message, framed: new FramedMessage(encoded) }
}

/** A copy: the application may use its memory again. What is no id would make all messages one. */
function ownId (id: Uint8Array): Bytes {
  if (!(id instanceof Uint8Array)) {
    throw new TypeError('msgIdFn has to return a Uint8Array')
  }

  return copyOf(id)
}
