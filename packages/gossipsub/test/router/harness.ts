import { checkParams } from '../../src/params.ts'
import { decodeIds } from '../../src/router/encoded-ids.ts'
import { createRandom } from '../../src/router/random.ts'
import { createRouter, versions } from './create-router.ts'
import type { RouterOptions } from './create-router.ts'
import type { GossipsubParams } from '../../src/params.ts'
import type { Action, DropReason, PeerIdStr, PenaltyReason, Prune, RoutedMessage, TopicStr, Verdict } from '../../src/router/events.ts'
import type { Router } from '../../src/router/router.ts'
import type { RPC } from '../../src/wire/rpc.ts'

export const SELF = 'self'
export const TOPIC = 'topic'

export type ActionOf<T extends Action['type']> = Extract<Action, { type: T }>

/** A router under test with its clock in our hands, and the words to talk to it. */
export class Harness {
  readonly router: Router
  readonly params: GossipsubParams
  now = 1_000

  constructor (params: Partial<GossipsubParams> = {}, { seed = 1, ...init }: HarnessInit = {}) {
    this.params = checkParams(params)
    this.router = createRouter(SELF, this.params, createRandom(seed), init)
  }

  connect (peer: PeerIdStr, { mesh = true, version = 'v1.2', isOutbound = false, ips = [] }: ConnectOptions = {}): Action[] {
    const features = versions[mesh ? version : 'floodsub']

    return this.router.handle({ type: 'peerConnected', peer, features, origin: { isOutbound, ips } }, this.now)
  }

  /** Connect mesh peers that subscribe to the topic. */
  connectSubscribers (peers: PeerIdStr[], topic: TopicStr = TOPIC, options: ConnectOptions = {}): void {
    for (const peer of peers) {
      this.connect(peer, options)
      this.subscribe(peer, topic)
    }
  }

  disconnect (peer: PeerIdStr): Action[] {
    return this.router.handle({ type: 'peerDisconnected', peer }, this.now)
  }

  subscribe (peer: PeerIdStr, ...topics: TopicStr[]): Action[] {
    return this.receive(peer, { subscriptions: topics.map(topic => ({ subscribe: true, topic })) })
  }

  unsubscribe (peer: PeerIdStr, ...topics: TopicStr[]): Action[] {
    return this.receive(peer, { subscriptions: topics.map(topic => ({ subscribe: false, topic })) })
  }

  receive (peer: PeerIdStr, rpc: ReceivedRpc): Action[] {
    return this.router.handle({
      type: 'rpcReceived',
      peer,
      subscriptions: rpc.subscriptions ?? [],
      messages: rpc.messages ?? [],
      invalid: rpc.invalid,
      control: rpc.control == null ? undefined : { ihave: [], iwant: [], graft: [], prune: [], idontwant: [], ...rpc.control }
    }, this.now)
  }

  message (peer: PeerIdStr, ...messages: RoutedMessage[]): Action[] {
    return this.receive(peer, { messages })
  }

  /** A message arrives and is found valid. Returns the actions of both. */
  validMessage (peer: PeerIdStr, message: RoutedMessage): Action[] {
    return [...this.message(peer, message), ...this.verdict(message, 'accept')]
  }

  graft (peer: PeerIdStr, ...topics: TopicStr[]): Action[] {
    return this.receive(peer, { control: { graft: topics.map(topicID => ({ topicID })) } })
  }

  prune (peer: PeerIdStr, topic: TopicStr, backoff?: number, peers: RPC.PeerInfo[] = []): Action[] {
    return this.receive(peer, { control: { prune: [{ topicID: topic, peers, backoff }] } })
  }

  idontwant (peer: PeerIdStr, messages: RoutedMessage[]): Action[] {
    return this.receive(peer, { control: { idontwant: [{ messageIDs: messages.map(message => message.id) }] } })
  }

  ihave (peer: PeerIdStr, topic: TopicStr, messages: RoutedMessage[]): Action[] {
    return this.receive(peer, { control: { ihave: [{ topicID: topic, messageIDs: messages.map(message => message.id) }] } })
  }

  iwant (peer: PeerIdStr, messages: RoutedMessage[]): Action[] {
    return this.receive(peer, { control: { iwant: [{ messageIDs: messages.map(message => message.id) }] } })
  }

  verdict (message: RoutedMessage, verdict: Verdict): Action[] {
    return this.router.handle({ type: 'messageValidated', id: message.id, verdict }, this.now)
  }

  publish (message: RoutedMessage, floodPublish = false): Action[] {
    return this.publishBatch([message], floodPublish)
  }

  publishBatch (messages: RoutedMessage[], floodPublish = false): Action[] {
    const lonelyTopics = new Set(messages.map(({ topic }) => topic))

    return this.router.handle({ type: 'messagesPublished', messages, floodPublish, lonelyTopics }, this.now)
  }

  addDirect (peer: PeerIdStr): Action[] {
    return this.router.handle({ type: 'directPeerAdded', peer }, this.now)
  }

  removeDirect (peer: PeerIdStr): Action[] {
    return this.router.handle({ type: 'directPeerRemoved', peer }, this.now)
  }

  /** Whether the router knows the message. */
  seen ({ id }: RoutedMessage): boolean {
    return this.router.seen(this.router.hash.of(id))
  }

  score (peer: PeerIdStr): number {
    return this.router.scores.score(peer)
  }

  join (topic: TopicStr = TOPIC): Action[] {
    return this.router.handle({ type: 'topicJoined', topic }, this.now)
  }

