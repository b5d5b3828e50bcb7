/**
 * One life of the service, from start to stop: the router and all that is around it. Streams and the application bring events; the
 * router answers with actions, which are executed here, in order.
 */
import { peerIdFromString } from '@libp2p/peer-id'
import { HeartbeatTimer } from './heartbeat-timer.ts'
import { InboundRpc } from './inbound-rpc.ts'
import { Inbox } from './net/inbox.ts'
import { Outbox } from './net/outbox.ts'
import { PeerStreams } from './net/peer-streams.ts'
import { Turn } from './net/turn.ts'
import { Validation } from './net/validation.ts'
import { featuresOf } from './protocols.ts'
import { createRandom } from './router/random.ts'
import { Router } from './router/router.ts'
import { UnreachablePeers } from './unreachable-peers.ts'
import { frameMessage } from './wire/encode.ts'
import type { DropCounter } from './drop-counters.ts'
import type { InboundRpcInit } from './inbound-rpc.ts'
import type { GossipSubComponents, GossipSubEvents, MeshPeer, Message } from './index.ts'
import type { Judge } from './judge.ts'
import type { MeshTags } from './mesh-tags.ts'
import type { MessagePolicy } from './message-policy.ts'
import type { PeerLink } from './net/peer-link.ts'
import type { ResolvedOptions } from './options.ts'
import type { Action, Event, PeerIdStr, RoutedMessage, TopicStr } from './router/events.ts'
import type { Connection, Logger, PeerId, Stream } from '@libp2p/interface'

export interface SessionInit {
  components: GossipSubComponents
  options: ResolvedOptions
  policy: MessagePolicy
  judge: Judge
  drops: DropCounter
  /** Absent when mesh peers are not to be tagged. */
  tags?: MeshTags
  log: Logger
  /** Nothing is built for an event that nobody listens to. */
  emit<K extends EventName>(type: K, detail: () => EventDetail<K>): void
}

export type EventName = keyof GossipSubEvents & string
export type EventDetail<K extends EventName> = GossipSubEvents[K] extends CustomEvent<infer T> ? T : never

type ActionOf<T extends Action['type']> = Extract<Action, { type: T }>
type EventOf<T extends Event['type']> = Extract<Event, { type: T }>

export class Session {
  readonly router: Router
  readonly #init: SessionInit
  readonly #streams: PeerStreams
  readonly #turn = new Turn()
  readonly #validation: Validation
  readonly #heartbeat: HeartbeatTimer
  readonly #unreachable: UnreachablePeers
  readonly #actions: Array<{ action: Action, event: Event }> = []
  #isExecuting = false
  #isOver = false
  #topologyIds: string[] = []
  readonly #handled: string[] = []

  constructor (init: SessionInit) {
    const { components, options } = init

    this.#init = init
    this.router = new Router({
      params: options.params,
      self: components.peerId.toString(),
      random: createRandom(crypto.getRandomValues(new Uint32Array(4)))
    })
    this.#streams = this.#createStreams()
    this.#validation = this.#createValidation()
    this.#unreachable = new UnreachablePeers(options.params.maxSubscriptionsPerPeer)
    this.#heartbeat = new HeartbeatTimer(options.params.heartbeatInterval, () => { this.#onHeartbeat() })
  }

  get peers (): Map<PeerIdStr, PeerId> {
    return this.#streams.peers
  }

  /** The same object as long as the peer is connected. */
  peerId (peer: PeerIdStr): PeerId {
    return this.#streams.peers.get(peer) ?? peerIdFromString(peer)
  }

  async start (): Promise<void> {
    this.#heartbeat.start(this.#init.options.params.heartbeatInitialDelay)
    await this.#register()
    await this.#addConnectedPeers()
  }

  /** Wait until what was published is handed to the streams, a second at most. */
  async drained (): Promise<void> {
    await this.#streams.drained()
  }

