import { directSubscribers } from './direct.ts'
import { tellUnwanted } from './idontwant.ts'
import { punishInvalid, scoreOf } from './scoring.ts'
import { IGNORED, INVALID, VALID } from './seen-cache.ts'
import { isSeen } from './state.ts'
import type { Duplicate, PeerIdStr, RoutedMessage, TopicStr, Verdict } from './events.ts'
import type { IdKey } from './message-id.ts'
import type { PeerState } from './peer.ts'
import type { PendingValidation } from './pending-validations.ts'
import type { RouterState, Turn } from './state.ts'

/** Messages arrived from a peer (gossipsub-v1.0.md "Message Processing"): the new ones of our topics go to validation. */
export function handleMessages (turn: Turn, peer: PeerState, messages: RoutedMessage[]): void {
  for (const message of messages) {
    handleMessage(turn, peer, message)
  }
}

/** Copies that were recognised as such before they came here. */
export function handleDuplicates (turn: Turn, peer: PeerState, duplicates: Duplicate[]): void {
  for (const { key, topic } of duplicates) {
    const delayMs = countDuplicate(turn, peer, topic, key)
    turn.actions.push({ type: 'reportDuplicate', topic, source: peer.id, delayMs })
  }
}

/** Messages that broke the signature policy, by topic (gossipsub-v1.1.md "Score Function", P4). */
export function handleInvalidMessages (turn: Turn, peer: PeerState, topics: TopicStr[]): void {
  for (const topic of topics) {
    punishInvalid(turn, peer.id, topic)
  }
}

/** The verdict is out: a valid message is cached, delivered and forwarded, any other one is dropped. */
export function handleVerdict (turn: Turn, id: Uint8Array, verdict: Verdict): void {
  const { state } = turn
  const pending = state.pending.take(state.hash.of(id))

  if (pending == null) {
    return
  }

  switch (verdict) {
    case 'accept': accept(turn, pending); break
    case 'reject': reject(turn, pending); break
    case 'ignore': ignore(turn, pending); break
    case 'forged': forget(turn, pending); break
    default: unreachable(verdict)
  }
}

/** Messages whose verdict took too long count as ignored; a late verdict finds nothing any more. */
export function ignoreOverdueMessages (turn: Turn): void {
  giveUpOn(turn, turn.state.pending.takeOverdue(turn.now))
}

function handleMessage (turn: Turn, peer: PeerState, message: RoutedMessage): void {
  const { state, now, actions } = turn
  const key = state.hash.of(message.id)

  if (message.author === state.self) {
    refuseOwnMessage(turn, peer, message, key)
  } else if (isSeen(state, key)) {
    const delayMs = countDuplicate(turn, peer, message.topic, key)
    actions.push({ type: 'reportDuplicate', id: message.id, topic: message.topic, source: peer.id, delayMs })
  } else if (!state.subscriptions.has(message.topic)) {
    actions.drop(peer.id, 'unjoined-topic')
  } else {
    giveUpOn(turn, state.pending.add(message, key, peer.id, now))
    tellUnwanted(turn, message, peer.id)
    actions.push({ type: 'validate', message, source: peer.id })
  }
}

/** Our own message come back is harmless; one that claims to be ours and is not is a forgery. */
function refuseOwnMessage (turn: Turn, peer: PeerState, message: RoutedMessage, key: IdKey): void {
  turn.actions.drop(peer.id, 'own-message')

  if (!isSeen(turn.state, key)) {
    punishInvalid(turn, peer.id, message.topic)
  }
}

/**
 * A copy counts as delivered when it comes before the verdict or little later, and as invalid when the message is. Returns how long after the
 * verdict it came, ms, when it counts as delivered.
 */
function countDuplicate (turn: Turn, peer: PeerState, topic: TopicStr, key: IdKey): number | undefined {
  const { state, now } = turn

  if (state.pending.addSource(key, peer.id)) {
    return
  }

  if (state.seen.status(key) === INVALID) {
    punishInvalid(turn, peer.id, topic)
    return
  }

  const delivery = state.deliveries.count(key, peer.id)

  if (delivery != null) {
    const delayMs = now - delivery.validatedAt
    state.scores.onDuplicateDelivery(peer.id, delivery.topic, delayMs)

    return delayMs
  }
}

