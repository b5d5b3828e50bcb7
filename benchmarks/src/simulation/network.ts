/**
 * Routers in virtual time. The routers are those of the service; what is around them, the outbox, the connection, the way between two
 * regions and the validation, is a model of which `README.md` says what it leaves out.
 */
import { checkParams, createRandom, decodeIds, featuresOf, Router } from '@quicmesh/gossipsub/router'
import { createPeerScoreParams, createPeerScoreThresholds } from '@quicmesh/gossipsub/score'
import { EventQueue } from './event-queue.ts'
import { backoffSeconds, controlFrameBytes } from './frame-bytes.ts'
import { randomDials } from './graph.ts'
import { messageOf, SimulatedMessage, TOPIC } from './message.ts'
import { SimulatedNode } from './node.ts'
import { spreadFractions } from './regions.ts'
import { AWAY_MS } from './settings.ts'
import { Traffic } from './traffic.ts'
import { Uplink } from './uplink.ts'
import type { NetworkSettings } from './settings.ts'
import type { Transmission } from './uplink.ts'
import type { RPC } from '@quicmesh/gossipsub/message'
import type { Action, Control, Event, GossipsubParams, PeerFeatures, Random } from '@quicmesh/gossipsub/router'

/** The mesh of the other benchmarks: Ethereum's. */
const MESH = { D: 8, Dlo: 6, Dhi: 12 }

const TOPICS: ReadonlySet<string> = new Set([TOPIC])

const MS_PER_MINUTE = 60_000

type ActionOf<T extends Action['type']> = Extract<Action, { type: T }>
type RpcReceived = Extract<Event, { type: 'rpcReceived' }>

export class Network {
  readonly nodes: SimulatedNode[] = []
  readonly messages: SimulatedMessage[] = []
  readonly traffic = new Traffic()
  readonly params: GossipsubParams = checkParams(MESH)
  private readonly settings: NetworkSettings
  private readonly random: Random
  private readonly features: PeerFeatures
  private readonly queue = new EventQueue<() => void>()
  private readonly scoreParams = createPeerScoreParams()
  private readonly thresholds = createPeerScoreThresholds()
  private nowMs = 0

  /** Creates and connects the nodes; time has not begun. */
  constructor (settings: NetworkSettings) {
    this.settings = settings
    this.random = createRandom(settings.seed)
    this.features = featuresOf(`/meshsub/${settings.protocol}.0`)

    const kinds = spreadFractions(settings.nodes, this.random)
    spreadFractions(settings.nodes, this.random).forEach((region, index) => { this.addNode(index, { region, kind: kinds[index] }) })

    for (const { from, to } of randomDials(settings.nodes, settings.degree, this.random)) {
      this.connect(this.nodes[from], this.nodes[to])
    }
  }

  get now (): number {
    return this.nowMs
  }

  /** Let time pass. */
  run (ms: number): void {
    const endMs = this.nowMs + ms

    while (this.queue.nextAtMs <= endMs) {
      this.nowMs = this.queue.nextAtMs
      this.queue.pop()()
    }

    this.nowMs = endMs
  }

  /** Publishers for so many messages, of all regions and kinds in proportion to their weights. */
  publishers (count: number): SimulatedNode[] {
    const nodes = [...this.nodes].sort((a, b) => a.region - b.region || a.bytesPerMs - b.bytesPerMs)

    return spreadFractions(count, this.random).map(fraction => nodes[Math.floor(fraction * nodes.length)])
  }

  /** Have a node publish a message after a while, or another one when it is not up then. */
  publishAfter (delayMs: number, node: SimulatedNode): void {
    this.after(delayMs, () => { this.publish(node.isUp ? node : this.randomNode()) })
  }

  publish (node: SimulatedNode): SimulatedMessage {
    const { nodes, messageBytes: dataBytes } = this.settings
    const message = new SimulatedMessage({ number: this.messages.length, publisher: node.index, publishedAtMs: this.nowMs, nodes, dataBytes })
    this.messages.push(message)
    this.feed(node, { type: 'messagesPublished', messages: [message], floodPublish: false, lonelyTopics: TOPICS })

    return message
  }

  /** From now on nodes crash and come back. */
  startChurn (): void {
    const { nodes, churnPercentPerMinute } = this.settings

    if (churnPercentPerMinute > 0) {
      this.crashAfter(MS_PER_MINUTE / (nodes * churnPercentPerMinute / 100))
    }
  }

  // nodes

