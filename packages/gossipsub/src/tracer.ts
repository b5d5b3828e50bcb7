/**
 * Tells an application what the router does, as the trace events of go-libp2p-pubsub. It observes the boundary of the router and
 * what the shell drops; it changes nothing, and nothing that goes wrong here has an effect there.
 */
import { peerIdFromString } from '@libp2p/peer-id'
import { isThenable } from './thenable.ts'
import { toBase64, toField } from './tracer/base64.ts'
import { REJECT_REASONS } from './tracer/reject-reasons.ts'
import { rpcMeta } from './tracer/rpc-meta.ts'
import { TraceType } from './tracer/trace-event.ts'
import type { Action, Event, PeerIdStr, TopicStr } from './router/events.ts'
import type { TracedRejectReason } from './tracer/reject-reasons.ts'
import type { TracedRpc } from './tracer/rpc-meta.ts'
import type { Base64, TraceDetail, TracedMessage, TraceEvent } from './tracer/trace-event.ts'
import type { Logger } from '@libp2p/interface'

export { ndjsonTracer } from './tracer/ndjson.ts'
export { TraceType } from './tracer/trace-event.ts'
export type { NdjsonTracer, NdjsonTracerOptions } from './tracer/ndjson.ts'
export type { TracedRejectReason } from './tracer/reject-reasons.ts'
export type { TracedControl, TracedRpc } from './tracer/rpc-meta.ts'
export type { RpcMeta, TraceDetail, TracedMessage, TraceEvent } from './tracer/trace-event.ts'

/** Messages under validation that are remembered, so that a verdict can be told with the sender. The oldest is forgotten first. */
export const MAX_TRACED_VALIDATIONS = 65_536

export interface TracerInit {
  self: PeerIdStr
  /** The option `tracer`. What it throws, or rejects with, is logged. */
  listener(event: TraceEvent): void | Promise<void>
  log: Logger
  /** The protocol that a peer is spoken to with, when it was negotiated. */
  protocolOf(peer: PeerIdStr): string | undefined
  /** Nanoseconds since 1970. */
  now?(): number
  /** The bytes of a peer id. */
  peerBytes?(peer: PeerIdStr): Uint8Array
}

/** As much of a message as is traced; without an id it was dropped before it had one. */
export interface TraceableMessage {
  id?: Uint8Array
  topic: TopicStr
}

interface ReceivedMessage extends TraceableMessage {
  source: PeerIdStr
}

type EventOf<T extends Event['type']> = Extract<Event, { type: T }>

export class Tracer {
  readonly #init: TracerInit
  readonly #now: () => number
  readonly #peerBytes: (peer: PeerIdStr) => Uint8Array
  readonly #peerID: Base64
  readonly #topics = new Set<TopicStr>()
  /** Of connected peers. */
  readonly #peerFields = new Map<PeerIdStr, Base64>()
  /** By the id as base64. */
  readonly #validations = new Map<Base64, ReceivedMessage>()

  constructor (init: TracerInit) {
    this.#init = init
    this.#now = init.now ?? wallClock
    this.#peerBytes = init.peerBytes ?? multihashOf
    this.#peerID = toBase64(this.#peerBytes(init.self))
  }

  /** Call with every event that the router handles and the actions that came of it, before they are executed. */
  observe (event: Event, actions: readonly Action[]): void {
    this.#guard(() => {
      this.#onEvent(event, actions)
      actions.forEach(action => { this.#onAction(action) })

      // after it has left our meshes
      if (event.type === 'peerDisconnected' && this.#peerFields.has(event.peer)) {
        this.#tell({ type: TraceType.REMOVE_PEER, removePeer: { peerID: this.#peerField(event.peer) } })
        this.#peerFields.delete(event.peer)
      }
    })
  }

  /** A message was dropped before it came to the router. */
  rejected (message: TraceableMessage, source: PeerIdStr, reason: TracedRejectReason): void {
    this.#guard(() => { this.#reject({ ...message, source }, reason) })
  }

  /** What was queued for a peer will not be sent. */
  dropped (peer: PeerIdStr, rpc: TracedRpc): void {
    this.#guard(() => { this.#tell({ type: TraceType.DROP_RPC, dropRPC: { sendTo: this.#peerField(peer), meta: this.#meta(rpc) } }) })
  }