function accept (turn: Turn, pending: PendingValidation): void {
  const { state, now, actions } = turn
  const { message, key, sources } = pending
  const { topic } = message

  state.seen.add(key, VALID, now)
  state.promises.fulfil(key)
  countDeliveries(turn, topic, sources)
  state.deliveries.add({ key, topic, validatedAt: now, peers: sources }, now)

  // the application left the topic while it made up its mind
  if (!state.subscriptions.has(topic)) {
    return
  }

  state.messages.put(message, key)

  const peers = forwardTargets(turn, pending)

  // before it is delivered: the next hop should not wait for our application
  if (peers.length > 0) {
    actions.push({ type: 'sendMessage', peers, message, reason: 'forward' })
  }

  actions.push({ type: 'deliver', message, source: sources[0] })
}

/** gossipsub-v1.1.md "Score Function", P2 and P3: the first to send it, and those who sent it while it was validated. */
function countDeliveries ({ state }: Turn, topic: TopicStr, sources: PeerIdStr[]): void {
  state.scores.onFirstDelivery(sources[0], topic)

  for (let i = 1; i < sources.length; i++) {
    state.scores.onDuplicateDelivery(sources[i], topic, 0)
  }
}

/** All who sent it are to blame. */
function reject (turn: Turn, { message, key, sources }: PendingValidation): void {
  const { state, now, actions } = turn

  state.seen.add(key, INVALID, now)
  state.promises.fulfil(key)
  sources.forEach(peer => { punishInvalid(turn, peer, message.topic) })
  actions.drop(sources[0], 'validation-rejected')
}

function ignore ({ state, now, actions }: Turn, { key, sources }: PendingValidation): void {
  state.seen.add(key, IGNORED, now)
  state.promises.fulfil(key)
  actions.drop(sources[0], 'validation-ignored')
}

/**
 * The true message may hide among the duplicates that were passed over meanwhile: ask one of those who sent them. A promise to
 * deliver it still stands.
 */
function forget (turn: Turn, { message, sources }: PendingValidation): void {
  const { state, actions } = turn
  const others = sources.slice(1).filter(peer => state.peers.has(peer))

  punishInvalid(turn, sources[0], message.topic)
  actions.drop(sources[0], 'validation-forged')

  if (others.length > 0) {
    actions.iwant(others[state.random.below(others.length)], [message.id])
  }
}

function giveUpOn ({ state, now, actions }: Turn, overdue: readonly PendingValidation[]): void {
  for (const { key, sources } of overdue) {
    state.seen.add(key, IGNORED, now)
    state.promises.fulfil(key)
    actions.drop(sources[0], 'validation-timeout')
  }
}

/**
 * Direct and floodsub subscribers and the mesh, without those that have the message (whoever sent it and whoever wrote it) and
 * those that do not want it.
 */
function forwardTargets (turn: Turn, pending: PendingValidation): PeerIdStr[] {
  const { state } = turn
  const { topic } = pending.message
  const targets: PeerIdStr[] = []

  for (const peer of state.mesh.get(topic) ?? []) {
    if (isWithout(state, peer, pending)) {
      targets.push(peer)
    }
  }
  for (const peer of state.subscribers.floodsubPeers(topic)) {
    if (isWithout(state, peer, pending) && !state.direct.has(peer) && scoreOf(turn, peer) >= state.thresholds.publishThreshold) {
      targets.push(peer)
    }
  }
  for (const peer of directSubscribers(state, topic)) {
    if (isWithout(state, peer, pending)) {
      targets.push(peer)
    }
  }

  return targets
}

/** It has not got the message, as far as we know, and may want it. */
function isWithout (state: RouterState, peer: PeerIdStr, { message: { author }, key, sources }: PendingValidation): boolean {
  return peer !== author && !sources.includes(peer) && !(state.choosy.size > 0 && state.choosy.has(peer) && isUnwanted(state, peer, key))
}

function isUnwanted (state: RouterState, peer: PeerIdStr, key: IdKey): boolean {
  return state.peers.get(peer)?.unwanted.has(key) === true
}

/** A verdict without a case does not compile. */
function unreachable (verdict: never): never {
  throw new TypeError(`Unknown verdict ${String(verdict)}`)
}
