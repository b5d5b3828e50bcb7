import { dataOf, publicMessage } from './public-message.ts'
import type { Message } from './index.ts'
import type { MessageId, PeerIdStr, RoutedMessage, TopicStr } from './router/events.ts'
import type { Author } from './wire/authors.ts'
import type { Frame } from './wire/encode.ts'
import type { RPC } from './wire/rpc.ts'

export interface MessageParts {
  message: RPC.Message
  author?: Author
  /** As the application sees them, in memory that is its own; undefined when they are those of the message. */
  data?: Uint8Array
  framed: { readonly encoded: RoutedMessage['encoded'], readonly frame: Frame }
}

/** A message as the shell needs it: what the router reads, the frame that it goes out in, and what the application sees of it. */
export class ShellMessage implements RoutedMessage {
  readonly id: MessageId
  readonly topic: TopicStr
  readonly author?: PeerIdStr
  readonly message: RPC.Message
  readonly encoded: RoutedMessage['encoded']
  /** Length prefix, tags and `encoded`, made once for all who get it: nobody changes it. */
  readonly frame: Frame
  readonly #parts: MessageParts
  #public?: Message

  constructor (id: MessageId, parts: MessageParts) {
    this.id = id
    this.topic = parts.message.topic
    this.author = parts.author?.id
    this.message = parts.message
    this.encoded = parts.framed.encoded
    this.frame = parts.framed.frame
    this.#parts = parts
  }

  /** The same object each time. Its data are the application's: nothing else refers to them. */
  get publicMessage (): Message {
    if (this.#public == null) {
      const { message, author, data } = this.#parts
      this.#public = publicMessage(message, author, data ?? dataOf(message))
    }

    return this.#public
  }
}

/** What goes into the router are messages of the shell, and so is what comes out, but for those from its cache. */
export function shellMessage (message: RoutedMessage): ShellMessage {
  if (!(message instanceof ShellMessage)) {
    throw new TypeError('The router was given a message that the shell did not make')
  }

  return message
}
