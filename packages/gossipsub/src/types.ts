/**
 * The types, and a few values, that applications name: sub-path `./types`.
 */
import { TopicValidatorResult } from './topic-validator.ts'
import type { Message } from './index.ts'
import type { RPC } from './wire/rpc.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** A message id as text. */
export type MsgIdStr = string

/** A peer id as text. */
export type PeerIdStr = string

export type TopicStr = string

/** An IP address as text. */
export type IPStr = string

export interface AddrInfo {
  id: PeerId
  addrs: Multiaddr[]
}

/**
 * A message id that is cheap and only local: it tells duplicates apart and never goes over the wire. The bytes of the message are only lent:
 * what is to be kept must be copied.
 */
export interface FastMsgIdFn {
  (msg: RPC.Message): string | number
}

/** The text of a message id. */
export interface MsgIdToStrFn {
  (msgId: Uint8Array): string
}

/**
 * The id of a message as IHAVE and IWANT carry it. All peers of a topic must agree on it. The bytes of the message are only lent, unless they
 * come from `inboundTransform`: what is to be kept must be copied.
 */
export interface MsgIdFn {
  (msg: Message): Promise<Uint8Array> | Uint8Array
}

/** What happens to data between the application and the wire, compression for instance. The data are only lent: what is to be kept must be copied. */
export interface DataTransform {
  inboundTransform(topic: TopicStr, data: Uint8Array): Uint8Array
  outboundTransform(topic: TopicStr, data: Uint8Array): Uint8Array
}

export enum SignaturePolicy {
  StrictSign = 'StrictSign',
  StrictNoSign = 'StrictNoSign'
}

/** Options of one `publish`; what is absent is taken from the options of the service. */
export interface PublishOpts {
  /** Resolve even if nobody we know is subscribed to the topic. */
  allowPublishToZeroTopicPeers?: boolean
  /** Resolve with no recipients, instead of rejecting, when the message was seen before. */
  ignoreDuplicatePublishError?: boolean
  /** Accepted and without effect: a message is always encoded once and never waits for control messages. */
  batchPublish?: boolean
  /** Send to all subscribers, not only to the mesh. */
  floodPublish?: boolean
}

export enum PublishConfigType {
  Signing = 0,
  Anonymous = 1
}

export type PublishConfig =
  | { type: PublishConfigType.Signing, author: PeerId, key: Uint8Array, privateKey: PrivateKey }
  | { type: PublishConfigType.Anonymous }

/** Why a message was refused. */
export enum RejectReason {
  /** It did not pass the checks of the protocol. */
  Error = 'error',
  /** The application said `Ignore`. */
  Ignore = 'ignore',
  /** The application said `Reject`. */
  Reject = 'reject',
  /** Its sender or author is not wanted. */
  Blacklisted = 'blacklisted'
}

export type RejectReasonObj =
  | { reason: RejectReason.Error, error: ValidateError }
  | { reason: Exclude<RejectReason, RejectReason.Error> }

/** Which check of the protocol a message did not pass. */
export enum ValidateError {
  InvalidSignature = 'invalid_signature',
  InvalidSeqno = 'invalid_seqno',
  InvalidPeerId = 'invalid_peerid',
  SignaturePresent = 'signature_present',
  SeqnoPresent = 'seqno_present',
  FromPresent = 'from_present',
  TransformFailed = 'transform_failed'
}

export enum MessageStatus {
  duplicate = 'duplicate',
  invalid = 'invalid',
  valid = 'valid'
}

/** A message id as bytes and as text. */
export interface MessageId {
  msgId: Uint8Array
  msgIdStr: MsgIdStr
}

export function rejectReasonFromAcceptance (acceptance: Exclude<TopicValidatorResult, TopicValidatorResult.Accept>): RejectReason.Ignore | RejectReason.Reject {
  return acceptance === TopicValidatorResult.Ignore ? RejectReason.Ignore : RejectReason.Reject
}