  private addNode (index: number, place: { region: number, kind: number }): void {
    const node = new SimulatedNode(index, this.createRouter(index), place)
    this.nodes.push(node)
    this.feed(node, { type: 'topicJoined', topic: TOPIC })
    this.tickAfter(node, this.random.next() * this.params.heartbeatInterval)
  }

  private createRouter (index: number): Router {
    const { params, scoreParams, thresholds } = this

    return new Router({ params, scoreParams, thresholds, self: String(index), random: createRandom(this.random.below(2 ** 32)) })
  }

  private tickAfter (node: SimulatedNode, delayMs: number): void {
    this.after(delayMs, () => {
      if (node.isUp) {
        this.feed(node, { type: 'ticked' })
      }

      this.tickAfter(node, this.params.heartbeatInterval)
    })
  }

  private connect (from: SimulatedNode, to: SimulatedNode): void {
    const { features } = this
    from.peers.add(to.index)
    to.peers.add(from.index)
    this.feed(from, { type: 'peerConnected', peer: to.id, features, origin: { isOutbound: true, ips: to.ips } })
    this.feed(to, { type: 'peerConnected', peer: from.id, features, origin: { isOutbound: false, ips: from.ips } })
  }

  private crashAfter (intervalMs: number): void {
    this.after(intervalMs, () => {
      this.crash(this.randomNode())
      this.crashAfter(intervalMs)
    })
  }

  private crash (node: SimulatedNode): void {
    node.upSinceMs = Infinity

    for (const index of node.peers) {
      const peer = this.nodes[index]
      peer.peers.delete(node.index)
      peer.uplink.forget(node.index)
      this.feed(peer, { type: 'peerDisconnected', peer: node.id })
    }

    node.peers.clear()
    this.after(AWAY_MS, () => { this.restart(node) })
  }

  private restart (node: SimulatedNode): void {
    const { nodes, degree } = this.settings
    node.router = this.createRouter(node.index)
    node.uplink = new Uplink(node.bytesPerMs)
    node.upSinceMs = this.nowMs
    this.feed(node, { type: 'topicJoined', topic: TOPIC })

    const others = this.nodes.filter(other => other.isUp && other !== node)

    for (const other of this.random.sample(others, Math.min(degree, nodes - 1))) {
      this.connect(node, other)
    }
  }

  private randomNode (): SimulatedNode {
    for (;;) {
      const node = this.nodes[this.random.below(this.nodes.length)]

      if (node.isUp) {
        return node
      }
    }
  }

  // events in, actions out

  private after (delayMs: number, run: () => void): void {
    this.queue.push(this.nowMs + delayMs, run)
  }

  private feed (node: SimulatedNode, event: Event): void {
    this.traffic.events++

    for (const action of node.router.handle(event, this.nowMs)) {
      this.execute(node, action)
    }
  }

  private execute (node: SimulatedNode, action: Action): void {
    switch (action.type) {
      case 'sendRpc': this.sendControl(node, action); break
      case 'sendMessage': this.sendMessage(node, action); break
      case 'cancelMessages': this.traffic.cancelled += node.uplink.cancel(Number(action.peer), action.ids); break
      case 'validate': this.validate(node, action.message.id); break
      case 'deliver': this.deliver(node, action); break
      case 'reportDrop': this.traffic.dropped += action.count; break
      default:
        // the other reports change nothing, and there is no peer exchange
    }
  }

  private validate (node: SimulatedNode, id: Uint8Array): void {
    const { router } = node

    this.after(this.settings.validationMs, () => {
      if (node.router === router && node.isUp) {
        this.feed(node, { type: 'messageValidated', id, verdict: 'accept' })
      }
    })
  }

  private deliver (node: SimulatedNode, { message: { encoded }, source }: ActionOf<'deliver'>): void {
    const message = messageOf(encoded)
    message.deliveredAtMs[node.index] = this.nowMs
    message.hops[node.index] = message.hops[Number(source)] + 1
  }

  // the way from node to node

