/**
 * The whole boundary of the router: what happened goes in as an `Event`, what must be done comes out as `Action`s.
 *
 * `router.handle(event, now)` is synchronous and pure but for its own state: no network, no clock, no chance, no
 * promises. Events are in the past tense, actions in the imperative. The shell (`session.ts`) feeds the one and
 * executes the other, in order.
 */
import type { EncodedIds } from './encoded-ids.ts'
import type { IdKey } from './message-id.ts'
import type { TopicScoreParams } from './score/params.ts'
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
  /** Understands backoff and peer exchange in PRUNE (gossipsub-v1.1.md "Prune Backoff and Peer Exchange"). */
  px: boolean
  /** Understands IDONTWANT (gossipsub-v1.2.md). */
  idontwant: boolean
}

/** What we know of a connected peer from its connections. */
export interface PeerOrigin {
  /** We dialled one of its connections: it counts for Dout. */
  isOutbound: boolean
  /** The IP addresses that it is connected from, as text. */
  ips: readonly string[]
}

/** Many bytes, in the pieces in which they arrived. `Uint8ArrayList` is such a thing. */
export interface BytesInPieces extends Iterable<MessageId> {
  readonly byteLength: number
}

/** What the message cache keeps of a message. The bytes are views that nobody writes to, valid for as long as they are held. */
export interface CachedMessage {
  readonly id: MessageId
  readonly topic: TopicStr
  /** The encoded `Message`, encoded once and shared by all recipients. */
  readonly encoded: MessageId | BytesInPieces
}

/** A message on its way through the router. The router reads it, shares it and never changes it. */
export interface RoutedMessage extends CachedMessage {
  /** The author, from the `from` field; absent under StrictNoSign. */
  readonly author?: PeerIdStr
  /** The decoded message: carried for the shell, not interpreted by the router. */
  readonly message: RPC.Message
}

