import { punishBehaviour, scoreOf } from './scoring.ts'
import { isSeen, meshParamsOf } from './state.ts'
import type { MessageId, PeerIdStr, TopicStr } from './events.ts'
import type { IdKey } from './message-id.ts'
import type { PeerState } from './peer.ts'
import type { Turn } from './state.ts'
import type { RPC } from '../wire/rpc.ts'

/** A peer told us what it has (gossipsub-v1.0.md "Message Processing", IHAVE): ask for what we have not seen. */
export function handleIHaves (turn: Turn, peer: PeerState, ihaves: RPC.ControlIHave[]): void {
  const { state, now, actions } = turn
  const { maxIHaveLength, maxIHaveMessages } = state.params

  if (ihaves.length === 0 || !mayGossip(turn, peer)) {
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
    // in random order, so any one of them will do
    state.promises.add(state.hash.of(wanted[0]), peer.id, now)
  }
}

/** A peer asks for messages (gossipsub-v1.0.md "Message Processing", IWANT): it gets those that the cache holds. */
export function handleIWants (turn: Turn, peer: PeerState, iwants: RPC.ControlIWant[]): void {
  const { state, actions } = turn
  const replies = new Set<IdKey>()

  if (iwants.length === 0 || !mayGossip(turn, peer)) {
    return
  }

  for (const id of iwants.flatMap(iwant => iwant.messageIDs)) {
    if (peer.idsLookedUp >= state.params.maxIWantLength) {
      actions.drop(peer.id, 'too-many-iwant')
      break
    }

    peer.idsLookedUp++
    const key = state.hash.of(id)

    // an id may be named twice in a frame
    if (replies.has(key) || peer.unwanted.has(key)) {
      continue
    }

    const message = state.messages.take(id, peer.id, key)

    if (message != null) {
      replies.add(key)
      actions.push({ type: 'sendMessage', peers: [peer.id], message, reason: 'iwant' })
    }
  }
}

/** A peer that announced a message and did not send it when asked (gossipsub-v1.1.md "Spam Protection Measures", IHAVE Spam). */
export function punishBrokenPromises (turn: Turn): void {
  const { state, now, actions } = turn

  for (const [peer, count] of state.promises.takeBroken(now, key => state.pending.has(key))) {
    // also when it has left: to reconnect is no way around it
    punishBehaviour(turn, peer, count)
    actions.penalty(peer, 'broken-promise', count)
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

function emitGossipFor (turn: Turn, topic: TopicStr, members: Set<PeerIdStr>): void {
  const { state, actions } = turn
  const { gossipFactor, maxIHaveLength } = state.params

  if (!state.messages.hasGossip(topic)) {
    return
  }

  const count = Math.max(meshParamsOf(state, topic).Dlazy, Math.floor(gossipFactor * eligibleCount(turn, topic, members)))
  const isEligible = (peer: PeerIdStr): boolean =>
    !members.has(peer) && !state.direct.has(peer) && scoreOf(turn, peer) >= state.thresholds.gossipThreshold

  for (const peer of state.subscribers.sample(topic, count, state.random, isEligible)) {
    actions.ihave(peer, topic, state.messages.gossipSample(topic, maxIHaveLength, state.random))
  }
}

/** Subscribers that get no full messages from us; those of too low a score are counted all the same, because to ask each would take long. */
function eligibleCount ({ state }: Turn, topic: TopicStr, members: ReadonlySet<PeerIdStr>): number {
  let count = state.subscribers.meshCapableCount(topic)

  for (const peers of [members, state.direct]) {
    for (const peer of peers) {
      count -= state.subscribers.isMeshCapable(topic, peer) ? 1 : 0
    }
  }

  return count
}

/** gossipsub-v1.1.md "Score Thresholds", gossipThreshold: below it no gossip is taken and none is answered. */
function mayGossip (turn: Turn, peer: PeerState): boolean {
  const isGood = scoreOf(turn, peer.id) >= turn.state.thresholds.gossipThreshold

  if (!isGood) {
    turn.actions.drop(peer.id, 'low-score-gossip')
  }

  return isGood
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

      const key = state.hash.of(id)

      if (!isSeen(state, key)) {
        unseen.set(key, id)
      }
    }
  }

  return [...unseen.values()]
}
