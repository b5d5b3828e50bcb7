import { idKey } from './message-id.ts'
import { isSeen } from './state.ts'
import type { MessageId, PeerIdStr, TopicStr } from './events.ts'
import type { IdKey } from './message-id.ts'
import type { PeerState } from './peer.ts'
import type { Turn } from './state.ts'
import type { RPC } from '../wire/rpc.ts'

/** A peer told us what it has (gossipsub-v1.0.md "Message Processing", IHAVE): ask for what we have not seen. */
export function handleIHaves (turn: Turn, peer: PeerState, ihaves: RPC.ControlIHave[]): void {
  const { state, actions } = turn
  const { maxIHaveLength, maxIHaveMessages } = state.params

  if (ihaves.length === 0) {
    return
  }

  peer.ihaveCount++

  if (peer.ihaveCount > maxIHaveMessages || peer.idsAsked >= maxIHaveLength) {
    actions.drop(peer.id, 'too-many-ihave')
    return
  }

  const unseen = unseenIds(turn, peer, ihaves)
  const wanted = state.random.sample(unseen, maxIHaveLength - peer.idsAsked)

  if (wanted.length > 0) {
    peer.idsAsked += wanted.length
    actions.iwant(peer.id, wanted)
  }
}

/** A peer asks for messages (gossipsub-v1.0.md "Message Processing", IWANT): it gets those that the cache holds. */
export function handleIWants (turn: Turn, peer: PeerState, iwants: RPC.ControlIWant[]): void {
  const { state, actions } = turn
  const replies = new Set<MessageId>()

  for (const id of iwants.flatMap(iwant => iwant.messageIDs)) {
    if (peer.idsLookedUp >= state.params.maxIWantLength) {
      actions.drop(peer.id, 'too-many-iwant')
      break
    }

    peer.idsLookedUp++
    const cached = state.messages.get(id)

    // an id may be named twice in a frame
    if (cached == null || replies.has(cached.id)) {
      continue
    }

    replies.add(cached.id)
    const message = state.messages.take(id, peer.id)

    if (message != null) {
      actions.push({ type: 'sendMessage', peers: [peer.id], message, reason: 'iwant' })
    }
  }
}

/** gossipsub-v1.0.md "Gossip Emission": tell random subscribers that get no full messages from us what there is. */
export function emitGossip (turn: Turn): void {
  const { mesh, fanout } = turn.state

  for (const overlay of [mesh, fanout]) {
    for (const [topic, members] of overlay) {
      emitGossipFor(turn, topic, members)
    }
  }
}

function emitGossipFor ({ state, actions }: Turn, topic: TopicStr, members: Set<PeerIdStr>): void {
  const { Dlazy, gossipFactor, maxIHaveLength } = state.params
  const ids = state.messages.gossipIds(topic)

  if (ids.length === 0) {
    return
  }

  let eligible = state.subscribers.meshCapableCount(topic)

  for (const member of members) {
    eligible -= state.subscribers.isMeshCapable(topic, member) ? 1 : 0
  }

  const count = Math.max(Dlazy, Math.floor(gossipFactor * eligible))

  for (const peer of state.subscribers.sample(topic, count, state.random, peer => !members.has(peer))) {
    // each peer gets other ids when there are too many, so that together they learn of more
    const offered = ids.length > maxIHaveLength ? state.random.shuffle(ids, maxIHaveLength) : ids
    actions.ihave(peer, topic, offered.slice(0, maxIHaveLength))
  }
}

/** The ids in IHAVEs for our topics that are new to us, as far as the peer's allowance of ids to look at goes. */
function unseenIds ({ state, actions }: Turn, peer: PeerState, ihaves: RPC.ControlIHave[]): MessageId[] {
  const allowance = state.params.maxIHaveLength * state.params.maxIHaveMessages
  const unseen = new Map<IdKey, MessageId>()

  for (const { topicID: topic, messageIDs } of ihaves) {
    if (topic == null || !state.subscriptions.has(topic)) {
      continue
    }

    for (const id of messageIDs) {
      if (++peer.idsOffered > allowance) {
        actions.drop(peer.id, 'too-many-ihave')
        return [...unseen.values()]
      }
      if (!isSeen(state, id)) {
        unseen.set(idKey(id), id)
      }
    }
  }

  return [...unseen.values()]
}
