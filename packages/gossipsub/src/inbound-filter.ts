import type { Blacklist, BlacklistReason } from './blacklist.ts'
import type { DropCounter } from './drop-counters.ts'
import type { Event, PeerIdStr, RoutedMessage, TopicStr } from './router/events.ts'
import type { SubscriptionFilter } from './subscription-filter.ts'
import type { RPC } from './wire/rpc.ts'

type RpcReceived = Extract<Event, { type: 'rpcReceived' }>

export interface InboundFilterInit {
  blacklist: Blacklist
  subscriptionFilter?: SubscriptionFilter
  drops: DropCounter
  /** The topics that a peer announced so far. */
  topicsOf(peer: PeerIdStr): ReadonlySet<TopicStr> | undefined
  /** A message is dropped. */
  onReject(message: RoutedMessage, peer: PeerIdStr, reason: BlacklistReason): void
}

/** What the application does not want to come in, whatever the protocol says of it. */
export class InboundFilter {
  readonly #init: InboundFilterInit

  constructor (init: InboundFilterInit) {
    this.#init = init
  }

  /** What is left of the frame, or undefined. */
  apply (event: RpcReceived): RpcReceived | undefined {
    const { blacklist, drops } = this.#init

    if (blacklist.reasonToDrop(event.peer) != null) {
      drops.add('blacklisted-peer')
      event.messages.forEach(message => { this.#init.onReject(message, event.peer, 'blacklisted-peer') })
      return undefined
    }

    if (blacklist.isEmpty && this.#init.subscriptionFilter == null) {
      return event
    }

    return {
      ...event,
      subscriptions: this.#subscriptions(event.peer, event.subscriptions),
      messages: blacklist.isEmpty ? event.messages : event.messages.filter(message => this.#isWelcome(event.peer, message))
    }
  }

  #subscriptions (peer: PeerIdStr, announced: RPC.SubOpts[]): RPC.SubOpts[] {
    const { subscriptionFilter, drops, topicsOf } = this.#init

    if (subscriptionFilter == null || announced.length === 0) {
      return announced
    }

    const { subscriptions, notAllowed, tooMany } = subscriptionFilter.filterIncoming(announced, topicsOf(peer))
    drops.add('topic-not-allowed', notAllowed)
    drops.add('too-many-subscriptions', tooMany)

    return subscriptions
  }

  #isWelcome (peer: PeerIdStr, message: RoutedMessage): boolean {
    const { blacklist, drops, onReject } = this.#init
    const reason = blacklist.reasonToDrop(peer, message.author)

    if (reason != null) {
      drops.add(reason)
      onReject(message, peer, reason)
    }

    return reason == null
  }
}
