/**
 * Trace events as the JSON tracer of go-libp2p-pubsub writes them: the fields of its `trace.proto` by name, bytes as base64 with padding, what
 * is absent or an empty list left out. Tools that read its traces read ours.
 */

/** Bytes as base64. The bytes of a peer id are its multihash. */
export type Base64 = string

export const TraceType = Object.freeze({
  PUBLISH_MESSAGE: 0,
  REJECT_MESSAGE: 1,
  DUPLICATE_MESSAGE: 2,
  DELIVER_MESSAGE: 3,
  ADD_PEER: 4,
  REMOVE_PEER: 5,
  RECV_RPC: 6,
  SEND_RPC: 7,
  DROP_RPC: 8,
  JOIN: 9,
  LEAVE: 10,
  GRAFT: 11,
  PRUNE: 12
})

/** What happened: one field beside the common ones, named after the type. */
export type TraceDetail =
  /** We published a message. */
  | { type: typeof TraceType.PUBLISH_MESSAGE, publishMessage: TracedMessage }
  /** A message was dropped before or by its validation. */
  | { type: typeof TraceType.REJECT_MESSAGE, rejectMessage: { messageID?: Base64, receivedFrom: Base64, reason: string, topic: string } }
  /** A message came that was seen before. */
  | { type: typeof TraceType.DUPLICATE_MESSAGE, duplicateMessage: { messageID?: Base64, receivedFrom: Base64, topic: string } }
  /** A message was found valid; one of our own is so at once, and we are who it was received from. */
  | { type: typeof TraceType.DELIVER_MESSAGE, deliverMessage: { messageID?: Base64, topic: string, receivedFrom: Base64 } }
  /** A peer that speaks one of our protocols came. */
  | { type: typeof TraceType.ADD_PEER, addPeer: { peerID: Base64, proto?: string } }
  /** It is gone, and with it its places in our meshes. */
  | { type: typeof TraceType.REMOVE_PEER, removePeer: { peerID: Base64 } }
  /** A peer sent this. */
  | { type: typeof TraceType.RECV_RPC, recvRPC: { receivedFrom: Base64, meta: RpcMeta } }
  /** This was queued for a peer. */
  | { type: typeof TraceType.SEND_RPC, sendRPC: { sendTo: Base64, meta: RpcMeta } }
  /** This was queued for a peer and will not be sent. */
  | { type: typeof TraceType.DROP_RPC, dropRPC: { sendTo: Base64, meta: RpcMeta } }
  /** We subscribed. */
  | { type: typeof TraceType.JOIN, join: { topic: string } }
  /** We unsubscribed. */
  | { type: typeof TraceType.LEAVE, leave: { topic: string } }
  /** A peer joined our mesh, by its wish or ours. */
  | { type: typeof TraceType.GRAFT, graft: { peerID: Base64, topic: string } }
  /** A peer left our mesh, by its wish or ours. */
  | { type: typeof TraceType.PRUNE, prune: { peerID: Base64, topic: string } }

export type TraceEvent = TraceDetail & {
  /** Whose trace it is: ourselves. */
  peerID: Base64
  /** Nanoseconds since 1970, as whole microseconds, which a number holds exactly enough to print. */
  timestamp: number
}

export interface TracedMessage {
  messageID?: Base64
  topic: string
}

/** What an RPC holds, without the data. */
export interface RpcMeta {
  messages?: TracedMessage[]
  subscription?: Array<{ subscribe?: boolean, topic?: string }>
  control?: {
    ihave?: Array<{ topic?: string, messageIDs?: Base64[] }>
    iwant?: Array<{ messageIDs?: Base64[] }>
    graft?: Array<{ topic?: string }>
    prune?: Array<{ topic?: string, peers?: Array<Base64 | null> }>
    idontwant?: Array<{ messageIDs?: Base64[] }>
  }
}
