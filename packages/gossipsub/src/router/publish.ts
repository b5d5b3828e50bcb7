import { fanoutFor } from './fanout.ts'
import type { PeerIdStr, RoutedMessage, TopicStr } from './events.ts'
import type { Turn } from './state.ts'

/** A message of our own (gossipsub-v1.0.md "Message Processing", at its end). Goes out even when there is nobody to go to. */
export function publish (turn: Turn, message: RoutedMessage, floodPublish: boolean): void {
  const { state, now, actions } = turn

  state.seen.add(message.id, now)
  state.messages.put(message)

  const peers = new Set(state.subscribers.floodsubPeers(message.topic))

  for (const peer of meshsubRecipients(turn, message.topic, floodPublish)) {
    peers.add(peer)
  }

  actions.push({ type: 'sendMessage', peers: [...peers], message, reason: 'publish' })
}

function meshsubRecipients (turn: Turn, topic: TopicStr, floodPublish: boolean): Iterable<PeerIdStr> {
  const { state } = turn
  const members = state.mesh.get(topic)

  if (floodPublish) {
    return [...state.subscribers.all(topic), ...(members ?? [])]
  }

  return members == null ? fanoutFor(turn, topic) : meshAndMore(turn, topic, members)
}

/** With too few peers in the mesh a message of our own could get stuck: up to D subscribers get it. */
function meshAndMore ({ state }: Turn, topic: TopicStr, members: Set<PeerIdStr>): PeerIdStr[] {
  const { subscribers, random, params } = state

  return [
    ...members,
    ...subscribers.sample(topic, params.D - members.size, random, peer => !members.has(peer))
  ]
}