/** A copy of a message of which no more is known than that. */
export interface Duplicate {
  readonly key: IdKey
  readonly topic: TopicStr
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
  | { type: 'peerConnected', peer: PeerIdStr, features: PeerFeatures, origin: PeerOrigin }
  /**
   * The stream to a peer could not be opened again for a while; `peerConnected` says that it can be written to once more. What it sends still
   * counts, but nothing should rely on it.
   */
  | { type: 'peerUnwritable', peer: PeerIdStr }
  /** A connection more or less to a peer that stays. */
  | { type: 'peerMoved', peer: PeerIdStr, origin: PeerOrigin }
  /** The last connection to the peer is gone. */
  | { type: 'peerDisconnected', peer: PeerIdStr }
  /** A frame arrived: its subscriptions, then its messages with their ids, then its control messages are handled. */
  | {
    type: 'rpcReceived'
    peer: PeerIdStr
    subscriptions: RPC.SubOpts[]
    messages: RoutedMessage[]
    /** Copies of messages that the router has `seen`, recognised before they were decoded. */
    duplicates?: Duplicate[]
    /** The topics of messages that broke the signature policy, once for each such message: it counts against the sender. */
    invalid?: TopicStr[]
    control?: RPC.ControlMessage
  }
  /** The answer to a `validate` action. A late or unknown id is harmless. */
  | { type: 'messageValidated', id: Uint8Array, verdict: Verdict }
  /**
   * The application published messages of its own, together. When one would reach nobody, and is of none of the `lonelyTopics`, nothing happens:
   * the application may try again.
   */
  | { type: 'messagesPublished', messages: RoutedMessage[], floodPublish: boolean, lonelyTopics: ReadonlySet<TopicStr> }
  /** The application wants the peer as a direct peer (gossipsub-v1.1.md "Explicit Peering Agreements"), connected or not. */
  | { type: 'directPeerAdded', peer: PeerIdStr }
  /** The application no longer wants it as a direct peer. */
  | { type: 'directPeerRemoved', peer: PeerIdStr }
  /** Messages for the peer were dropped, `count` of them, because it does not read fast enough. */
  | { type: 'peerSlow', peer: PeerIdStr, count: number }
  /** The application changed how peers are scored in a topic. */
  | { type: 'topicScored', topic: TopicStr, params: TopicScoreParams }
  /** The application subscribed to a topic: JOIN. Harmless when joined already. */
  | { type: 'topicJoined', topic: TopicStr }
  /** The application unsubscribed from a topic: LEAVE. Harmless when not joined. */
  | { type: 'topicLeft', topic: TopicStr }
  /** The heartbeat timer fired. */
  | { type: 'ticked' }

/** Why a message goes to a peer: the outbox decides by it what is sent first and what is dropped first. */
export type SendReason = 'publish' | 'forward' | 'iwant'

/** A PRUNE that we send. Peers that do not understand `backoffMs` and `peers` get it without them. */
export interface Prune {
  topic: TopicStr
  backoffMs?: number
  /** Other peers of the topic to connect to; the shell adds their signed records. */
  peers: PeerIdStr[]
}

/** An IHAVE that we send. */
export interface IHave {
  topic: TopicStr
  ids: EncodedIds
}

/** The control messages of one RPC that we send. */
export interface Control {
  ihave: IHave[]
  iwant: RPC.ControlIWant[]
  graft: RPC.ControlGraft[]
  prune: Prune[]
  idontwant: RPC.ControlIDontWant[]
}

export type Action =
  /** Send subscriptions and control messages: at most one per peer and event. Never dropped silently. */
  | { type: 'sendRpc', peer: PeerIdStr, subscriptions?: RPC.SubOpts[], control?: Control }
  /** Send a message to each of the peers: `message.encoded` as it is. For a message of our own the peers are the recipients. */
  | { type: 'sendMessage', peers: PeerIdStr[], message: CachedMessage, reason: SendReason }
  /** The peer does not want these messages: those of others that still wait for it need not be sent. */
  | { type: 'cancelMessages', peer: PeerIdStr, ids: MessageId[] }
  /** Connect to these peers, which a trusted peer named in a PRUNE (gossipsub-v1.1.md "Peer Exchange"). */
  | { type: 'connectPeers', source: PeerIdStr, peers: RPC.PeerInfo[] }
  /** Verify the signature and ask the application; answer with `messageValidated`. */
  | { type: 'validate', message: RoutedMessage, source: PeerIdStr }
  /** Hand a valid message of a joined topic to the application. */
  | { type: 'deliver', message: RoutedMessage, source: PeerIdStr }
  /**
   * Tell observers that a message was seen before; without its id when nobody asked for it. With how long after its verdict it came, ms, where
   * that counts for the score.
   */
  | { type: 'reportDuplicate', id?: MessageId, topic: TopicStr, source: PeerIdStr, delayMs?: number }
  /** Tell observers that a peer's subscriptions changed. */
  | { type: 'reportSubscriptions', peer: PeerIdStr, subscriptions: Array<{ topic: TopicStr, subscribe: boolean }> }
  /** A peer joined our mesh, by its GRAFT or by ours: tell observers, protect its connection. */
  | { type: 'reportGraft', peer: PeerIdStr, topic: TopicStr, isOutbound: boolean, isByPeer: boolean }
  /** A peer left our mesh: tell observers, release its connection. */
  | { type: 'reportPrune', peer: PeerIdStr, topic: TopicStr, isOutbound: boolean }
  /** A peer misbehaved `count` times: tell observers. */
  | { type: 'reportPenalty', peer: PeerIdStr, reason: PenaltyReason, count: number }
  /** Something that a peer sent was dropped, `count` times: at most one per peer, reason and event. */
  | { type: 'reportDrop', peer: PeerIdStr, reason: DropReason, count: number }

/** Why a peer got a behaviour penalty (gossipsub-v1.1.md "Score Function", P7). */
export type PenaltyReason = 'graft-in-backoff' | 'broken-promise'

/** Why the router dropped something that a peer sent. */
export type DropReason =
  | 'unknown-peer' | 'graylisted-peer' | 'low-score-gossip' | 'unjoined-topic' | 'own-message' | 'too-many-subscriptions' | 'invalid-topic'
  | 'too-many-ihave' | 'too-many-iwant' | 'too-many-idontwant' | 'low-score-px'
  | 'graft-in-backoff' | 'graft-unknown-topic' | 'graft-floodsub' | 'graft-unwritable' | 'graft-direct' | 'graft-low-score' | 'graft-full-mesh'
  | 'validation-rejected' | 'validation-ignored' | 'validation-forged' | 'validation-timeout'
