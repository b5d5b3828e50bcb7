import type { Message } from './index.ts'
import type { MessageId, PeerIdStr, RoutedMessage, TopicStr } from './router/events.ts'
import type { Frame } from './wire/encode.ts'
import type { RPC } from './wire/rpc.ts'

export interface ShellMessageInit {
  id: MessageId
  author?: PeerIdStr
  message: RPC.Message
  encoded: RoutedMessage['encoded']
  frame: Frame
  /** Called once at most. */
  toPublic(message: RPC.Message): Message
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
  readonly #toPublic: (message: RPC.Message) => Message
  #public?: Message

  constructor ({ id, author, message, encoded, frame, toPublic }: ShellMessageInit) {
    this.id = id
    this.topic = message.topic
    this.author = author
    this.message = message
    this.encoded = encoded
    this.frame = frame
    this.#toPublic = toPublic
  }

  /** The same object each time. Its data are the application's: nothing else refers to them. */
  get publicMessage (): Message {
    this.#public ??= this.#toPublic(this.message)

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
