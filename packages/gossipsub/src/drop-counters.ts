import type { BlacklistReason } from './blacklist.ts'
import type { NamingFailure } from './message-policy.ts'
import type { DialDropReason } from './net/dialer.ts'
import type { OutboxDropReason } from './net/outbox.ts'
import type { PeerRecordDropReason } from './net/peer-records.ts'
import type { DropReason } from './router/events.ts'
import type { ShapeDefect } from './wire/message.ts'

/** Why something was dropped. Those of the router are explained by their names; the rest by this list. */
export type DroppedReason =
  | DropReason
  /** A message whose fields do not fit the signature policy. */
  | ShapeDefect
  /** A message that waited for a peer that does not read fast enough; ids of an IWANT likewise. */
  | OutboxDropReason
  /** A frame that is longer than `maxInboundDataLength`, or has no valid length: the stream was reset. */
  | 'bad-frame'
  /** A frame that is no RPC. */
  | 'malformed-rpc'
  /** An RPC with more elements than `decodeRpcLimits` allows. */
  | 'rpc-over-limit'
  /** A message or subscription of a topic that is not in `allowedTopics`. */
  | 'topic-not-allowed'
  /** A message that `msgIdFn` threw on, or `inboundTransform`. */
  | NamingFailure
  /** A message that is larger than its topic's `maxMessageSize`. */
  | 'message-too-large'
  /** Dials and records of peer exchange. */
  | DialDropReason
  | PeerRecordDropReason
  /** Something of a peer that is blacklisted, or a message that it wrote. */
  | BlacklistReason

/** What was dropped, by reason. A reason that never occurred is absent. */
export type DropCounters = Readonly<Partial<Record<DroppedReason, number>>>

export class DropCounter {
  readonly #counts: Partial<Record<DroppedReason, number>> = {}

  /** A live view. */
  get counts (): DropCounters {
    return this.#counts
  }

  add (reason: DroppedReason, count: number = 1): void {
    if (count > 0) {
      this.#counts[reason] = (this.#counts[reason] ?? 0) + count
    }
  }
}
