import { Actions } from './actions.ts'
import { handleMessages, handleVerdict } from './forward.ts'
import { handleIHaves, handleIWants } from './gossip.ts'
import { handleGrafts, handlePrunes } from './graft-prune.ts'
import { heartbeat } from './heartbeat.ts'
import { join, leave } from './mesh.ts'
import { connectPeer, disconnectPeer } from './peer.ts'
import { publish } from './publish.ts'
import { createState, isSeen } from './state.ts'
import { handleSubscriptions } from './subscriptions.ts'
import type { Action, Event, PeerIdStr, TopicStr } from './events.ts'
import type { Random } from './random.ts'
import type { RouterState, Turn } from './state.ts'
import type { GossipsubParams } from '../params.ts'

export interface RouterInit {
  /** As `checkParams` returns them: the router trusts them. */
  params: GossipsubParams
  self: PeerIdStr
  random: Random
}

/**
 * The gossipsub router without any input or output: what happened goes in, what is to be done comes out, at once. The same
 * seed and the same events give the same actions.
 */
export class Router {
  private readonly state: RouterState

  constructor ({ params, self, random }: RouterInit) {
    this.state = createState(params, self, random)
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

  /** Whether a message with this id came by before, or was published by us; also while its verdict is awaited. */
  seen (id: Uint8Array): boolean {
    return isSeen(this.state, id)
  }
}

type EventOf<T extends Event['type']> = Extract<Event, { type: T }>

function dispatch (turn: Turn, event: Event): void {
  switch (event.type) {
    case 'peerConnected': connectPeer(turn, event.peer, event.features, event.isOutbound); break
    case 'peerDisconnected': disconnectPeer(turn, event.peer); break
    case 'rpcReceived': handleRpc(turn, event); break
    case 'messageValidated': handleVerdict(turn, event.id, event.verdict); break
    case 'messagePublished': publish(turn, event.message, event.floodPublish); break
    case 'topicJoined': join(turn, event.topic); break
    case 'topicLeft': leave(turn, event.topic); break
    case 'ticked': heartbeat(turn); break
    default: unreachable(event)
  }
}

function handleRpc (turn: Turn, { peer: id, subscriptions, messages, control }: EventOf<'rpcReceived'>): void {
  const peer = turn.state.peers.get(id)

  if (peer == null) {
    turn.actions.drop(id, 'unknown-peer')
    return
  }

  handleSubscriptions(turn, peer, subscriptions)
  handleMessages(turn, peer, messages)

  if (control != null) {
    handleIHaves(turn, peer, control.ihave)
    handleIWants(turn, peer, control.iwant)
    handleGrafts(turn, peer, control.graft)
    handlePrunes(turn, peer, control.prune)
  }
}

/** An event without a case does not compile. */
function unreachable (event: never): never {
  throw new TypeError(`Unknown event ${String(event)}`)
}
