import { Actions } from './actions.ts'
import { addDirectPeer, removeDirectPeer } from './direct.ts'
import { handleDuplicates, handleInvalidMessages, handleMessages, handleVerdict } from './forward.ts'
import { handleIHaves, handleIWants } from './gossip.ts'
import { handleGrafts, handlePrunes } from './graft-prune.ts'
import { heartbeat } from './heartbeat.ts'
import { handleIDontWants } from './idontwant.ts'
import { join, leave } from './mesh.ts'
import { connectPeer, disconnectPeer, loseWritability, movePeer } from './peer.ts'
import { publish } from './publish.ts'
import { isGraylisted, punishSlowness, scoreTopic } from './scoring.ts'
import { createState, isSeen, meshParamsOf } from './state.ts'
import { handleSubscriptions } from './subscriptions.ts'
import type { Action, Event, PeerIdStr, TopicStr } from './events.ts'
import type { IdHash, IdKey } from './message-id.ts'
import type { PeerState } from './peer.ts'
import type { PeerScores } from './score/peer-scores.ts'
import type { RouterInit, RouterState, Turn } from './state.ts'
import type { MeshParams } from '../params.ts'
import type { RPC } from '../wire/rpc.ts'

/**
 * The gossipsub router without any input or output: what happened goes in, what is to be done comes out, at once. The same
 * seed and the same events give the same actions.
 */
export class Router {
  private readonly state: RouterState

  constructor (init: RouterInit) {
    this.state = createState(init)
  }

  /**
   * @param event - what happened
   * @param now - ms, monotonic; where it begins does not matter
   * @returns what the shell must do, in order
   */
  handle (event: Event, now: number): Action[] {
    const turn = { state: this.state, now, actions: new Actions() }

    dispatch(turn, event)

    return turn.actions.list
  }

  /** Our mesh peers by joined topic: one key for each joined topic. A live view, not to be changed. */
  get mesh (): Map<TopicStr, Set<PeerIdStr>> {
    return this.state.mesh
  }

  /** The peers that get what we publish, by topic that we publish to and did not join. A live view, not to be changed. */
  get fanout (): Map<TopicStr, Set<PeerIdStr>> {
    return this.state.fanout
  }

  /** The subscribers that we know, by topic, as they announced it. A live view, not to be changed. */
  get topics (): Map<TopicStr, Set<PeerIdStr>> {
    return this.state.subscribers.topics
  }

  /** The topics that we joined. A live view, not to be changed. */
  get subscriptions (): Set<TopicStr> {
    return this.state.subscriptions
  }

  /** What peers are worth. Not to be changed. */
  get scores (): PeerScores {
    return this.state.scores
  }

  /** How many entries the router's tables have. */
  get sizes (): RouterSizes {
    const { seen, messages, pending, promises, backoff, scores, choosy } = this.state

    return {
      seenIds: seen.size,
      messages: messages.size,
      pendingValidations: pending.size,
      promises: promises.size,
      backoffs: backoff.size,
      scores: scores.size,
      choosyPeers: choosy.size
    }
  }

  /** What is left of the backoffs of connected peers, ms each. */
  backoffsMs (now: number): Iterable<number> {
    return this.state.backoff.remainingMs(now, peer => this.state.peers.has(peer))
  }

  meshParams (topic: TopicStr): MeshParams {
    return meshParamsOf(this.state, topic)
  }

  /** The topics that a peer announced; undefined when it is not known. A live view, not to be changed. */
  topicsOf (peer: PeerIdStr): Set<TopicStr> | undefined {
    return this.state.peers.get(peer)?.topics
  }

  /** Makes the keys of message ids, by which `seen` is asked. */
  get hash (): IdHash {
    return this.state.hash
  }

  /** Whether a message with this id came by before, or was published by us; also while its verdict is awaited. */
  seen (key: IdKey): boolean {
    return isSeen(this.state, key)
  }
}

export interface RouterSizes {
  seenIds: number
  messages: number
  pendingValidations: number
  promises: number
  backoffs: number
  /** Of connected peers and of those that left. */
  scores: number
  /** Peers that do not want some message. */
  choosyPeers: number
}

type EventOf<T extends Event['type']> = Extract<Event, { type: T }>

function dispatch (turn: Turn, event: Event): void {
  switch (event.type) {
    case 'peerConnected': connectPeer(turn, event.peer, event.features, event.origin); break
    case 'peerUnwritable': loseWritability(turn, event.peer); break
    case 'peerMoved': movePeer(turn, event.peer, event.origin); break
    case 'peerDisconnected': disconnectPeer(turn, event.peer); break
    case 'rpcReceived': handleRpc(turn, event); break
    case 'messageValidated': handleVerdict(turn, event.id, event.verdict); break
    case 'messagesPublished': publish(turn, event); break
    case 'directPeerAdded': addDirectPeer(turn, event.peer); break
    case 'directPeerRemoved': removeDirectPeer(turn, event.peer); break
    case 'peerSlow': punishSlowness(turn, event.peer, event.count); break
    case 'topicScored': scoreTopic(turn, event.topic, event.params); break
    case 'topicJoined': join(turn, event.topic); break
    case 'topicLeft': leave(turn, event.topic); break
    case 'ticked': heartbeat(turn); break
    default: unreachable(event)
  }
}

function handleRpc (turn: Turn, { peer: id, subscriptions, messages, duplicates, invalid, control }: EventOf<'rpcReceived'>): void {
  const peer = turn.state.peers.get(id)

  if (peer == null) {
    turn.actions.drop(id, 'unknown-peer')
    return
  }

  // also of a graylisted peer: it may better itself, and announces its topics only once
  handleSubscriptions(turn, peer, subscriptions)

  if (isGraylisted(turn, peer)) {
    turn.actions.drop(id, 'graylisted-peer')
    return
  }

  if (invalid != null) {
    handleInvalidMessages(turn, peer, invalid)
  }

  handleMessages(turn, peer, messages)

  if (duplicates != null) {
    handleDuplicates(turn, peer, duplicates)
  }

  if (control != null) {
    handleControl(turn, peer, control)
  }
}

function handleControl (turn: Turn, peer: PeerState, control: RPC.ControlMessage): void {
  if (peer.isWritable) {
    handleIHaves(turn, peer, control.ihave)
    handleIWants(turn, peer, control.iwant)
  }

  handleGrafts(turn, peer, control.graft)
  handlePrunes(turn, peer, control.prune)
  handleIDontWants(turn, peer, control.idontwant)
}

/** An event without a case does not compile. */
function unreachable (event: never): never {
  throw new TypeError(`Unknown event ${String(event)}`)
}