  #onEvent (event: Event, actions: readonly Action[]): void {
    switch (event.type) {
      case 'peerConnected': this.#onPeerConnected(event.peer); break
      case 'rpcReceived': this.#onRpc(event, actions); break
      case 'messageValidated': this.#onVerdict(event); break
      case 'messagesPublished': event.messages.forEach(message => { this.#onPublished(message) }); break
      case 'topicJoined': this.#onJoined(event.topic); break
      case 'topicLeft': this.#onLeft(event.topic); break
      default:
        // the others are traced by the actions that come of them
    }
  }

  #onAction (action: Action): void {
    switch (action.type) {
      case 'sendRpc': this.#send(action.peer, action); break
      case 'sendMessage': action.peers.forEach(peer => { this.#send(peer, { messages: [action.message] }) }); break
      case 'validate': this.#onValidate({ ...action.message, source: action.source }); break
      case 'deliver': this.#deliver(action.message, action.source); break
      case 'reportDuplicate':
        this.#tell({ type: TraceType.DUPLICATE_MESSAGE, duplicateMessage: this.#received(action) })
        break
      case 'reportGraft':
        this.#tell({ type: TraceType.GRAFT, graft: { peerID: this.#peerField(action.peer), topic: action.topic } })
        break
      case 'reportPrune':
        this.#tell({ type: TraceType.PRUNE, prune: { peerID: this.#peerField(action.peer), topic: action.topic } })
        break
      default:
        // Go does not trace the others
    }
  }

  /** A stream that was re-opened is no new peer. */
  #onPeerConnected (peer: PeerIdStr): void {
    if (!this.#peerFields.has(peer)) {
      this.#peerFields.set(peer, this.#peerField(peer))
      this.#tell({ type: TraceType.ADD_PEER, addPeer: { peerID: this.#peerField(peer), proto: this.#init.protocolOf(peer) } })
    }
  }

  #onRpc (event: EventOf<'rpcReceived'>, actions: readonly Action[]): void {
    this.#tell({ type: TraceType.RECV_RPC, recvRPC: { receivedFrom: this.#peerField(event.peer), meta: this.#meta(event) } })

    if (actions.some(action => action.type === 'reportDrop' && action.reason === 'own-message')) {
      for (const message of event.messages.filter(({ author }) => author === this.#init.self)) {
        this.#reject({ ...message, source: event.peer }, 'own-message')
      }
    }
  }

  #onPublished (message: TraceableMessage): void {
    this.#tell({ type: TraceType.PUBLISH_MESSAGE, publishMessage: traced(message) })
    this.#deliver(message, this.#init.self)
  }

  #onJoined (topic: TopicStr): void {
    if (!this.#topics.has(topic)) {
      this.#topics.add(topic)
      this.#tell({ type: TraceType.JOIN, join: { topic } })
    }
  }

  #onLeft (topic: TopicStr): void {
    if (this.#topics.delete(topic)) {
      this.#tell({ type: TraceType.LEAVE, leave: { topic } })
    }
  }

  #onValidate ({ id = NO_ID, topic, source }: ReceivedMessage): void {
    const oldest = this.#validations.keys().next()

    if (oldest.done !== true && this.#validations.size >= MAX_TRACED_VALIDATIONS) {
      this.#validations.delete(oldest.value)
    }

    // not the message itself, whose data would be kept
    this.#validations.set(toBase64(id), { id, topic, source })
  }

  #onVerdict ({ id, verdict }: EventOf<'messageValidated'>): void {
    const key = toBase64(id)
    const message = this.#validations.get(key)
    this.#validations.delete(key)

    if (message != null && verdict !== 'accept') {
      this.#reject(message, REASON_OF_VERDICT[verdict])
    }
  }

  #deliver (message: TraceableMessage, source: PeerIdStr): void {
    this.#tell({ type: TraceType.DELIVER_MESSAGE, deliverMessage: { ...traced(message), receivedFrom: this.#peerField(source) } })
  }

  #reject ({ id, topic, source }: ReceivedMessage, reason: TracedRejectReason): void {
    this.#tell({
      type: TraceType.REJECT_MESSAGE,
      rejectMessage: { messageID: toField(id), receivedFrom: this.#peerField(source), reason: REJECT_REASONS[reason], topic }
    })
  }

  #send (peer: PeerIdStr, rpc: TracedRpc): void {
    this.#tell({ type: TraceType.SEND_RPC, sendRPC: { sendTo: this.#peerField(peer), meta: this.#meta(rpc) } })
  }

  #received ({ id, topic, source }: ReceivedMessage): { messageID?: Base64, receivedFrom: Base64, topic: TopicStr } {
    return { messageID: toField(id), receivedFrom: this.#peerField(source), topic }
  }

  #meta ({ messages, subscriptions, control }: TracedRpc): ReturnType<typeof rpcMeta> {
    return rpcMeta({ messages, subscriptions, control }, peer => this.#peerField(peer))
  }

  #peerField (peer: PeerIdStr): Base64 {
    return peer === this.#init.self ? this.#peerID : this.#peerFields.get(peer) ?? toBase64(this.#peerBytes(peer))
  }

  /** The common fields stand after the type and before the rest, as Go writes them. */
  #tell ({ type, ...rest }: TraceDetail): void {
    const event = { type, peerID: this.#peerID, timestamp: this.#now(), ...rest } as TraceEvent

    // each on its own: a listener that fails once gets the next event all the same
    this.#guard(() => {
      const told: unknown = this.#init.listener(event)

      if (isThenable(told)) {
        Promise.resolve(told).catch(err => { this.#onError(err) })
      }
    })
  }

  #guard (trace: () => void): void {
    try {
      trace()
    } catch (err) {
      this.#onError(err)
    }
  }

  #onError (err: unknown): void {
    this.#init.log.error('the tracer failed - %e', err)
  }
}

const REASON_OF_VERDICT = { reject: 'validation-rejected', ignore: 'validation-ignored', forged: 'validation-forged' } as const

const NO_ID = new Uint8Array(0)

function traced ({ id, topic }: TraceableMessage): TracedMessage {
  return { messageID: toField(id), topic }
}

/** In microseconds first, in which a number is exact. */
function wallClock (): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1_000) * 1_000
}

function multihashOf (peer: PeerIdStr): Uint8Array {
  return peerIdFromString(peer).toMultihash().bytes
}
