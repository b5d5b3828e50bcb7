import { inRarestFirstOrder } from './batch.ts'
import { directSubscribers } from './direct.ts'
import { fanoutFor } from './fanout.ts'
import { tellUnwanted } from './idontwant.ts'
import { scoreOf } from './scoring.ts'
import { VALID } from './seen-cache.ts'
import { meshParamsOf } from './state.ts'
import type { Event, PeerIdStr, RoutedMessage, TopicStr } from './events.ts'
import type { Turn } from './state.ts'

/** Messages of our own (gossipsub-v1.0.md "Message Processing", at its end). */
export function publish (turn: Turn, { messages, floodPublish, lonelyTopics }: Published): void {
  const { state, now } = turn
  const outgoing = messages.map(message => ({ message, peers: recipients(turn, message, floodPublish) }))

  if (outgoing.some(({ message, peers }) => peers.length === 0 && !lonelyTopics.has(message.topic))) {
    return
  }

  for (const message of messages) {
    const key = state.hash.of(message.id)
    state.seen.add(key, VALID, now)
    state.messages.put(message, key)
    // a copy may come round by others before ours has reached them
    tellUnwanted(turn, message, state.self)
  }

  send(turn, outgoing)
}

type Published = Extract<Event, { type: 'messagesPublished' }>

interface Outgoing {
  message: RoutedMessage
  peers: PeerIdStr[]
}

function send ({ state, actions }: Turn, outgoing: Outgoing[]): void {
  const ordered = outgoing.length > 1 ? inRarestFirstOrder(outgoing, state.random) : outgoing

  for (const { message, peers } of ordered) {
    actions.push({ type: 'sendMessage', peers, message, reason: 'publish' })
  }
}

function recipients (turn: Turn, message: RoutedMessage, floodPublish: boolean): PeerIdStr[] {
  const { state } = turn
  const { topic } = message
  const key = state.hash.of(message.id)
  const peers = new Set(floodPublish ? goodSubscribers(turn, topic) : someSubscribers(turn, topic))

  for (const peer of directSubscribers(state, topic)) {
    peers.add(peer)
  }

  return [...peers].filter(peer => state.peers.get(peer)?.unwanted.has(key) !== true)
}

/** gossipsub-v1.1.md "Flood Publishing". */
function goodSubscribers (turn: Turn, topic: TopicStr): PeerIdStr[] {
  const { state } = turn

  return [...state.subscribers.all(topic)].filter(peer => isGood(turn, peer)).concat(...state.mesh.get(topic) ?? [])
}

function someSubscribers (turn: Turn, topic: TopicStr): PeerIdStr[] {
  const { state } = turn
  const members = state.mesh.get(topic)
  const floodsub = [...state.subscribers.floodsubPeers(topic)].filter(peer => isGood(turn, peer))

  return floodsub.concat(...members == null ? fanoutFor(turn, topic) : meshAndMore(turn, topic, members))
}

/** With too few peers in the mesh a message of our own could get stuck: up to D subscribers get it. */
function meshAndMore (turn: Turn, topic: TopicStr, members: Set<PeerIdStr>): PeerIdStr[] {
  const { subscribers, random } = turn.state
  const missing = meshParamsOf(turn.state, topic).D - members.size

  return [...members, ...subscribers.sample(topic, missing, random, peer => !members.has(peer) && isGood(turn, peer))]
}

/** gossipsub-v1.1.md "Score Thresholds", publishThreshold. */
function isGood (turn: Turn, peer: PeerIdStr): boolean {
  return scoreOf(turn, peer) >= turn.state.thresholds.publishThreshold
}
