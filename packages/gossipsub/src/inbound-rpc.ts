import { WireError } from './errors.ts'
import { NamingError } from './message-policy.ts'
import { scanRpc } from './wire/decode.ts'
import type { DroppedReason } from './drop-counters.ts'
import type { FastIds } from './fast-ids.ts'
import type { MessagePolicy, NamingFailure } from './message-policy.ts'
import type { Job } from './net/inbox.ts'
import type { Duplicate, Event, PeerIdStr, TopicStr } from './router/events.ts'
import type { IdHash, IdKey } from './router/message-id.ts'
import type { ShellMessage } from './shell-message.ts'
import type { DecodeRPCLimits, ScannedRpc } from './wire/decode.ts'
import type { ShapeDefect } from './wire/message.ts'
import type { Pieces } from './wire/pieces.ts'

const NO_MESSAGES: ShellMessage[] = []
Object.freeze(NO_MESSAGES)

/** Why a message does not come to the router. */
export type RejectReason = ShapeDefect | NamingFailure | 'message-too-large'

type RpcReceived = Extract<Event, { type: 'rpcReceived' }>

export interface InboundRpcInit {
  limits: DecodeRPCLimits
  policy: MessagePolicy
  allowedTopics?: ReadonlySet<TopicStr>
  hash: IdHash
  fastIds: FastIds
  seen(key: IdKey): boolean
  /** Whether somebody wants to know the ids of copies: that takes longer. */
  wantsDuplicateIds(): boolean
  /** Largest message of a topic, encoded. */
  maxMessageBytes(topic: TopicStr): number
  onRpc(event: RpcReceived): void
  onDrop(reason: DroppedReason): void
  /** A message is dropped. */
  onReject(topic: TopicStr, reason: RejectReason): void
}

/**
 * One frame on its way to the router. A frame of many messages becomes several events: its subscriptions come with the first, its control
 * messages with the last.
 */
export class InboundRpc implements Job {
  readonly #peer: PeerIdStr
  readonly #frame: Uint8Array
  readonly #init: InboundRpcInit
  readonly #pieces?: Pieces
  #rpc?: ScannedRpc
  #next = 0
  #isDone = false

  /** `pieces` are those that the frame arrived in, if they are worth keeping. */
  constructor (peer: PeerIdStr, frame: Uint8Array, init: InboundRpcInit, pieces?: Pieces) {
    this.#peer = peer
    this.#frame = frame
    this.#init = init
    this.#pieces = pieces
  }

  get isDone (): boolean {
    return this.#isDone
  }

  run (budget: number): number | Promise<number> {
    const rpc = this.#rpc ??= this.#scan()

    if (rpc == null) {
      this.#isDone = true
      return 1
    }

    const first = this.#next
    const end = Math.min(rpc.messages.count, first + budget)
    this.#next = end
    this.#isDone = end >= rpc.messages.count
    const batch = new Batch()
    let waiting: Array<Promise<void>> | undefined

    for (let i = first; i < end; i++) {
      const routing = this.#route(rpc, i, batch)

      if (routing != null) {
        waiting ??= []
        waiting.push(routing)
      }
    }

    if (waiting != null) {
      return Promise.all(waiting).then(() => this.#emit(rpc, first, batch))
    }

    return this.#emit(rpc, first, batch)
  }

  #scan (): ScannedRpc | undefined {
    try {
      const rpc = scanRpc(this.#frame, this.#init.limits)

      if (this.#init.allowedTopics != null) {
        rpc.subscriptions = rpc.subscriptions.filter(({ topic }) => topic == null || this.#isAllowed(topic))
      }

      return rpc
    } catch (err) {
      this.#init.onDrop(err instanceof WireError && err.code === 'ERR_RPC_OVER_LIMIT' ? 'rpc-over-limit' : 'malformed-rpc')
    }
  }

  /** Put the message into the batch, or drop it; a promise when its id takes time. */
  #route (rpc: ScannedRpc, i: number, batch: Batch): Promise<void> | undefined {
    const { policy, hash, fastIds, seen } = this.#init
    const { messages } = rpc
    const topic = messages.topicOf(i)

    if (topic !== '' && !this.#isAllowed(topic)) {
      return
    }

    const fastId = policy.fastId(messages, i)

    if (!this.#init.wantsDuplicateIds()) {
      const key = policy.quickKey(messages, i, hash, fastIds, fastId)

      if (key !== 0 && seen(key)) {
        batch.addDuplicate({ key, topic })
        return
      }
    }

    return this.#routeUnknown(rpc, i, batch, fastId)
  }

  /** It is new, or a copy that cannot be told quickly. */
  #routeUnknown ({ messages }: ScannedRpc, i: number, batch: Batch, fastId: string | number | undefined): Promise<void> | undefined {
    const { policy, maxMessageBytes } = this.#init
    const topic = messages.topicOf(i)
    const defect = messages.byteLengthOf(i) > maxMessageBytes(topic) ? 'message-too-large' : policy.defectOf(messages.messageAt(i))

    if (defect != null) {
      this.#refuse(batch, topic, defect)
      return
    }

    try {
      const message = policy.route(messages, i, this.#pieces)

      if (message instanceof Promise) {
        return message.then(message => { this.#add(batch, message, fastId) }, err => { this.#onFailure(batch, topic, err) })
      }

      this.#add(batch, message, fastId)
    } catch (err) {
      this.#onFailure(batch, topic, err)
    }
  }

  #add (batch: Batch, message: ShellMessage, fastId: string | number | undefined): void {
    if (fastId != null) {
      const { fastIds, hash } = this.#init
      fastIds.add(fastId, hash.of(message.id))
    }

    batch.addMessage(message)
  }

  #onFailure (batch: Batch, topic: TopicStr, err: unknown): void {
    if (err instanceof NamingError && err.reason === 'transform-failed') {
      this.#refuse(batch, topic, 'transform-failed')
    } else {
      this.#init.onDrop('no-message-id')
      this.#init.onReject(topic, 'no-message-id')
    }
  }

  /** It breaks a rule that its sender knows as well. */
  #refuse (batch: Batch, topic: TopicStr, reason: RejectReason): void {
    this.#init.onDrop(reason)
    this.#init.onReject(topic, reason)
    batch.invalid ??= []
    batch.invalid.push(topic)
  }

  #emit ({ subscriptions, control }: ScannedRpc, first: number, { messages, duplicates, invalid }: Batch): number {
    this.#init.onRpc({
      type: 'rpcReceived',
      peer: this.#peer,
      subscriptions: first === 0 ? subscriptions : [],
      messages,
      duplicates,
      invalid,
      control: this.#isDone ? control : undefined
    })

    return this.#next - first
  }

  #isAllowed (topic: TopicStr): boolean {
    const { allowedTopics, onDrop } = this.#init
    const isAllowed = allowedTopics?.has(topic) ?? true

    if (!isAllowed) {
      onDrop('topic-not-allowed')
    }

    return isAllowed
  }
}

/** Most have one message, or one duplicate, and nothing else: an array that is pushed to begins with room for many. */
class Batch {
  messages: ShellMessage[] = NO_MESSAGES
  duplicates?: Duplicate[]
  /** The topics of messages that were refused. */
  invalid?: TopicStr[]

  addMessage (message: ShellMessage): void {
    if (this.messages === NO_MESSAGES) {
      this.messages = [message]
    } else {
      this.messages.push(message)
    }
  }

  addDuplicate (duplicate: Duplicate): void {
    if (this.duplicates == null) {
      this.duplicates = [duplicate]
    } else {
      this.duplicates.push(duplicate)
    }
  }
}
