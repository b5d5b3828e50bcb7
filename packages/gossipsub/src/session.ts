/**
 * One life of the service, from start to stop: the router and all that is around it. Streams and the application bring events; the
 * router answers with actions, which `action-runner.ts` executes, in order.
 */
import { peerIdFromString } from '@libp2p/peer-id'
import { ActionRunner } from './action-runner.ts'
import { Exchange } from './exchange.ts'
import { FastIds } from './fast-ids.ts'
import { HeartbeatTimer } from './heartbeat-timer.ts'
import { InboundFilter } from './inbound-filter.ts'
import { InboundRpc } from './inbound-rpc.ts'
import { Inbox } from './net/inbox.ts'
import { Outbox } from './net/outbox.ts'
import { PeerStreams } from './net/peer-streams.ts'
import { Turn } from './net/turn.ts'
import { featuresOf } from './protocols.ts'
import { Reporter } from './reporter.ts'
import { createRandom } from './router/random.ts'
import { Router } from './router/router.ts'
import { ScoreInspector } from './score-inspector.ts'
import { StrictNoSign } from './signature-policy.ts'
import { Topology } from './topology.ts'
import { Tracer } from './tracer.ts'
import { Verdicts } from './verdicts.ts'
import type { Blacklist } from './blacklist.ts'
import type { DropCounter } from './drop-counters.ts'
import type { InboundRpcInit } from './inbound-rpc.ts'
import type { GossipSubComponents } from './index.ts'
import type { Judge } from './judge.ts'
import type { MessagePolicy } from './message-policy.ts'
import type { MetricsObserver } from './metrics/observer.ts'
import type { CacheName, MetricsSource } from './metrics/source.ts'
import type { PeerLink } from './net/peer-link.ts'
import type { WriteCounters } from './net/write-counters.ts'
import type { ResolvedOptions } from './options.ts'
import type { ReporterInit } from './reporter.ts'
import type { Action, Event, PeerIdStr, RoutedMessage, Verdict } from './router/events.ts'
import type { PeerScoreSnapshot } from './router/score/peer-scores.ts'
import type { TopicValidatorResult } from './topic-validator.ts'
import type { TraceEvent } from './tracer.ts'
import type { MsgIdStr } from './types.ts'
import type { Logger, PeerId } from '@libp2p/interface'

/** Heartbeats between looks at where peers are connected from: the sign of another connection may be missed. */
const ORIGIN_INTERVAL_HEARTBEATS = 15

export interface SessionInit extends Omit<ReporterInit, 'peerId' | 'msgIdToStrFn'> {
  components: GossipSubComponents
  options: ResolvedOptions
  policy: MessagePolicy
  judge: Judge
  drops: DropCounter
  writes: WriteCounters
  /** The direct peers that the application wants. */
  direct: ReadonlySet<PeerIdStr>
  blacklist: Blacklist
  /** Absent when nothing is to be measured. */
  metrics?: MetricsObserver
  log: Logger
}

type EventOf<T extends Event['type']> = Extract<Event, { type: T }>

export class Session {
  readonly router: Router
  readonly #init: SessionInit
  readonly #topology: Topology
  readonly #exchange: Exchange
  readonly #fastIds: FastIds
  readonly #inboundFilter: InboundFilter
  readonly #streams: PeerStreams
  readonly #turn = new Turn()
  readonly #writes: WriteCounters
  readonly #verdicts: Verdicts
  readonly #reporter: Reporter
  readonly #heartbeat: HeartbeatTimer
  readonly #metrics?: MetricsObserver
  readonly #tracer?: Tracer
  readonly #inspector?: ScoreInspector<PeerScoreSnapshot>
  readonly #runner: ActionRunner
  #isOver = false
  #heartbeats = 0