  private sendControl (node: SimulatedNode, { peer, subscriptions = [], control }: ActionOf<'sendRpc'>): void {
    const to = this.nodes[Number(peer)]
    const bytes = controlFrameBytes(subscriptions, control)
    const event: RpcReceived = { type: 'rpcReceived', peer: node.id, subscriptions, messages: [], control: control == null ? undefined : received(control) }
    const departsAtMs = node.uplink.sendControl(bytes.frame, this.nowMs)
    const arrive = (): void => { this.arrive(node, to, bytes.frame, () => { this.feed(to, event) }) }
    const before = node.uplink.currentTo(to.index)

    this.traffic.controlFrames++
    this.traffic.controlBytes += bytes.frame
    this.traffic.gossipBytes += bytes.gossip
    this.traffic.idontwantBytes += bytes.idontwant
    this.traffic.overlayBytes += bytes.overlay

    if (before == null) {
      this.queue.push(departsAtMs + node.latencyMsTo(to), arrive)
    } else {
      before.followers.push(arrive)
    }
  }

  private sendMessage (node: SimulatedNode, { peers, message: { encoded }, reason }: ActionOf<'sendMessage'>): void {
    const message = messageOf(encoded)

    for (const peer of peers) {
      node.uplink.push({ to: Number(peer), message, reason, queuedAtMs: this.nowMs, followers: [] })
    }
    if (!node.uplink.isBusy) {
      this.sendNext(node)
    }
  }

  private sendNext (node: SimulatedNode): void {
    this.traffic.stale += node.uplink.dropOlder(this.params.maxForwardAge, this.nowMs)
    const next = node.uplink.next()

    if (next != null) {
      this.departAfter(node, next.transmission, next.durationMs)
    }
  }

  private departAfter (node: SimulatedNode, transmission: Transmission, delayMs: number): void {
    const { uplink } = node

    this.after(delayMs, () => {
      if (node.uplink !== uplink || !node.isUp) {
        return
      }

      const moreMs = uplink.takeDelayMs()

      if (moreMs > 0) {
        this.departAfter(node, transmission, moreMs)
      } else {
        this.depart(node, transmission)
        this.sendNext(node)
      }
    })
  }

  private depart (node: SimulatedNode, { to: index, message, reason, followers }: Transmission): void {
    const to = this.nodes[index]
    const { frameBytes } = message
    const delayMs = node.latencyMsTo(to) + this.windowDelayMs(node, to, frameBytes)

    this.traffic.messages++
    this.traffic.messageBytes += frameBytes
    this.traffic.replies += reason === 'iwant' ? 1 : 0
    this.after(delayMs, () => { this.arrive(node, to, frameBytes, () => { this.receiveMessage(to, node, message) }) })
    followers.forEach(arrive => { this.after(delayMs, arrive) })
  }

  /** How much longer a message takes that does not fit into the first window. */
  private windowDelayMs (from: SimulatedNode, to: SimulatedNode, bytes: number): number {
    // windows of 1, 2, 4, ... times the first one
    const roundTrips = Math.ceil(Math.log2(bytes / this.settings.windowBytes + 1)) - 1

    return Math.max(0, roundTrips) * (from.latencyMsTo(to) + to.latencyMsTo(from))
  }

  /** The last byte is at the receiver's downlink, which others use as well. What comes over a connection that is gone is lost. */
  private arrive (from: SimulatedNode, to: SimulatedNode, bytes: number, handle: () => void): void {
    const beganAtMs = this.nowMs - bytes / from.bytesPerMs
    to.downlinkFreeAtMs = Math.max(this.nowMs, Math.max(beganAtMs, to.downlinkFreeAtMs) + bytes / to.bytesPerMs)

    this.queue.push(to.downlinkFreeAtMs, () => {
      if (to.peers.has(from.index)) {
        handle()
      }
    })
  }

  /** As the service does: a copy is told by the key of its id, and does not become a message again. */
  private receiveMessage (node: SimulatedNode, from: SimulatedNode, message: SimulatedMessage): void {
    const key = node.router.hash.of(message.id)
    const event: RpcReceived = { type: 'rpcReceived', peer: from.id, subscriptions: [], messages: [] }

    if (node.router.seen(key)) {
      this.traffic.duplicates++
      event.duplicates = [{ key, topic: message.topic }]
    } else {
      event.messages.push(message)
    }

    this.feed(node, event)
  }
}

/** Control messages as the other side reads them. */
function received ({ ihave, iwant, graft, prune, idontwant }: Control): RPC.ControlMessage {
  return {
    ihave: ihave.map(({ topic, ids }) => ({ topicID: topic, messageIDs: decodeIds(ids) })),
    iwant,
    graft,
    prune: prune.map(({ topic, backoffMs }) => ({ topicID: topic, backoff: backoffMs == null ? undefined : backoffSeconds(backoffMs), peers: [] })),
    idontwant
  }
}
