import type { Control, PeerIdStr } from './router/events.ts'
import type { OutboundControl } from './wire/encode.ts'
import type { RPC } from './wire/rpc.ts'

/** Control messages as the wire has them: a backoff in seconds, and what the router knows by name of peers as bytes. */
export function controlToWire ({ ihave, iwant, graft, prune, idontwant }: Control, peerInfo: (peer: PeerIdStr) => RPC.PeerInfo): OutboundControl {
  return {
    ihave: ihave.map(({ topic, ids }) => ({ topicID: topic, encodedIds: ids.parts, count: ids.count })),
    iwant,
    graft,
    prune: prune.map(({ topic, backoffMs, peers }) => ({
      topicID: topic,
      backoff: backoffMs == null ? undefined : Math.ceil(backoffMs / 1_000),
      peers: peers.map(peerInfo)
    })),
    idontwant
  }
}