  constructor (init: SessionInit) {
    const { components, options } = init
    const { params, meshParams, scoreParams, scoreThresholds, doPX } = options

    this.#init = init
    this.#writes = init.writes
    this.#metrics = init.metrics
    this.router = new Router({
      params,
      meshParams,
      scoreParams,
      thresholds: scoreThresholds,
      doPX,
      self: components.peerId.toString(),
      random: createRandom(crypto.getRandomValues(new Uint32Array(4)))
    })
    this.#fastIds = new FastIds(this.router.hash)
    this.#exchange = new Exchange({ ...init, isBlacklisted: peer => init.blacklist.has(peer) })
    this.#streams = this.#createStreams()
    this.#topology = this.#createTopology()
    this.#inboundFilter = new InboundFilter({
      blacklist: init.blacklist,
      subscriptionFilter: options.subscriptionFilter,
      drops: init.drops,
      topicsOf: peer => this.router.topicsOf(peer),
      onReject: (message, peer, reason) => { this.#tracer?.rejected(message, peer, reason) }
    })
    this.#reporter = new Reporter({ ...init, msgIdToStrFn: options.msgIdToStrFn, peerId: peer => this.peerId(peer) })
    this.#verdicts = this.#createVerdicts()
    this.#runner = new ActionRunner({
      streams: this.#streams,
      exchange: this.#exchange,
      verdicts: this.#verdicts,
      reporter: this.#reporter,
      drops: init.drops,
      asyncValidation: options.asyncValidation,
      peerId: peer => this.peerId(peer)
    })
    this.#inspector = options.scoreInspector == null
      ? undefined
      : new ScoreInspector({ ...options.scoreInspector, snapshot: () => this.router.scores.snapshots(), log: init.log })
    this.#tracer = options.tracer == null ? undefined : this.#createTracer(options.tracer)
    this.#heartbeat = new HeartbeatTimer(params.heartbeatInterval, () => { this.#onHeartbeat() })
  }

  get peers (): Map<PeerIdStr, PeerId> {
    return this.#streams.peers
  }

  /** The same object as long as the peer is connected. */
  peerId (peer: PeerIdStr): PeerId {
    return this.#streams.peers.get(peer) ?? peerIdFromString(peer)
  }

  async start (): Promise<void> {
    const { options: { params }, direct } = this.#init

    direct.forEach(peer => { this.addDirectPeer(peer) })

    this.#heartbeat.start(params.heartbeatInitialDelay)
    this.#inspector?.start()
    this.#exchange.start()
    await this.#topology.start()
  }

  /** Wait until what was published is handed to the streams, a second at most. */
  async drained (): Promise<void> {
    await this.#streams.drained()
  }

  async stop (): Promise<void> {
    this.#isOver = true
    this.#runner.stop()
    this.#heartbeat.stop()
    this.#inspector?.stop()
    this.#exchange.stop()
    await this.drained()

    try {
      await this.#topology.stop()
    } finally {
      this.#untagMesh()
      await this.#streams.stop()
      this.#turn.cancel()
      await this.#init.tags?.settled()
    }
  }

  /** The state changes at once; the actions follow those of the event that is being handled, if any. */
  feed (event: Event): Action[] {
    if (this.#isOver) {
      return []
    }

    const nowMs = performance.now()
    this.#metrics?.before(event)
    const actions = this.router.handle(event, nowMs)
    this.#metrics?.observe(event, actions, nowMs)
    this.#tracer?.observe(event, actions)
    this.#runner.run(actions, event)

    return actions
  }

  /** Speak no more with a peer, for as long as it is blacklisted. */
  shutOut (peer: PeerIdStr): void {
    this.#streams.forget(this.peerId(peer))
  }

  addDirectPeer (peer: PeerIdStr): void {
    this.feed({ type: 'directPeerAdded', peer })
    this.#exchange.keep(peer)
  }

  removeDirectPeer (peer: PeerIdStr): void {
    this.feed({ type: 'directPeerRemoved', peer })
    this.#exchange.release(peer)
  }

  /** What the application thinks of a message that it was shown. A late or unknown id is harmless. */
  report (msgId: MsgIdStr, result: TopicValidatorResult): void {
    const message = this.#verdicts.report(msgId, result)
    this.#metrics?.onReport(message, result, performance.now())
  }

  metricsSource (): MetricsSource {
    const { router } = this
    const { drops, direct } = this.#init

    return {
      peers: this.peers,
      mesh: router.mesh,
      fanout: router.fanout,
      topics: router.topics,
      subscriptions: router.subscriptions,
      direct,
      scores: router.scores,
      drops: drops.counts,
      writes: this.#writes,
      sizes: () => this.#sizes(),
      backoffsMs: () => router.backoffsMs(performance.now()),
      isSeen: id => router.seen(router.hash.of(id)),
      protocolOf: peer => this.#protocolOf(peer),
      meshParams: topic => router.meshParams(topic)
    }
  }

  /** Show a message of our own to the application. */
  deliver (message: RoutedMessage): void {
    this.#reporter.message(message, this.#init.components.peerId)
  }

  #onHeartbeat (): void {
    const nowMs = performance.now()

    this.#verdicts.expire(nowMs)
    this.#init.blacklist.expire()

    if (++this.#heartbeats % ORIGIN_INTERVAL_HEARTBEATS === 0) {
      this.peers.forEach((peerId, peer) => { this.feed({ type: 'peerMoved', peer, origin: this.#topology.origin(peerId) }) })
    }

    this.feed({ type: 'ticked' })

    for (const { outbox } of this.#streams) {
      outbox.review()
    }

    this.#metrics?.onHeartbeat(performance.now() - nowMs)
    this.#reporter.heartbeat()
  }

  // peers

  #onReadable (link: PeerLink, protocol: string): void {
    // what we negotiated ourselves counts more than what the peer chose
    if (link.outbound == null && link.isReachable) {
      this.#connect(link, protocol)
    }
  }

  #connect (link: PeerLink, protocol: string): void {
    this.feed({ type: 'peerConnected', peer: link.id, features: featuresOf(protocol), origin: this.#topology.origin(link.peerId) })
  }

  #onPeer (peerId: PeerId): void {
    this.#metrics?.onConnection('open')
    this.#streams.add(peerId)
    this.#exchange.connected(peerId)
    this.feed({ type: 'peerMoved', peer: peerId.toString(), origin: this.#topology.origin(peerId) })
  }

  #onUnreachable (link: PeerLink): void {
    this.feed({ type: 'peerUnwritable', peer: link.id })
  }

  #onGone (link: PeerLink): void {
    this.feed({ type: 'peerDisconnected', peer: link.id })
    this.#exchange.disconnected(link.id)
  }

  #onSlow (link: PeerLink, count: number): void {
    this.feed({ type: 'peerSlow', peer: link.id, count })
    this.#reporter.slowPeer(link.peerId, count)
  }

  #onRpc (received: EventOf<'rpcReceived'>): void {
    const event = this.#inboundFilter.apply(received)

    if (event != null) {
      this.feed(event)
    }
  }

  #sizes (): Partial<Record<CacheName, number>> {
    const { seenIds, messages, pendingValidations, promises, backoffs, scores, choosyPeers } = this.router.sizes
    const links = [...this.#streams]

    return {
      seenCache: seenIds,
      fastMsgIdCache: this.#fastIds.size,
      mcache: messages,
      score: scores,
      'gossipTracer.promises': promises,
      streamsOutbound: links.filter(({ outbound }) => outbound != null).length,
      streamsInbound: links.filter(({ inbound }) => inbound != null).length,
      backoff: backoffs,
      idontwants: choosyPeers,
      validation: pendingValidations
    }
  }

  #protocolOf (peer: PeerIdStr): string | undefined {
    const link = this.#streams.get(peer)

    return link?.outbound?.protocol ?? link?.inbound?.protocol
  }

  #untagMesh (): void {
    for (const [topic, peers] of this.router.mesh) {
      for (const peer of peers) {
        this.#init.tags?.remove(this.peerId(peer), topic)
      }
    }
  }

  #onVerdict ({ id }: RoutedMessage, verdict: Verdict): void {
    this.feed({ type: 'messageValidated', id, verdict })
  }

  // parts

  #createTracer (listener: (event: TraceEvent) => void | Promise<void>): Tracer {
    const { components, log } = this.#init

    return new Tracer({
      self: components.peerId.toString(),
      listener,
      log,
      protocolOf: peer => this.#protocolOf(peer)
    })
  }

  #createTopology (): Topology {
    const { components, options } = this.#init

    return new Topology({
      components,
      options,
      onStream: (stream, connection) => { this.#streams.accept(stream, connection) },
      onPeer: peerId => { this.#onPeer(peerId) },
      onGone: peerId => { this.#streams.forget(peerId) }
    })
  }

  #createStreams (): PeerStreams {
    const { components, options, drops, blacklist, log } = this.#init

    return new PeerStreams({
      connectionManager: components.connectionManager,
      protocols: options.protocols,
      maxFrameBytes: options.maxInboundDataLength,
      maxOutboundStreams: options.maxOutboundStreams,
      runOnLimitedConnection: options.runOnLimitedConnection,
      // a signed message is copied: its signature needs it in one piece
      keepsPieces: options.globalSignaturePolicy === StrictNoSign,
      log,
      createInbox: link => this.#createInbox(link),
      isBlocked: peer => blacklist.has(peer),
      createOutbox: link => new Outbox({
        turn: this.#turn,
        maxBytes: options.maxOutboundBufferSize,
        maxForwardAgeMs: options.params.maxForwardAge,
        counters: this.#writes,
        onSlow: count => { this.#onSlow(link, count) },
        onDrop: (reason, count) => { drops.add(reason, count) },
        onWriteError: (stream, err) => { stream.abort(err) }
      }),
      onReadable: (link, protocol) => { this.#onReadable(link, protocol) },
      onWritable: (link, protocol) => { this.#connect(link, protocol) },
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
      hash: this.router.hash,
      fastIds: this.#fastIds,
      seen: key => this.router.seen(key),
      wantsDuplicateIds: () => this.#tracer != null || this.#reporter.wantsDuplicates,
      maxMessageBytes: topic => options.maxMessageBytes.get(topic) ?? Infinity,
      onRpc: event => { this.#onRpc(event) },
      onDrop: reason => { drops.add(reason) },
      onReject: (topic, reason) => { this.#tracer?.rejected({ topic }, link.id, reason) }
    }

    return new Inbox({
      turn: this.#turn,
      createJob: (frame, pieces) => {
        this.#metrics?.onFrame(frame.length)

        return new InboundRpc(link.id, frame, init, pieces)
      },
      isBlocked: () => this.#verdicts.isFull,
      onPause: () => { link.pauseReading() },
      onResume: () => { link.resumeReading() }
    })
  }

  #createVerdicts (): Verdicts {
    const { options, judge } = this.#init
    const { params, asyncValidation, msgIdToStrFn } = options

    return new Verdicts({
      params,
      judge,
      asyncValidation,
      msgIdToStrFn,
      onVerdict: (message, verdict) => {
        this.#metrics?.onVerdict(message, verdict)
        this.#onVerdict(message, verdict)
      },
      onReport: (message, verdict) => { this.#onVerdict(message, verdict) },
      onAsk: (message, source, msgId) => { this.#reporter.message(message, source, msgId) },
      onRoom: () => {
        for (const link of this.#streams) {
          link.inbox.resume()
        }
      }
    })
  }
}
