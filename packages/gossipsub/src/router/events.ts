/**
 * The whole boundary of the router: what happened goes in as an `Event`, what must be done comes out as `Action`s.
 *
 * `router.handle(event, now)` is synchronous and pure but for its own state: no network, no clock, no chance, no
 * promises. Events are in the past tense, actions in the imperative. The shell (`gossipsub.ts`) feeds the one and
 * executes the other, in order.
 */
import type { RPC } from '../wire/rpc.ts'

/** A peer id as a string: opaque to the router, equal when the peer is the same. */
export type PeerIdStr = string

export type TopicStr = string

/** A message id as it goes over the wire (pubsub/README.md "Message Identification"). */
export type MessageId = RPC.ControlIWant['messageIDs'][number]

/** What a peer's protocol lets us do with it; `protocols.ts` is the table. */
export interface PeerFeatures {
  /** Speaks meshsub: may be grafted and gossiped with. False for floodsub peers, which get every message instead. */
  mesh: boolean
}

/** A message on its way through the router. The router reads it, shares it and never changes it. */
export interface RoutedMessage {
  readonly id: MessageId
  readonly topic: TopicStr
  /** The author, from the `from` field; absent under StrictNoSign. */
  readonly author?: PeerIdStr
  /** The decoded message: carried for the shell, not interpreted by the router. */
  readonly message: RPC.Message
  /** The encoded `Message`, encoded once and shared by all recipients. */
  readonly encoded: Uint8Array
}

/**
 * The verdict on a message: the three of gossipsub-v1.1.md "Extended Validators", and `forged` when the signature does not
 * hold. The id of a forged message proves nothing, so it does not count as seen: otherwise anybody could suppress a message
 * by sending a forgery of it first.
 */
export type Verdict = 'accept' | 'ignore' | 'reject' | 'forged'

export type Event =
  /**
   * A peer that speaks one of our protocols can be written to, or frames to it may be queued. Comes before the peer's first
   * `rpcReceived`. For a peer that is connected already (its stream was re-opened) it repeats our subscriptions and keeps
   * what is known of the peer.
   */
  | { type: 'peerConnected', peer: PeerIdStr, features: PeerFeatures, isOutbound: boolean }
  /** The last connection to the peer is gone. */
  | { type: 'peerDisconnected', peer: PeerIdStr }
  /** A frame arrived: its subscriptions, then its messages with their ids, then its control messages are handled. */
  | { type: 'rpcReceived', peer: PeerIdStr, subscriptions: RPC.SubOpts[], messages: RoutedMessage[], control?: RPC.ControlMessage }
  /** The answer to a `validate` action. A late or unknown id is harmless. */
  | { type: 'messageValidated', id: Uint8Array, verdict: Verdict }
  /** The application published a message of its own. */
  | { type: 'messagePublished', message: RoutedMessage, floodPublish: boolean }
  /** The application subscribed to a topic: JOIN. Harmless when joined already. */
  | { type: 'topicJoined', topic: TopicStr }
  /** The application unsubscribed from a topic: LEAVE. Harmless when not joined. */
  | { type: 'topicLeft', topic: TopicStr }
  /** The heartbeat timer fired. */
  | { type: 'ticked' }

/** Why a message goes to a peer: the outbox decides by it what is sent first and what is dropped first. */
export type SendReason = 'publish' | 'forward' | 'iwant'

export type Action =
  /** Send subscriptions and control messages: at most one per peer and event. Never dropped silently. */
  | { type: 'sendRpc', peer: PeerIdStr, subscriptions?: RPC.SubOpts[], control?: RPC.ControlMessage }
  /** Send a message to each of the peers: `message.encoded` as it is. For a message of our own the peers are the recipients. */
  | { type: 'sendMessage', peers: PeerIdStr[], message: RoutedMessage, reason: SendReason }
  /** Verify the signature and ask the application; answer with `messageValidated`. */
  | { type: 'validate', message: RoutedMessage, source: PeerIdStr }
  /** Hand a valid message of a joined topic to the application. */
  | { type: 'deliver', message: RoutedMessage, source: PeerIdStr }
  /** Tell observers that a message was seen before. */
  | { type: 'reportDuplicate', message: RoutedMessage, source: PeerIdStr }
  /** Tell observers that a peer's subscriptions changed. */
  | { type: 'reportSubscriptions', peer: PeerIdStr, subscriptions: Array<{ topic: TopicStr, subscribe: boolean }> }
  /** A peer joined our mesh: tell observers, protect its connection. */
  | { type: 'reportGraft', peer: PeerIdStr, topic: TopicStr, isOutbound: boolean }
  /** A peer left our mesh: tell observers, release its connection. */
  | { type: 'reportPrune', peer: PeerIdStr, topic: TopicStr, isOutbound: boolean }
  /** Something that a peer sent was dropped, `count` times: at most one per peer, reason and event. */
  | { type: 'reportDrop', peer: PeerIdStr, reason: DropReason, count: number }

/** Why the router dropped something that a peer sent. */
export type DropReason =
  | 'unknown-peer' | 'unjoined-topic' | 'own-message' | 'too-many-subscriptions' | 'invalid-topic'
  | 'too-many-ihave' | 'too-many-iwant' | 'graft-in-backoff' | 'graft-unknown-topic' | 'graft-floodsub'
  | 'validation-rejected' | 'validation-ignored' | 'validation-forged' | 'validation-timeout'
