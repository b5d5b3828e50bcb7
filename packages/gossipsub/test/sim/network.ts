import { checkParams } from '../../src/params.ts'
import { decodeIds } from '../../src/router/encoded-ids.ts'
import { createRandom } from '../../src/router/random.ts'
import { controlToWire } from '../../src/wire-control.ts'
import { createRouter, versions } from '../router/create-router.ts'
import { Schedule } from './schedule.ts'
import type { GossipsubParams } from '../../src/params.ts'
import type { Action, CachedMessage, Control, Event, PeerIdStr, RoutedMessage, SendReason, TopicStr } from '../../src/router/events.ts'
import type { Random } from '../../src/router/random.ts'
import type { Router } from '../../src/router/router.ts'
import type { RPC } from '../../src/wire/rpc.ts'
import type { RouterOptions } from '../router/create-router.ts'

export const TOPIC = 'topic'

const MIN_LATENCY_MS = 1
const MAX_LATENCY_MS = 100

/** For how long a node thinks about a message before the verdict. */
const MAX_VALIDATION_MS = 20

/** A message on its way over a link. */
export interface Push {
  from: PeerIdStr
  to: PeerIdStr
  message: RoutedMessage
  reason: SendReason
}

/** One router, whose heartbeats are out of step with those of the others, and what it delivered. */
export interface SimNode {
  readonly id: PeerIdStr
  /** What it speaks; to be changed before it is connected. */
  version: Version
  /** Where it is connected from; to be changed before it is connected. */
  ips: string[]
  router: Router
  isUp: boolean
  /** How often each message was delivered to the application. */
  readonly deliveries: Map<RoutedMessage, number>
}

/**
 * Routers that talk to each other in virtual time, over links with latency that keep the order of frames. The same seed
 * gives the same run.
 */
export class Network {
  readonly nodes: SimNode[] = []
  readonly random: Random
  readonly params: GossipsubParams
  /** All messages that went over a link. */
  readonly pushes: Push[] = []
  /** All actions of all routers as text, in order. */
  readonly trace: string[] = []
  /** Links on which a message gets lost. */
  isLost: (push: Push) => boolean = () => false
  /** What the application of a node thinks of a message. */
  verdictOf: (node: SimNode, message: RoutedMessage) => 'accept' | 'reject' = () => 'accept'

  private readonly options: RouterOptions
  private readonly schedule = new Schedule()
  private readonly links = new Map<string, Link>()
  private readonly messages = new Map<string, RoutedMessage>()
  private messageCount = 0

  constructor (seed: number, size: number, params: Partial<GossipsubParams> = {}, options: RouterOptions = {}) {
    this.options = options
    this.random = createRandom(seed)
    this.params = checkParams(params)

    for (let i = 0; i < size; i++) {
      this.addNode(`node${i}`)
    }
  }

  get now (): number {
    return this.schedule.now
  }

  /** Let time pass. */
  run (ms: number): void {
    this.schedule.run(ms)
  }

  /** Connect each node to so many random others at least. */
  connectRandomly (degree: number): void {
    for (const node of this.nodes.filter(node => node.isUp)) {
      this.connectToOthers(node, degree)
    }
  }

  connectToOthers (node: SimNode, degree: number): void {
    const others = this.nodes.filter(other => other !== node && other.isUp && !this.links.has(linkKey(node, other)))

    for (const other of this.random.sample(others, degree - this.neighbours(node).length)) {
      this.connect(node, other)
    }
  }

  connect (a: SimNode, b: SimNode): void {
    const latencyMs = MIN_LATENCY_MS + this.random.below(MAX_LATENCY_MS - MIN_LATENCY_MS)
    const link = { latencyMs, ends: [a, b] }
    this.links.set(linkKey(a, b), link)
    const features = versions[olderOf(a.version, b.version)]
    this.feed(a, { type: 'peerConnected', peer: b.id, features, origin: { isOutbound: true, ips: b.ips } })
    this.feed(b, { type: 'peerConnected', peer: a.id, features, origin: { isOutbound: false, ips: a.ips } })
  }

  disconnect (a: SimNode, b: SimNode): void {
    this.links.delete(linkKey(a, b))
    this.feed(a, { type: 'peerDisconnected', peer: b.id })
    this.feed(b, { type: 'peerDisconnected', peer: a.id })
  }

  /** The node vanishes with all it knew. */
  crash (node: SimNode): void {
    this.neighbours(node).forEach(other => { this.disconnect(node, other) })
    node.isUp = false
  }

  restart (node: SimNode): void {
    node.router = this.createRouter(node.id)
    node.isUp = true
  }

  neighbours (node: SimNode): SimNode[] {
    return [...this.links.values()].filter(link => link.ends.includes(node)).flatMap(link => link.ends.filter(end => end !== node))
  }

  join (node: SimNode, topic: TopicStr = TOPIC): void {
    this.feed(node, { type: 'topicJoined', topic })
  }

  leave (node: SimNode, topic: TopicStr = TOPIC): void {
    this.feed(node, { type: 'topicLeft', topic })
  }

