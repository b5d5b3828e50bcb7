/**
 * How long frames are on a stream, the length prefix included, as the codec writes them (a test compares it with `RPC.encode`), without
 * writing them: rpc.proto's fields have tags of one byte each.
 */
import type { RPC } from '@quicmesh/gossipsub/message'
import type { Control } from '@quicmesh/gossipsub/router'

/** A message under StrictNoSign: data and topic, nothing else. */
export function encodedMessageBytes (dataBytes: number, topic: string): number {
  return fieldBytes(dataBytes) + textBytes(topic)
}

/** The frame around one encoded message. */
export function messageFrameBytes (encodedBytes: number): number {
  return prefixed(fieldBytes(encodedBytes))
}

/** The elements of a frame without messages, by what they are for. */
export interface ControlBytes {
  /** IHAVE and IWANT. */
  gossip: number
  idontwant: number
  /** GRAFT, PRUNE and subscriptions. */
  overlay: number
  /** Everything, with what is around the elements. */
  frame: number
}

/** For peers that are named in no PRUNE: the simulation has no peer exchange. */
export function controlFrameBytes (subscriptions: RPC.SubOpts[], control?: Control): ControlBytes {
  const subscriptionBytes = sum(subscriptions, ({ subscribe, topic }) => fieldBytes((subscribe == null ? 0 : 2) + (topic == null ? 0 : textBytes(topic))))

  if (control == null) {
    return { gossip: 0, idontwant: 0, overlay: subscriptionBytes, frame: prefixed(subscriptionBytes) }
  }

  const ihave = sum(control.ihave, ({ topic, ids }) => fieldBytes(textBytes(topic) + sum(ids.parts, ({ length }) => length)))
  const iwant = sum(control.iwant, ({ messageIDs }) => fieldBytes(sum(messageIDs, ({ length }) => fieldBytes(length))))
  const idontwant = sum(control.idontwant, ({ messageIDs }) => fieldBytes(sum(messageIDs, ({ length }) => fieldBytes(length))))
  const graft = sum(control.graft, ({ topicID }) => fieldBytes(topicID == null ? 0 : textBytes(topicID)))
  const prune = sum(control.prune, ({ topic, backoffMs }) => fieldBytes(textBytes(topic) + (backoffMs == null ? 0 : 1 + varintBytes(backoffSeconds(backoffMs)))))

  return {
    gossip: ihave + iwant,
    idontwant,
    overlay: subscriptionBytes + graft + prune,
    frame: prefixed(subscriptionBytes + fieldBytes(ihave + iwant + idontwant + graft + prune))
  }
}

/** A backoff as the wire has it: seconds, rounded up. */
export function backoffSeconds (backoffMs: number): number {
  return Math.ceil(backoffMs / 1_000)
}

function textBytes (text: string): number {
  return fieldBytes(Buffer.byteLength(text))
}

/** Tag, length and content. */
function fieldBytes (bytes: number): number {
  return 1 + prefixed(bytes)
}

function prefixed (bytes: number): number {
  return varintBytes(bytes) + bytes
}

function varintBytes (value: number): number {
  let bytes = 1

  for (let rest = value; rest >= 0x80; rest /= 0x80) {
    bytes++
  }

  return bytes
}

function sum <T> (items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}