  async stop (): Promise<void> {
    const { components: { registrar }, tags } = this.#init

    this.#isOver = true
    this.#heartbeat.stop()
    await this.drained()
    this.#topologyIds.forEach(id => { registrar.unregister(id) })
    const unhandled = await Promise.allSettled(this.#handled.map(async protocol => { await registrar.unhandle(protocol) }))
    this.#untagMesh()
    await this.#streams.stop()
    this.#turn.cancel()
    await tags?.settled()

    const failed = unhandled.find(result => result.status === 'rejected')

    if (failed != null) {
      throw failed.reason
    }
  }

  /** The state changes at once; the actions follow those of the event that is being handled, if any. */
  feed (event: Event): Action[] {
    if (this.#isOver) {
      return []
    }

    const actions = this.router.handle(event, performance.now())

    for (const action of actions) {
      this.#actions.push({ action, event })
    }

    if (!this.#isExecuting) {
      this.#isExecuting = true

      try {
        for (let next = this.#actions.shift(); next != null && !this.#isOver; next = this.#actions.shift()) {
          this.#execute(next.action, next.event)
        }
      } finally {
        this.#isExecuting = false
      }
    }

    return actions
  }

  deliver (message: RoutedMessage, propagationSource: PeerId): void {
    const { emit, options, policy } = this.#init
    let msg: Message | undefined

    emit('gossipsub:message', () => {
      msg = policy.publicMessage(message)

      return { propagationSource, msgId: options.msgIdToStrFn(message.id), msg }
    })
    emit('message', () => msg ?? policy.publicMessage(message))
  }

  #execute (action: Action, event: Event): void {
    switch (action.type) {
      case 'sendRpc': this.#streams.get(action.peer)?.outbox.sendRpc(action.subscriptions, action.control); break
      case 'sendMessage': this.#sendMessage(action); break
      case 'validate': this.#validate(action); break
      case 'deliver': this.deliver(action.message, this.peerId(action.source)); break
      case 'reportDuplicate': this.#reportDuplicate(action); break
      case 'reportSubscriptions': this.#reportSubscriptions(action); break
      case 'reportGraft': this.#reportGraft(action, event); break
      case 'reportPrune': this.#reportPrune(action, event); break
      case 'reportDrop': this.#init.drops.add(action.reason, action.count); break
      default: unreachable(action)
    }
  }

  #sendMessage ({ peers, message, reason }: ActionOf<'sendMessage'>): void {
    const frame = frameMessage(message.encoded)

