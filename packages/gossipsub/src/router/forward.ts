import { isSeen } from './state.ts'
import type { PeerIdStr, RoutedMessage, Verdict } from './events.ts'
import type { PeerState } from './peer.ts'
import type { PendingValidation } from './pending-validations.ts'
import type { Turn } from './state.ts'

/** Messages arrived from a peer (gossipsub-v1.0.md "Message Processing"): the new ones of our topics go to validation. */
export function handleMessages (turn: Turn, peer: PeerState, messages: RoutedMessage[]): void {
  for (const message of messages) {
    handleMessage(turn, peer, message)
  }
}

/** The verdict is out: a valid message is cached, delivered and forwarded, any other one is dropped. */
export function handleVerdict (turn: Turn, id: Uint8Array, verdict: Verdict): void {
  const { state, now, actions } = turn
  const pending = state.pending.take(id)

  if (pending == null) {
    return
  }
  if (verdict === 'forged') {
    forget(turn, pending)
    return
  }

  state.seen.add(id, now)

  if (verdict === 'accept') {
    accept(turn, pending)
  } else {
    actions.drop(pending.sources[0], verdict === 'reject' ? 'validation-rejected' : 'validation-ignored')
  }
}

/** Messages whose verdict took too long count as ignored; a late verdict finds nothing any more. */
export function ignoreOverdueMessages (turn: Turn): void {
  giveUpOn(turn, turn.state.pending.takeOverdue(turn.now))
}

function handleMessage (turn: Turn, peer: PeerState, message: RoutedMessage): void {
  const { state, now, actions } = turn

  if (message.author === state.self) {
    actions.drop(peer.id, 'own-message')
  } else if (isSeen(state, message.id)) {
    state.pending.addSource(message.id, peer.id)
    actions.push({ type: 'reportDuplicate', message, source: peer.id })
  } else if (!state.subscriptions.has(message.topic)) {
    actions.drop(peer.id, 'unjoined-topic')
  } else {
    giveUpOn(turn, state.pending.add(message, peer.id, now))
    actions.push({ type: 'validate', message, source: peer.id })
  }
}

function accept (turn: Turn, { message, sources }: PendingValidation): void {
  const { state, actions } = turn

  // the application left the topic while it made up its mind
  if (!state.subscriptions.has(message.topic)) {
    return
  }

  state.messages.put(message)

  const peers = forwardTargets(turn, message, sources)

  // before it is delivered: the next hop should not wait for our application
  if (peers.length > 0) {
    actions.push({ type: 'sendMessage', peers, message, reason: 'forward' })
  }

  actions.push({ type: 'deliver', message, source: sources[0] })
}

/** Floodsub subscribers and the mesh, without those that have the message: whoever sent it and whoever wrote it. */
function forwardTargets ({ state }: Turn, { topic, author }: RoutedMessage, sources: PeerIdStr[]): PeerIdStr[] {
  const targets: PeerIdStr[] = []

  for (const peers of [state.subscribers.floodsubPeers(topic), state.mesh.get(topic) ?? []]) {
    for (const peer of peers) {
      if (peer !== author && !sources.includes(peer)) {
        targets.push(peer)
      }
    }
  }

  return targets
}

/** The true message may hide among the duplicates that were passed over meanwhile: ask one of those who sent them. */
function forget (turn: Turn, { message, sources }: PendingValidation): void {
  const { state, actions } = turn
  const others = sources.slice(1).filter(peer => state.peers.has(peer))

  actions.drop(sources[0], 'validation-forged')

  if (others.length > 0) {
    actions.iwant(others[state.random.below(others.length)], [message.id])
  }
}

function giveUpOn ({ state, now, actions }: Turn, overdue: PendingValidation[]): void {
  for (const { message, sources } of overdue) {
    state.seen.add(message.id, now)
    actions.drop(sources[0], 'validation-timeout')
  }
}