  publish (node: SimNode, topic: TopicStr = TOPIC, bytes = 100): RoutedMessage {
    const message: RoutedMessage = {
      id: new TextEncoder().encode(`id-${this.messageCount++}`),
      topic,
      author: node.id,
      message: { topic },
      encoded: new Uint8Array(bytes)
    }
    this.messages.set(String(message.id), message)
    this.feed(node, { type: 'messagesPublished', messages: [message], floodPublish: false, lonelyTopics: new Set([topic]) })

    return message
  }

  /** The nodes other than the author that did not get the message exactly once. */
  missed (message: RoutedMessage, nodes = this.nodes): PeerIdStr[] {
    return nodes
      .filter(node => node.id !== message.author && node.deliveries.get(message) !== 1)
      .map(node => `${node.id} got ${node.deliveries.get(message) ?? 0}`)
  }

  meshOf (node: SimNode, topic: TopicStr = TOPIC): Set<PeerIdStr> {
    return node.router.mesh.get(topic) ?? new Set()
  }

  private addNode (id: PeerIdStr): void {
    const node: SimNode = { id, version: 'v1.2', ips: [], router: this.createRouter(id), isUp: true, deliveries: new Map() }
    this.nodes.push(node)
    this.tickLater(node, this.random.below(this.params.heartbeatInterval))
  }

  private createRouter (self: PeerIdStr): Router {
    return createRouter(self, this.params, createRandom(this.random.below(2 ** 32)), this.options)
  }

  private tickLater (node: SimNode, delayMs: number): void {
    this.schedule.after(delayMs, () => {
      if (node.isUp) {
        this.feed(node, { type: 'ticked' })
      }
      this.tickLater(node, this.params.heartbeatInterval)
    })
  }

  private feed (node: SimNode, event: Event): void {
    for (const action of node.router.handle(event, this.now)) {
      this.trace.push(`${this.now} ${node.id} ${asText(action)}`)
      this.execute(node, action)
    }
  }

  private execute (node: SimNode, action: Action): void {
    switch (action.type) {
      case 'sendRpc':
        this.transmit(node, action.peer, {
          type: 'rpcReceived',
          peer: node.id,
          subscriptions: action.subscriptions ?? [],
          messages: [],
          control: action.control == null ? undefined : received(action.control)
        })
        break
      case 'sendMessage':
        action.peers.forEach(peer => { this.push({ from: node.id, to: peer, message: this.messageOf(action.message), reason: action.reason }, node) })
        break
      case 'connectPeers':
        action.peers.forEach(({ peerID = new Uint8Array(0) }) => { this.connectByExchange(node, new TextDecoder().decode(peerID)) })
        break
      case 'validate':
        this.validate(node, node.router, action.message)
        break
      case 'deliver':
        node.deliveries.set(action.message, (node.deliveries.get(action.message) ?? 0) + 1)
        break
      default:
        // reports change nothing
    }
  }

  private connectByExchange (node: SimNode, id: PeerIdStr): void {
    const other = this.nodes.find(other => other.id === id && other !== node && other.isUp)

    if (other != null && !this.links.has(linkKey(node, other))) {
      this.connect(node, other)
    }
  }

  private validate (node: SimNode, router: Router, message: RoutedMessage): void {
    this.schedule.after(this.random.below(MAX_VALIDATION_MS), () => {
      if (node.isUp && node.router === router) {
        this.feed(node, { type: 'messageValidated', id: message.id, verdict: this.verdictOf(node, message) })
      }
    })
  }

  private messageOf ({ id }: CachedMessage): RoutedMessage {
    const message = this.messages.get(String(id))

    if (message == null) {
      throw new Error('A message that nobody published')
    }

    return message
  }

  private push (push: Push, node: SimNode): void {
    if (!this.isLost(push)) {
      this.pushes.push(push)
      this.transmit(node, push.to, { type: 'rpcReceived', peer: node.id, subscriptions: [], messages: [push.message] })
    }
  }

  /** What is on its way when a link goes down does not arrive. */
  private transmit (from: SimNode, to: PeerIdStr, event: Event): void {
    const key = [from.id, to].sort().join(' ')
    const link = this.links.get(key)
    const target = link?.ends.find(node => node.id === to)

    if (link == null || target == null) {
      throw new Error(`${from.id} writes to ${to} without a connection`)
    }

    this.schedule.after(link.latencyMs, () => {
      if (this.links.get(key) === link) {
        this.feed(target, event)
      }
    })
  }
}

/** Control messages as the other side reads them. */
function received (control: Control): RPC.ControlMessage {
  const wire = controlToWire(control, peer => ({ peerID: new TextEncoder().encode(peer) }))

  return { ...wire, ihave: control.ihave.map(({ topic, ids }) => ({ topicID: topic, messageIDs: decodeIds(ids) })) }
}

type Version = keyof typeof versions

/** The newest first. */
const ladder: Version[] = ['v1.2', 'v1.1', 'v1.0', 'floodsub']

/** What two nodes speak with each other. */
function olderOf (a: Version, b: Version): Version {
  return ladder[Math.max(ladder.indexOf(a), ladder.indexOf(b))]
}

interface Link {
  latencyMs: number
  ends: SimNode[]
}

function linkKey (a: SimNode, b: SimNode): string {
  return [a.id, b.id].sort().join(' ')
}

function asText (action: Action): string {
  return JSON.stringify(action, (_, value: unknown) => value instanceof Uint8Array ? value.toString() : value)
}
