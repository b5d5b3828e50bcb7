import type { PeerIdStr } from './events.ts'
import type { Random } from './random.ts'

/** A message and peers that it goes to. */
export interface Outgoing<M> {
  message: M
  peers: PeerIdStr[]
}

/**
 * The order in which the copies of many messages go out: a first copy of every message, then a second one of every message that
 * has one, and so on. Once each message has left the others can spread it, so a slow uplink is best spent on what nobody has yet.
 *
 * The messages of a round come in a random order, because others may publish the same batch. Whose turn it is to get a copy
 * is random as well, but leans towards peers that got few: the first copies shall not all wait in the queue of one peer.
 *
 * Reference: `MessageBatch` and `RoundRobinMessageIDScheduler` of go-libp2p-pubsub, which do not lean.
 *
 * @returns each pair of message and peer once; copies of one message that follow each other are one element
 */
export function inRarestFirstOrder<M> (batch: ReadonlyArray<Outgoing<M>>, random: Random): Array<Outgoing<M>> {
  const ordered: Array<Outgoing<M>> = []
  const copies = new Map<PeerIdStr, number>()
  let remaining = random.shuffle(batch.map(({ message, peers }) => ({ message, peers: [...new Set(peers)] })))

  while (remaining.length > 0) {
    remaining = remaining.filter(({ peers }) => peers.length > 0)

    for (const { message, peers } of remaining) {
      const peer = takePeer(peers, copies, random)

      copies.set(peer, (copies.get(peer) ?? 0) + 1)
      append(ordered, message, peer)
    }
  }

  return ordered
}

/** Of two peers drawn at random the one that got fewer copies: nearly as even as the least of all, and at a constant price. */
function takePeer (peers: PeerIdStr[], copies: ReadonlyMap<PeerIdStr, number>, random: Random): PeerIdStr {
  const one = random.below(peers.length)
  const other = random.below(peers.length)
  const taken = (copies.get(peers[other]) ?? 0) < (copies.get(peers[one]) ?? 0) ? other : one
  const peer = peers[taken]

  peers[taken] = peers[peers.length - 1]
  peers.pop()

  return peer
}

function append<M> (ordered: Array<Outgoing<M>>, message: M, peer: PeerIdStr): void {
  const last = ordered[ordered.length - 1]

  if (last?.message === message) {
    last.peers.push(peer)
  } else {
    ordered.push({ message, peers: [peer] })
  }
}
