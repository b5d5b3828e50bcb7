import type { MessageId, PeerIdStr, RoutedMessage } from './events.ts'
import type { PeerState } from './peer.ts'
import type { Turn } from './state.ts'
import type { RPC } from '../wire/rpc.ts'

/** gossipsub-v1.2.md "Cancelling IWANT", "IDONTWANT Message": before validation, the mesh need not send us a large message again. */
export function tellUnwanted ({ state, actions }: Turn, { id, topic, encoded, author }: RoutedMessage, source: PeerIdStr): void {
  if (encoded.byteLength < state.params.idontwantMinDataSize) {
    return
  }

  for (const peer of state.mesh.get(topic) ?? []) {
    if (peer !== source && peer !== author && state.peers.get(peer)?.features.idontwant === true) {
      actions.idontwant(peer, id)
    }
  }
}

/** A peer told us what it does not want: it is remembered for a few heartbeats, and what waits for the peer is taken back. */
export function handleIDontWants ({ state, actions }: Turn, peer: PeerState, idontwants: RPC.ControlIDontWant[]): void {
  const ids: MessageId[] = []

  for (const id of idontwants.flatMap(idontwant => idontwant.messageIDs)) {
    if (!peer.unwanted.add(state.hash.of(id), state.params.idontwantMaxMessages)) {
      actions.drop(peer.id, 'too-many-idontwant')
      break
    }

    ids.push(id)
  }

  if (ids.length > 0) {
    state.choosy.add(peer.id)
    actions.push({ type: 'cancelMessages', peer: peer.id, ids })
  }
}