    for (const peer of peers) {
      this.#streams.get(peer)?.outbox.sendMessage(frame, reason)
    }
  }

  #validate ({ message, source }: ActionOf<'validate'>): void {
    this.#validation.settle(message, this.#init.judge.judge(message, this.peerId(source)), performance.now())
  }

  #reportDuplicate ({ message, source }: ActionOf<'reportDuplicate'>): void {
    this.#init.emit('gossipsub:duplicate', () => ({
      propagationSource: this.peerId(source),
      msgId: this.#init.options.msgIdToStrFn(message.id),
      topic: message.topic
    }))
  }

  #reportSubscriptions ({ peer, subscriptions }: ActionOf<'reportSubscriptions'>): void {
    this.#init.emit('subscription-change', () => ({ peerId: this.peerId(peer), subscriptions }))
  }

  /** A peer joins our mesh by its GRAFT or by ours. */
  #reportGraft ({ peer, topic }: ActionOf<'reportGraft'>, event: Event): void {
    const isByPeer = event.type === 'rpcReceived' && event.control?.graft.some(({ topicID }) => topicID === topic) === true

    this.#init.tags?.add(this.peerId(peer), topic)
    this.#init.emit('gossipsub:graft', () => meshPeer(peer, topic, isByPeer))
  }

  /** A peer leaves our mesh by what it does or by what we do. */
  #reportPrune ({ peer, topic }: ActionOf<'reportPrune'>, event: Event): void {
    const isByPeer = (event.type === 'rpcReceived' || event.type === 'peerDisconnected') && event.peer === peer

    this.#init.tags?.remove(this.peerId(peer), topic)
    this.#init.emit('gossipsub:prune', () => meshPeer(peer, topic, isByPeer))
  }

  #onHeartbeat (): void {
    this.#validation.expire(performance.now())
    this.feed({ type: 'ticked' })
    this.#init.emit('gossipsub:heartbeat', () => undefined)
  }

  // peers

  async #register (): Promise<void> {
    const { components: { registrar }, options } = this.#init
    const { protocols, maxInboundStreams, maxOutboundStreams, runOnLimitedConnection } = options

    const onStream = (stream: Stream, connection: Connection): void => { this.#streams.accept(stream, connection) }
    const topology = {
      notifyOnLimitedConnection: runOnLimitedConnection,
      onConnect: (peerId: PeerId): void => { this.#streams.add(peerId) },
      onDisconnect: (peerId: PeerId): void => { void this.#checkDisconnected(peerId) }
    }

    for (const protocol of protocols) {
      await registrar.handle(protocol, onStream, { maxInboundStreams, maxOutboundStreams, runOnLimitedConnection })
      this.#handled.push(protocol)
      this.#topologyIds.push(await registrar.register(protocol, topology))
    }
  }

  /** The registrar tells of peers that are identified from now on. The others are found here. */
  async #addConnectedPeers (): Promise<void> {
    const connections = this.#init.components.connectionManager.getConnections()
    const peers = new Map(connections.map(({ remotePeer }) => [remotePeer.toString(), remotePeer]))

    await Promise.all([...peers.values()].map(async peerId => {
      if (await this.#speaksOurProtocols(peerId)) {
        this.#streams.add(peerId)
      }
    }))
  }

  /** It may have another connection, or have dropped but one of our protocols. */
  async #checkDisconnected (peerId: PeerId): Promise<void> {
    if (!this.#streams.isConnected(peerId) || !await this.#speaksOurProtocols(peerId)) {
      this.#streams.forget(peerId)
    }
  }

  async #speaksOurProtocols (peerId: PeerId): Promise<boolean> {
    try {
      const { protocols } = await this.#init.components.peerStore.get(peerId)

      return this.#init.options.protocols.some(protocol => protocols.includes(protocol))
    } catch {
      // not identified
      return false
    }
  }

  #onReadable (link: PeerLink, protocol: string): void {
    // what we negotiated ourselves counts more than what the peer chose
    if (link.outbound == null && !this.#unreachable.has(link.id)) {
      this.#connect(link, protocol)
    }
  }

  #onWritable (link: PeerLink, protocol: string): void {
    const announced = this.#unreachable.take(link.id)
    this.#connect(link, protocol)

    if (announced != null) {
      this.feed({ type: 'rpcReceived', peer: link.id, subscriptions: announced, messages: [] })
    }
  }

  #connect (link: PeerLink, protocol: string): void {
    const isOutbound = this.#streams.isOutbound(link.peerId)
    this.feed({ type: 'peerConnected', peer: link.id, features: featuresOf(protocol), isOutbound })
  }

  #onUnreachable (link: PeerLink): void {
    this.#unreachable.add(link.id, this.router.topics)
    this.feed({ type: 'peerDisconnected', peer: link.id })
  }

  #onGone (link: PeerLink): void {
    this.#unreachable.take(link.id)
    this.feed({ type: 'peerDisconnected', peer: link.id })
  }

  #onRpc (event: EventOf<'rpcReceived'>): void {
    if (!this.#unreachable.has(event.peer)) {
      this.feed(event)
      return
    }

    this.#unreachable.update(event.peer, event.subscriptions)

    if (event.messages.length > 0) {
      this.#init.drops.add('unreachable-peer', event.messages.length)
    }
  }

  #untagMesh (): void {
    for (const [topic, peers] of this.router.mesh) {
      for (const peer of peers) {
        this.#init.tags?.remove(this.peerId(peer), topic)
      }
    }
  }

  // parts

  #createStreams (): PeerStreams {
    const { components, options, drops, log } = this.#init

    return new PeerStreams({
      connectionManager: components.connectionManager,
      protocols: options.protocols,
      maxFrameBytes: options.maxInboundDataLength,
      maxOutboundStreams: options.maxOutboundStreams,
      runOnLimitedConnection: options.runOnLimitedConnection,
      log,
      createInbox: link => this.#createInbox(link),
      createOutbox: () => new Outbox({
        turn: this.#turn,
        maxBytes: options.maxOutboundBufferSize,
        onDrop: (reason, count) => { drops.add(reason, count) },
        onWriteError: (stream, err) => { stream.abort(err) }
      }),
      onReadable: (link, protocol) => { this.#onReadable(link, protocol) },
      onWritable: (link, protocol) => { this.#onWritable(link, protocol) },
      onUnreachable: link => { this.#onUnreachable(link) },
      onGone: link => { this.#onGone(link) },
      onBadFrame: (link, err) => {
        log('bad frame from %p - %e', link.peerId, err)
        drops.add('bad-frame')
      }
    })
  }

  #createInbox (link: PeerLink): Inbox {
    const { options, policy, drops } = this.#init
    const init: InboundRpcInit = {
      limits: options.decodeRpcLimits,
      policy,
      allowedTopics: options.allowedTopics,
      seen: id => this.router.seen(id),
      onRpc: event => { this.#onRpc(event) },
      onDrop: reason => { drops.add(reason) }
    }

    return new Inbox({
      turn: this.#turn,
      createJob: frame => new InboundRpc(link.id, frame, init),
      isBlocked: () => this.#validation.isFull,
      onPause: () => { link.pauseReading() },
      onResume: () => { link.resumeReading() }
    })
  }

  #createValidation (): Validation {
    const { maxPendingValidations, maxPendingValidationBytes, validationTimeout } = this.#init.options.params

    return new Validation({
      // below the limits of the router, which would drop what exceeds them
      maxPending: Math.ceil(maxPendingValidations / 2),
      maxPendingBytes: Math.ceil(maxPendingValidationBytes / 2),
      timeoutMs: validationTimeout,
      onVerdict: ({ id }, verdict) => { this.feed({ type: 'messageValidated', id, verdict }) },
      onRoom: () => {
        for (const link of this.#streams) {
          link.inbox.resume()
        }
      }
    })
  }
}

function meshPeer (peerId: PeerIdStr, topic: TopicStr, isByPeer: boolean): MeshPeer {
  return { peerId, topic, direction: isByPeer ? 'inbound' : 'outbound' }
}

/** An action without a case does not compile. */
function unreachable (action: never): never {
  throw new TypeError(`Unknown action ${String(action)}`)
}
