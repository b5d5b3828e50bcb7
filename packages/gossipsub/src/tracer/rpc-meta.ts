import { decodeIds } from '../router/encoded-ids.ts'
import { toBase64, toField } from './base64.ts'
import type { Base64, RpcMeta } from './trace-event.ts'
import type { IHave, PeerIdStr, TopicStr } from '../router/events.ts'
import type { RPC } from '../wire/rpc.ts'

/** An RPC as it came or as the router wants it sent: the two have IHAVE and PRUNE in different forms. */
export interface TracedRpc {
  messages?: ReadonlyArray<{ id: Uint8Array, topic: TopicStr }>
  subscriptions?: readonly RPC.SubOpts[]
  control?: TracedControl
}

export interface TracedControl extends Omit<RPC.ControlMessage, 'ihave' | 'prune'> {
  ihave: ReadonlyArray<RPC.ControlIHave | IHave>
  prune: ReadonlyArray<RPC.ControlPrune | { topic: TopicStr, peers: readonly PeerIdStr[] }>
}

export function rpcMeta ({ messages, subscriptions, control }: TracedRpc, peerField: (peer: PeerIdStr) => Base64): RpcMeta {
  return {
    messages: list(messages, ({ id, topic }) => ({ messageID: toField(id), topic })),
    subscription: list(subscriptions, ({ subscribe, topic }) => ({ subscribe, topic })),
    control: control == null ? undefined : controlMeta(control, peerField)
  }
}

function controlMeta ({ ihave, iwant, graft, prune, idontwant }: TracedControl, peerField: (peer: PeerIdStr) => Base64): RpcMeta['control'] {
  return {
    ihave: list(ihave, ihave => 'ids' in ihave
      ? { topic: ihave.topic, messageIDs: list(decodeIds(ihave.ids), toBase64) }
      : { topic: ihave.topicID, messageIDs: list(ihave.messageIDs, toBase64) }),
    iwant: list(iwant, ({ messageIDs }) => ({ messageIDs: list(messageIDs, toBase64) })),
    graft: list(graft, ({ topicID }) => ({ topic: topicID })),
    prune: list(prune, prune => 'topic' in prune
      ? { topic: prune.topic, peers: list(prune.peers, peerField) }
      : { topic: prune.topicID, peers: list(prune.peers, ({ peerID }) => peerID == null ? null : toBase64(peerID)) }),
    idontwant: list(idontwant, ({ messageIDs }) => ({ messageIDs: list(messageIDs, toBase64) }))
  }
}

/** An empty list is left out. */
function list<From, To> (elements: readonly From[] | undefined, map: (element: From) => To): To[] | undefined {
  return elements == null || elements.length === 0 ? undefined : elements.map(element => map(element))
}
