import { shellMessage } from './shell-message.ts'
import type { GossipSubEvents, MeshPeer } from './index.ts'
import type { MeshTags } from './mesh-tags.ts'
import type { Action, Event, PeerIdStr, RoutedMessage, TopicStr } from './router/events.ts'
import type { ShellMessage } from './shell-message.ts'
import type { MsgIdStr, MsgIdToStrFn } from './types.ts'
import type { PeerId } from '@libp2p/interface'

export type EventName = keyof GossipSubEvents & string
export type EventDetail<K extends EventName> = GossipSubEvents[K] extends CustomEvent<infer T> ? T : never

type ActionOf<T extends Action['type']> = Extract<Action, { type: T }>

export interface ReporterInit {
  msgIdToStrFn: MsgIdToStrFn
  /** Absent when mesh peers are not to be tagged. */
  tags?: MeshTags
  peerId(peer: PeerIdStr): PeerId
  hasListener(type: EventName): boolean
  /** Nothing is built for an event that nobody listens to. */
  emit<K extends EventName>(type: K, detail: () => EventDetail<K>): void
}

/** Tells the application what the router reports, as events, and the peer store who is in our meshes. */
export class Reporter {
  readonly #init: ReporterInit

  constructor (init: ReporterInit) {
    this.#init = init
  }

  /** Whether somebody wants to know of copies. */
  get wantsDuplicates (): boolean {
    return this.#init.hasListener('gossipsub:duplicate')
  }

  message (message: RoutedMessage, propagationSource: PeerId, msgId?: MsgIdStr): void {
    if (this.#init.hasListener('gossipsub:message')) {
      this.#messageWithId(shellMessage(message), propagationSource, msgId)
    }

    this.#message(shellMessage(message))
  }

  #messageWithId (message: ShellMessage, propagationSource: PeerId, msgId?: MsgIdStr): void {
    const { emit, msgIdToStrFn } = this.#init

    emit('gossipsub:message', () => ({ propagationSource, msgId: msgId ?? msgIdToStrFn(message.id), msg: message.publicMessage }))
  }

  #message (message: ShellMessage): void {
    this.#init.emit('message', () => message.publicMessage)
  }

  duplicate ({ id, topic, source }: ActionOf<'reportDuplicate'>): void {
    if (id != null) {
      const { emit, msgIdToStrFn, peerId } = this.#init

      emit('gossipsub:duplicate', () => ({ propagationSource: peerId(source), msgId: msgIdToStrFn(id), topic }))
    }
  }

  subscriptions ({ peer, subscriptions }: ActionOf<'reportSubscriptions'>): void {
    this.#init.emit('subscription-change', () => ({ peerId: this.#init.peerId(peer), subscriptions }))
  }

  graft ({ peer, topic, isByPeer }: ActionOf<'reportGraft'>): void {
    this.#init.tags?.add(this.#init.peerId(peer), topic)
    this.#init.emit('gossipsub:graft', () => meshPeer(peer, topic, isByPeer))
  }

  /** A peer leaves our mesh by what it does or by what we do. */
  prune ({ peer, topic }: ActionOf<'reportPrune'>, event: Event): void {
    const isByPeer = (event.type === 'rpcReceived' || event.type === 'peerDisconnected') && event.peer === peer

    this.#init.tags?.remove(this.#init.peerId(peer), topic)
    this.#init.emit('gossipsub:prune', () => meshPeer(peer, topic, isByPeer))
  }

  slowPeer (peerId: PeerId, dropped: number): void {
    this.#init.emit('gossipsub:slow-peer', () => ({ peerId, dropped }))
  }

  heartbeat (): void {
    this.#init.emit('gossipsub:heartbeat', () => undefined)
  }
}

function meshPeer (peerId: PeerIdStr, topic: TopicStr, isByPeer: boolean): MeshPeer {
  return { peerId, topic, direction: isByPeer ? 'inbound' : 'outbound' }
}
