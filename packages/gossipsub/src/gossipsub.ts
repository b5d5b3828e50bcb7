/**
 * The service as applications see it: its life cycle, subscribing, publishing, and views of what the session knows. What happens
 * between start and stop is in session.ts.
 */
import { InvalidParametersError, NotStartedError, serviceCapabilities, serviceDependencies } from '@libp2p/interface'
import { Blacklist } from './blacklist.ts'
import { DirectPeers } from './direct-peers.ts'
import { DropCounter } from './drop-counters.ts'
import { PublishError } from './errors.ts'
import { GuardedEmitter } from './guarded-emitter.ts'
import { Judge } from './judge.ts'
import { MeshTags } from './mesh-tags.ts'
import { MessagePolicy } from './message-policy.ts'
import { MetricsObserver } from './metrics/observer.ts'
import { WriteCounters } from './net/write-counters.ts'
import { resolveOptions } from './options.ts'
import { validateTopicScoreParams } from './score.ts'
import { Session } from './session.ts'
import { MESSAGE_OVERHEAD_BYTES } from './wire/encode.ts'
import type { DropCounters } from './drop-counters.ts'
import type { GossipSub as GossipSubInterface, GossipSubComponents, GossipSubEvents, GossipsubOpts, PublishResult } from './index.ts'
import type { ResolvedOptions } from './options.ts'
import type { EventDetail, EventName } from './reporter.ts'
import type { CachedMessage, PeerIdStr, RoutedMessage, TopicStr } from './router/events.ts'
import type { TopicScoreParams } from './router/score/params.ts'
import type { PeerScoreStatsDump } from './router/score/peer-scores.ts'
import type { SignaturePolicy } from './signature-policy.ts'
import type { TopicValidatorFn, TopicValidatorResult } from './topic-validator.ts'
import type { MsgIdStr, PublishOpts } from './types.ts'
import type { Logger, PeerId, Startable } from '@libp2p/interface'

export class GossipSub extends GuardedEmitter<GossipSubEvents> implements GossipSubInterface, Startable {
  readonly [Symbol.toStringTag] = '@quicmesh/gossipsub'
  readonly [serviceCapabilities]: string[] = ['@libp2p/pubsub']
  readonly [serviceDependencies]: string[] = ['@libp2p/identify']

  readonly topicValidators = new Map<string, TopicValidatorFn>()
  readonly score = { score: (peerId: PeerIdStr): number => this.getScore(peerId) }
  readonly direct: DirectPeers
  readonly writeCounters = new WriteCounters()
  readonly blacklist: Blacklist

  readonly #components: GossipSubComponents
  readonly #options: ResolvedOptions
  readonly #log: Logger
  readonly #policy: MessagePolicy
  readonly #drops = new DropCounter()
  readonly #metrics?: MetricsObserver
  /** A new one for each life; before start and after stop one that has not begun. */
  #session: Session
  /** What the application wants. */
  #isStarted = false
  /** What is. */
  #isRunning = false
  #transition: Promise<void> = Promise.resolve()

