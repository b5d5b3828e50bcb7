import { WireError } from './errors.ts'
import { ownCopy } from './message-policy.ts'
import { decodeRpc } from './wire/decode.ts'
import type { DroppedReason } from './drop-counters.ts'
import type { MessagePolicy } from './message-policy.ts'
import type { Job } from './net/inbox.ts'
import type { Event, PeerIdStr, RoutedMessage, TopicStr } from './router/events.ts'
import type { DecodedMessage, DecodedRpc, DecodeRPCLimits } from './wire/decode.ts'
import type { RPC } from './wire/rpc.ts'

export interface InboundRpcInit {
  limits: DecodeRPCLimits
  policy: MessagePolicy
  allowedTopics?: ReadonlySet<TopicStr>
  seen(id: Uint8Array): boolean
  onRpc(event: Extract<Event, { type: 'rpcReceived' }>): void
  onDrop(reason: DroppedReason): void
}

type Routing = RoutedMessage | undefined | Promise<RoutedMessage | undefined | void>

function isRouted (routing: Awaited<Routing> | Routing): routing is RoutedMessage {
  return routing != null && !(routing instanceof Promise)
}

/**
 * One frame on its way to the router. A frame of many messages becomes several events: its subscriptions come with the first, its control
 * messages with the last.
 */
export class InboundRpc implements Job {
  readonly #peer: PeerIdStr
  readonly #frame: Uint8Array
  readonly #init: InboundRpcInit
  #rpc?: DecodedRpc
  #next = 0
  #isDone = false

  constructor (peer: PeerIdStr, frame: Uint8Array, init: InboundRpcInit) {
    this.#peer = peer
    this.#frame = frame
    this.#init = init
  }

  get isDone (): boolean {
    return this.#isDone
  }

  run (budget: number): number | Promise<number> {
    const rpc = this.#rpc ?? this.#decode()

    if (rpc == null) {
      this.#isDone = true
      return 1
    }

    this.#rpc = rpc
    const isFirst = this.#next === 0
    const batch = rpc.messages.slice(this.#next, this.#next + budget)
    this.#next += batch.length
    this.#isDone = this.#next >= rpc.messages.length
    const subscriptions = isFirst ? rpc.subscriptions : []
    const messages = batch.map(decoded => this.#route(decoded))

    if (messages.some(message => message instanceof Promise)) {
      return Promise.all(messages.map(async message => message)).then(settled => this.#emit(rpc, subscriptions, settled.filter(isRouted), batch.length))
    }

    return this.#emit(rpc, subscriptions, messages.filter(isRouted), batch.length)
  }

  #decode (): DecodedRpc | undefined {
    try {
      const rpc = decodeRpc(this.#frame, this.#init.limits)
      rpc.subscriptions = rpc.subscriptions.filter(({ topic }) => topic == null || this.#isAllowed(topic))

      return rpc
    } catch (err) {
      this.#init.onDrop(err instanceof WireError && err.code === 'ERR_RPC_OVER_LIMIT' ? 'rpc-over-limit' : 'malformed-rpc')
    }
  }

  /** Nothing when it was dropped. */
  #route (decoded: DecodedMessage): Routing {
    const { policy, onDrop } = this.#init
    const defect = policy.defectOf(decoded)

    if (defect != null) {
      onDrop(defect)
      return
    }

    if (!this.#isAllowed(decoded.message.topic)) {
      return
    }

    try {
      const message = policy.route(decoded)

      return message instanceof Promise ? message.catch(() => { onDrop('no-message-id') }) : message
    } catch {
      onDrop('no-message-id')
    }
  }

  #emit ({ control }: DecodedRpc, subscriptions: RPC.SubOpts[], routed: RoutedMessage[], units: number): number {
    const { seen, onRpc } = this.#init
    const messages = routed.map(message => seen(message.id) ? message : ownCopy(message))

    onRpc({ type: 'rpcReceived', peer: this.#peer, subscriptions, messages, control: this.#isDone ? control : undefined })

    return units
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