  leave (topic: TopicStr = TOPIC): Action[] {
    return this.router.handle({ type: 'topicLeft', topic }, this.now)
  }

  /** Let a heartbeat interval pass (or another time) and tick. */
  tick (afterMs = this.params.heartbeatInterval): Action[] {
    this.now += afterMs

    return this.router.handle({ type: 'ticked' }, this.now)
  }

  mesh (topic: TopicStr = TOPIC): PeerIdStr[] {
    return [...this.router.mesh.get(topic) ?? []]
  }

  fanout (topic: TopicStr = TOPIC): PeerIdStr[] {
    return [...this.router.fanout.get(topic) ?? []]
  }
}

export interface HarnessInit extends RouterOptions {
  seed?: number
}

export interface ConnectOptions {
  /** False: a floodsub peer. */
  mesh?: boolean
  version?: keyof typeof versions
  isOutbound?: boolean
  ips?: string[]
}

export interface ReceivedRpc {
  subscriptions?: RPC.SubOpts[]
  messages?: RoutedMessage[]
  invalid?: TopicStr[]
  control?: Partial<RPC.ControlMessage>
}

/** A message whose id says which one it is. */
export function createMessage (name: string | number, { topic = TOPIC, author = 'author' as PeerIdStr | undefined, bytes = 10 } = {}): RoutedMessage {
  return {
    id: new TextEncoder().encode(`id-${name}`),
    topic,
    author,
    message: { topic },
    encoded: new Uint8Array(bytes)
  }
}

export function createMessages (count: number, options?: Parameters<typeof createMessage>[1]): RoutedMessage[] {
  return Array.from({ length: count }, (_, i) => createMessage(i, options))
}

export function peerNames (count: number, prefix = 'peer'): PeerIdStr[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i}`)
}

export function only<T extends Action['type']> (actions: Action[], type: T): Array<ActionOf<T>> {
  return actions.filter((action): action is ActionOf<T> => action.type === type)
}

export function graftedPeers (actions: Action[], topic: TopicStr = TOPIC): PeerIdStr[] {
  return peersTold(actions, rpc => rpc.control?.graft.some(graft => graft.topicID === topic))
}

export function prunedPeers (actions: Action[], topic: TopicStr = TOPIC): PeerIdStr[] {
  return peersTold(actions, rpc => rpc.control?.prune.some(prune => prune.topic === topic))
}

/** The PRUNE of the topic that the peer is sent. */
export function pruneOf (actions: Action[], peer: PeerIdStr, topic: TopicStr = TOPIC): Prune | undefined {
  return only(actions, 'sendRpc')
    .filter(rpc => rpc.peer === peer)
    .flatMap(rpc => rpc.control?.prune ?? [])
    .find(prune => prune.topic === topic)
}

/** The peers that are told by IDONTWANT that we do not want the message. */
export function peersToldUnwanted (actions: Action[], message: RoutedMessage): PeerIdStr[] {
  return peersTold(actions, rpc => rpc.control?.idontwant.some(({ messageIDs }) => messageIDs.some(id => nameOf(id) === nameOf(message.id))))
}

/** How many penalties the peer got for the reason. */
export function penaltyCount (actions: Action[], reason: PenaltyReason, peer: PeerIdStr): number {
  return only(actions, 'reportPenalty')
    .filter(penalty => penalty.reason === reason && penalty.peer === peer)
    .reduce((sum, penalty) => sum + penalty.count, 0)
}

export function gossipedPeers (actions: Action[], topic: TopicStr = TOPIC): PeerIdStr[] {
  return peersTold(actions, rpc => rpc.control?.ihave.some(ihave => ihave.topic === topic))
}

/** The ids that the peer is asked for, as text. */
export function wantedIds (actions: Action[], peer: PeerIdStr): string[] {
  return only(actions, 'sendRpc')
    .filter(rpc => rpc.peer === peer)
    .flatMap(rpc => rpc.control?.iwant ?? [])
    .flatMap(iwant => iwant.messageIDs)
    .map(nameOf)
}

/** The ids that the peer is told of, as text. */
export function offeredIds (actions: Action[], peer: PeerIdStr): string[] {
  return only(actions, 'sendRpc')
    .filter(rpc => rpc.peer === peer)
    .flatMap(rpc => rpc.control?.ihave ?? [])
    .flatMap(ihave => decodeIds(ihave.ids))
    .map(nameOf)
}

/** An id as text. */
export function nameOf (id: Uint8Array): string {
  return new TextDecoder().decode(id)
}

export function recipients (actions: Action[]): PeerIdStr[] {
  return only(actions, 'sendMessage').flatMap(action => action.peers)
}

/** How often something of the peer was dropped for the reason. */
export function dropCount (actions: Action[], reason: DropReason, peer?: PeerIdStr): number {
  return only(actions, 'reportDrop')
    .filter(drop => drop.reason === reason && (peer == null || drop.peer === peer))
    .reduce((sum, drop) => sum + drop.count, 0)
}

/** The members of both lists. */
export function common <T> (one: readonly T[], other: readonly T[]): T[] {
  return one.filter(member => other.includes(member))
}

function peersTold (actions: Action[], matches: (rpc: ActionOf<'sendRpc'>) => boolean | undefined): PeerIdStr[] {
  return only(actions, 'sendRpc').filter(rpc => matches(rpc) === true).map(rpc => rpc.peer)
}