  constructor (components: GossipSubComponents, options: Partial<GossipsubOpts> = {}) {
    const resolved = resolveOptions(options)
    const log = components.logger.forComponent(resolved.debugName)

    super(err => { log.error('a listener of the application failed - %e', err) })

    this.#components = components
    this.#options = resolved
    this.#log = log
    this.#policy = new MessagePolicy({
      signaturePolicy: resolved.globalSignaturePolicy,
      privateKey: components.privateKey,
      msgIdFn: resolved.msgIdFn,
      fastMsgIdFn: resolved.fastMsgIdFn,
      dataTransform: resolved.dataTransform
    })
    this.direct = new DirectPeers({
      peers: resolved.directPeers.map(({ id }) => id.toString()),
      onAdd: peer => { this.#session.addDirectPeer(peer) },
      onDelete: peer => { this.#session.removeDirectPeer(peer) }
    })
    this.blacklist = new Blacklist({ ...resolved.blacklist, onAdd: peer => { this.#session.shutOut(peer) } })
    this.#metrics = this.#createMetrics()
    this.#session = this.#createSession()
  }

  get globalSignaturePolicy (): SignaturePolicy {
    return this.#options.globalSignaturePolicy
  }

  get protocols (): string[] {
    return [...this.#options.protocols]
  }

  get peers (): Map<PeerIdStr, PeerId> {
    return this.#session.peers
  }

  get mesh (): Map<TopicStr, Set<PeerIdStr>> {
    return this.#session.router.mesh
  }

  get fanout (): Map<TopicStr, Set<PeerIdStr>> {
    return this.#session.router.fanout
  }

  get topics (): Map<TopicStr, Set<PeerIdStr>> {
    return this.#session.router.topics
  }

  get dropCounters (): DropCounters {
    return this.#drops.counts
  }

  isStarted (): boolean {
    return this.#isStarted
  }

  /** The same: `@libp2p/gossipsub` has both. */
  get started (): boolean {
    return this.#isStarted
  }

  /** Starts and stops follow each other, however they are called. */
  async start (): Promise<void> {
    this.#isStarted = true

    return this.#next(async () => { await this.#start() })
  }

  /** What was published leaves, and peers end their side of the streams, before libp2p closes connections: it would cut them off. */
  async beforeStop (): Promise<void> {
    try {
      // applications may still call until `stop`
      await this.#next(async () => { await this.#stop() })
    } catch (err) {
      // it would keep libp2p from stopping anything
      this.#log.error('could not stop in order - %e', err)
    }
  }

  async stop (): Promise<void> {
    this.#isStarted = false

    return this.#next(async () => { await this.#stop() })
  }

  async #start (): Promise<void> {
    if (this.#isRunning) {
      return
    }

    this.#isRunning = true

    try {
      await this.#session.start()
    } catch (err) {
      this.#isStarted = false
      await this.#stop()
      throw err
    }
  }

  async #stop (): Promise<void> {
    if (!this.#isRunning) {
      return
    }

    this.#isRunning = false

    try {
      await this.#session.stop()
    } finally {
      this.#session = this.#createSession()
    }
  }

  async #next (transition: () => Promise<void>): Promise<void> {
    const done = this.#transition.then(transition)
    this.#transition = done.catch(() => {})

    return done
  }

  getPeers (): PeerId[] {
    return [...this.#session.peers.values()]
  }

  getTopics (): TopicStr[] {
    return [...this.#session.router.subscriptions]
  }

  getSubscribers (topic: TopicStr): PeerId[] {
    return this.#peerIds(this.#session.router.topics.get(topic) ?? [])
  }

  getMeshPeers (topic: TopicStr): PeerIdStr[] {
    return [...this.#session.router.mesh.get(topic) ?? []]
  }

  getScore (peerId: PeerIdStr): number {
    return this.#session.router.scores.score(peerId)
  }

  dumpPeerScoreStats (): PeerScoreStatsDump {
    return this.#session.router.scores.dump()
  }

  setTopicScoreParams (topic: TopicStr, params: TopicScoreParams): void {
    validateTopicScoreParams(params)
    this.#options.scoreParams.topics[topic] = params
    this.#session.feed({ type: 'topicScored', topic, params })
  }

  reportMessageValidationResult (msgId: MsgIdStr, _propagationSource: PeerIdStr, acceptance: TopicValidatorResult): void {
    this.#session.report(msgId, acceptance)
  }

  subscribe (topic: TopicStr): void {
    this.#mustBeStarted()

    if (topic === '') {
      throw new InvalidParametersError('A topic must not be empty')
    }

    if (this.#options.subscriptionFilter?.canSubscribe(topic) === false) {
      throw new InvalidParametersError(`The subscription filter does not let through topic ${topic}`)
    }

    this.#session.feed({ type: 'topicJoined', topic })
  }

  unsubscribe (topic: TopicStr): void {
    this.#mustBeStarted('Pubsub is not started')
    this.#session.feed({ type: 'topicLeft', topic })
  }

  async publish (topic: TopicStr, data: Uint8Array = new Uint8Array(0), opts: PublishOpts = {}): Promise<PublishResult> {
    const [result] = await this.publishBatch([{ topic, data }], opts)

    return result
  }

  async publishBatch (batch: Array<{ topic: TopicStr, data: Uint8Array }>, opts: PublishOpts = {}): Promise<PublishResult[]> {
    this.#mustBeInitialized()
    const startedAtMs = performance.now()
    const messages = await Promise.all(batch.map(async ({ topic, data }) => this.#policy.build(topic, data)))

    // it may have been stopped meanwhile
    this.#mustBeInitialized()
    const isNew = messages.map((message, i) => this.#isNew(message, messages.slice(0, i), opts))
    const sent = messages.filter((_, i) => isNew[i])
    const recipients = this.#send(sent, opts)
    sent.forEach(({ topic }) => { this.#metrics?.onPublished(topic, performance.now() - startedAtMs) })

    return messages.map(message => ({ recipients: recipients.get(message) ?? [] }))
  }

  /** Before the router remembers the message: when it cannot be sent, the application may try again. */
  #isNew (message: RoutedMessage, earlier: RoutedMessage[], opts: PublishOpts): boolean {
    if (message.encoded.byteLength + MESSAGE_OVERHEAD_BYTES > this.#maxMessageBytes(message.topic)) {
      throw new PublishError('MessageTooLarge')
    }

    if (this.#session.router.seen(this.#session.router.hash.of(message.id)) || earlier.some(({ id }) => equalBytes(id, message.id))) {
      if (opts.ignoreDuplicatePublishError ?? this.#options.ignoreDuplicatePublishError) {
        this.#metrics?.onDuplicatePublish(message.topic)
        return false
      }

      throw new PublishError('Duplicate')
    }

    return true
  }

  /** The recipients of each message. */
  #send (messages: RoutedMessage[], opts: PublishOpts): Map<CachedMessage, PeerId[]> {
    const recipients = new Map<CachedMessage, PeerId[]>()
    const floodPublish = opts.floodPublish ?? this.#options.floodPublish
    const lonelyTopics = new Set(messages.map(({ topic }) => topic).filter(topic => this.#mayReachNobody(topic, opts)))

    for (const action of this.#session.feed({ type: 'messagesPublished', messages, floodPublish, lonelyTopics })) {
      if (action.type === 'sendMessage') {
        recipients.set(action.message, [...recipients.get(action.message) ?? [], ...this.#peerIds(action.peers)])
      }
    }

    for (const message of messages) {
      const peers = recipients.get(message)

      if (peers == null) {
        throw new PublishError('NoPeersSubscribedToTopic')
      }

      if (this.#goesToSelf(message.topic)) {
        peers.push(this.#components.peerId)
        this.#session.deliver(message)
      }
    }

    return recipients
  }

  #goesToSelf (topic: TopicStr): boolean {
    return this.#options.emitSelf && this.#session.router.subscriptions.has(topic)
  }

  #mayReachNobody (topic: TopicStr, opts: PublishOpts): boolean {
    return this.#goesToSelf(topic) || (opts.allowPublishToZeroTopicPeers ?? this.#options.allowPublishToZeroTopicPeers)
  }

  #maxMessageBytes (topic: TopicStr): number {
    const { maxInboundDataLength, maxMessageBytes } = this.#options

    return Math.min(maxInboundDataLength, maxMessageBytes.get(topic) ?? Infinity)
  }

  #createMetrics (): MetricsObserver | undefined {
    const { params, protocols, scoreParams, scoreThresholds, asyncValidation, metricsRegister, metricsTopicStrToLabel } = this.#options
    const windowsMs = Object.values(scoreParams.topics).map(({ meshMessageDeliveriesWindow }) => meshMessageDeliveriesWindow)

    return metricsRegister == null
      ? undefined
      : new MetricsObserver({
        register: metricsRegister,
        topicStrToLabel: metricsTopicStrToLabel,
        asyncValidation,
        source: () => this.#session.metricsSource(),
        protocols,
        thresholds: scoreThresholds,
        heartbeatIntervalMs: params.heartbeatInterval,
        opportunisticGraftTicks: params.opportunisticGraftTicks,
        gossipPromiseExpireSec: params.gossipsubIWantFollowupMs / 1_000,
        behaviourPenaltyThreshold: scoreParams.behaviourPenaltyThreshold,
        maxMeshMessageDeliveriesWindowSec: Math.max(1_000, ...windowsMs) / 1_000
      })
  }

  #createSession (): Session {
    return new Session({
      components: this.#components,
      options: this.#options,
      policy: this.#policy,
      judge: new Judge(this.#policy, this.topicValidators),
      drops: this.#drops,
      writes: this.writeCounters,
      direct: this.direct,
      metrics: this.#metrics,
      blacklist: this.blacklist,
      tags: this.#options.tagMeshPeers ? new MeshTags(this.#components.peerStore, this.#log) : undefined,
      log: this.#log,
      hasListener: type => this.listenerCount(type) > 0,
      emit: (type, detail) => { this.#emit(type, detail) }
    })
  }

  #emit<K extends EventName> (type: K, detail: () => EventDetail<K>): void {
    if (this.listenerCount(type) === 0) {
      return
    }

    try {
      this.dispatchEvent(new CustomEvent(type, { detail: detail() }))
    } catch (err) {
      // only the application's `msgIdToStrFn` can throw here
      this.#log.error('could not emit %s - %e', type, err)
    }
  }

  #peerIds (peers: Iterable<PeerIdStr>): PeerId[] {
    return [...peers].map(peer => this.#session.peerId(peer))
  }

  #mustBeInitialized (): void {
    if (!this.#isStarted) {
      throw new PublishError('Uninitialized')
    }
  }

  /** The words are those of `@libp2p/gossipsub`. */
  #mustBeStarted (otherwise = 'Pubsub has not started'): void {
    if (!this.#isStarted) {
      throw new NotStartedError(otherwise)
    }
  }
}

function equalBytes (a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
