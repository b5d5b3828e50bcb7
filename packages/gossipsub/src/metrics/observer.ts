/**
 * The metrics of a service, over all its lives. They are taken at the boundary of the router, from what happened and what is to be done, and
 * from its state at each scrape: the router itself counts nothing.
 */
import { featuresOf } from '../protocols.ts'
import { TopicValidatorResult } from '../topic-validator.ts'
import { IHaveIgnoreReason, ScorePenalty } from './labels.ts'
import { OverlayTally } from './overlay.ts'
import { StateGauges } from './state-gauges.ts'
import { createTable } from './table.ts'
import { Tallies } from './tallies.ts'
import type { MetricsRegister, TopicStrToLabel } from './register.ts'
import type { MetricsConstants, MetricsSource } from './source.ts'
import type { MetricsOptions, MetricsTable } from './table.ts'
import type { TopicCounts } from './tallies.ts'
import type { Action, Event, PeerIdStr, RoutedMessage, TopicStr, Verdict } from '../router/events.ts'
import type { RPC } from '../wire/rpc.ts'

export interface MetricsObserverInit extends MetricsOptions, MetricsConstants {
  register: MetricsRegister
  topicStrToLabel: TopicStrToLabel
  /** Of the life of the service that there is, or that is to begin. Not asked for each message that comes. */
  source(): MetricsSource
}

type ActionOf<T extends Action['type']> = Extract<Action, { type: T }>
type EventOf<T extends Event['type']> = Extract<Event, { type: T }>

export class MetricsObserver {
  readonly #init: MetricsObserverInit
  readonly #table: MetricsTable
  readonly #tallies: Tallies
  readonly #overlay: OverlayTally
  readonly #state: StateGauges
  /** When messages came that the application is asked about, ms. */
  readonly #firstSeen = new WeakMap<RoutedMessage, number>()
  /** Promises that peers made and did not break. */
  #promises = 0

  constructor (init: MetricsObserverInit) {
    this.#init = init
    this.#table = createTable(init.register, init)
    this.#tallies = new Tallies(init.topicStrToLabel)
    this.#overlay = new OverlayTally(this.#tallies, init)
    this.#state = new StateGauges(this.#table, init, init.topicStrToLabel)
    // the first to be registered, and so the first to be asked: the others are up to date when they are
    this.#table.heartbeatSkipped.addCollect(() => { this.#collect() })

    for (const protocol of init.protocols) {
      this.#table.protocolsEnabled.set({ protocol }, 1)
    }
  }

  /** An event is about to be handled. */
  before (event: Event): void {
    this.#overlay.before(event, () => this.#init.source())
  }

  /** An event was handled. `now` is the time that the router was told, ms. */
  observe (event: Event, actions: Action[], now: number): void {
    switch (event.type) {
      case 'rpcReceived': this.#onRpc(event, actions); break
      case 'topicJoined': this.#table.topicSubscriptionStatus.set({ topicStr: event.topic }, 1); break
      case 'topicLeft':
        this.#table.topicSubscriptionStatus.set({ topicStr: event.topic }, 0)
        this.#table.meshPeerCounts.set({ topicStr: event.topic }, 0)
        break
      default:
    }

    for (const action of actions) {
      this.#onAction(event, action, now)
    }
  }

  /** A frame came from a peer. */
  onFrame (byteLength: number): void {
    const { plain } = this.#tallies

    plain.rpcRecvCount++
    plain.rpcRecvBytes += byteLength
  }

  onHeartbeat (durationMs: number): void {
    this.#table.heartbeatDuration.observe(durationMs / 1_000)

    if (durationMs > this.#init.heartbeatIntervalMs) {
      this.#tallies.plain.heartbeatSkipped++
    }
  }

  /** The verdict is out, by the signature or a topic validator: what the application reports later goes to `onReport`. */
  onVerdict ({ topic }: RoutedMessage, verdict: Verdict): void {
    const counts = this.#tallies.of(topic)
    this.#countVerdict(counts, verdict)

    if (this.#init.asyncValidation) {
      // counted when it came
      counts.prevalidationValidTotal--
    }
    if (verdict === 'accept') {
      counts.prevalidationValidTotal++
    } else {
      counts.prevalidationInvalidTotal++
      counts.msgReceivedInvalidByTopic++
    }
  }

  /** The application reported on a message, which is undefined when it no longer waited. */
  onReport (message: RoutedMessage | undefined, result: TopicValidatorResult, now: number): void {
    this.#table.asyncValidationMcacheHit.inc({ hit: message == null ? 'miss' : 'hit' })
    const firstSeen = message == null ? undefined : this.#firstSeen.get(message)

    if (firstSeen == null) {
      this.#tallies.plain.asyncValidationUnknownFirstSeen++
    } else {
      this.#table.asyncValidationDelayFromFirstSeenSec.observe((now - firstSeen) / 1_000)
    }

    if (message != null) {
      this.#countResult(message, result)
    }
  }

  /** A message was published, and how long that took. */
  onPublished (topic: TopicStr, durationMs: number): void {
    this.#table.msgPublishTime.observe({ topic: this.#tallies.label(topic) }, durationMs / 1_000)
  }

  /** A message was not published because it had been before, and the application wants no error. */
  onDuplicatePublish (topic: TopicStr): void {
    this.#tallies.of(topic).duplicateMsgIgnored++
  }

  onConnection (status: string): void {
    this.#table.newConnectionCount.inc({ status })
  }

  #collect (): void {
    const source = this.#init.source()
    const sizes = source.sizes()
    const { plain } = this.#tallies

    this.#promises += plain.iwantPromiseStarted - plain.iwantPromiseBroken
    this.#tallies.flush(this.#table)
    this.#state.update(source, sizes)

    // a promise that is neither broken nor open was kept, or the peer left
    const resolved = Math.max(0, this.#promises - (sizes['gossipTracer.promises'] ?? 0))
    this.#table.iwantPromiseResolved.set(resolved)
    this.#table.iwantPromiseResolvedPeers.set(resolved)
  }

  #onRpc ({ subscriptions, messages, duplicates, invalid, control }: EventOf<'rpcReceived'>, actions: Action[]): void {
    const { plain } = this.#tallies

    plain.rpcRecvSubscription += subscriptions.length
    plain.rpcRecvMessage += messages.length + (duplicates?.length ?? 0) + (invalid?.length ?? 0)

    for (const { topic } of messages) {
      this.#tallies.of(topic).msgReceivedPreValidation++
    }
    if (duplicates != null) {
      for (const { topic } of duplicates) {
        this.#tallies.of(topic).msgReceivedPreValidation++
      }
    }
    if (invalid != null) {
      for (const topic of invalid) {
        const counts = this.#tallies.of(topic)
        counts.msgReceivedPreValidation++
        counts.prevalidationInvalidTotal++
        counts.msgReceivedInvalidByTopic++
      }
    }
    if (control != null) {
      this.#onControl(control, actions)
    }
  }

  #onControl ({ ihave, iwant, graft, prune, idontwant }: RPC.ControlMessage, actions: Action[]): void {
    const { plain } = this.#tallies

    plain.rpcRecvControl++
    plain.rpcRecvIHave += ihave.length
    plain.rpcRecvIWant += iwant.length
    plain.rpcRecvGraft += graft.length
    plain.rpcRecvPrune += prune.length

    if (ihave.length > 0) {
      this.#onIHaves(ihave, actions)
    }

    for (const { messageIDs } of iwant) {
      // what is answered is taken off below
      plain.iwantRcvDonthaveMsgids += messageIDs.length
    }

    if (idontwant.length > 0) {
      this.#onIDontWants(idontwant)
    }
  }

  #onIDontWants (idontwants: RPC.ControlIDontWant[]): void {
    const { plain } = this.#tallies
    const source = this.#init.source()

    for (const { messageIDs } of idontwants) {
      plain.idontwantRcvMsgids += messageIDs.length
      plain.idontwantRcvDonthaveMsgids += messageIDs.filter(id => !source.isSeen(id)).length
    }
  }

  #onIHaves (ihaves: RPC.ControlIHave[], actions: Action[]): void {
    const { subscriptions } = this.#init.source()
    const wanted = new Set<Uint8Array>()

    for (const action of actions) {
      if (action.type === 'sendRpc' && action.control != null && action.control.iwant.length > 0) {
        this.#tallies.plain.iwantPromiseStarted++
        action.control.iwant.forEach(({ messageIDs }) => { messageIDs.forEach(id => { wanted.add(id) }) })
      }
    }

    for (const { topicID, messageIDs } of ihaves) {
      if (topicID != null && subscriptions.has(topicID)) {
        const counts = this.#tallies.of(topicID)
        counts.ihaveRcvMsgids += messageIDs.length
        // the router asks with the very objects that came
        counts.ihaveRcvNotSeenMsgids += wanted.size === 0 ? 0 : messageIDs.filter(id => wanted.has(id)).length
      }
    }
  }

  #onAction (event: Event, action: Action, now: number): void {
    switch (action.type) {
      case 'sendMessage': this.#onMessage(event, action); break
      case 'validate': this.#onValidate(action, now); break
      case 'reportDuplicate': this.#onDuplicate(action); break
      case 'reportGraft': this.#overlay.onGraft(event, action); break
      case 'reportPrune': this.#overlay.onPrune(event, action, this.#init.source()); break
      case 'reportPenalty': this.#onPenalty(action); break
      case 'reportDrop': this.#onDrop(event, action); break
      default:
    }
  }

  /** When the application is to report, the message is as good as valid: the wait for its report is no part of it. */
  #onValidate ({ message }: ActionOf<'validate'>, now: number): void {
    if (this.#init.asyncValidation) {
      this.#tallies.of(message.topic).prevalidationValidTotal++
      this.#firstSeen.set(message, now)
    }
  }

  #onMessage (event: Event, { peers, message, reason }: ActionOf<'sendMessage'>): void {
    const counts = this.#tallies.of(message.topic)

    if (reason === 'forward') {
      counts.msgForwardCount++
      counts.msgForwardPeers += peers.length
    } else if (reason === 'iwant') {
      counts.iwantRcvMsgids++
      this.#tallies.plain.iwantRcvDonthaveMsgids--
    } else if (event.type === 'messagesPublished') {
      const dataBytes = event.messages.find(published => published === message)?.message.data?.byteLength ?? 0

      counts.msgPublishCount++
      counts.msgPublishBytes += peers.length * dataBytes
      counts.msgPublishPeersByTopic += peers.length
      this.#countGroups(peers, message.topic, event.floodPublish)
    }
  }

  #countGroups (peers: PeerIdStr[], topic: TopicStr, floodPublish: boolean): void {
    const source = this.#init.source()
    const counts = this.#tallies.of(topic)

    for (const peer of peers) {
      if (source.direct.has(peer)) {
        counts.directPeersPublishedTotal++
      } else if (floodPublish || !featuresOf(source.protocolOf(peer) ?? '').mesh) {
        counts.floodsubPeersPublishedTotal++
      } else if (source.mesh.has(topic)) {
        counts.meshPeersPublishedTotal++
      } else {
        counts.fanoutPeersPublishedTotal++
      }
    }
  }

  /** `delayMs`: since the message was found valid, while that is remembered. */
  #onDuplicate ({ topic, delayMs }: ActionOf<'reportDuplicate'> & { delayMs?: number }): void {
    const counts = this.#tallies.of(topic)
    counts.prevalidationDuplicateTotal++

    if (delayMs != null) {
      const delaySec = delayMs / 1_000
      this.#table.duplicateMsgDeliveryDelay.observe({ topic: this.#tallies.label(topic) }, delaySec)
      counts.duplicateMsgLateDelivery += delaySec > this.#init.maxMeshMessageDeliveriesWindowSec ? 1 : 0
    }
  }

  #onPenalty ({ reason, count }: ActionOf<'reportPenalty'>): void {
    this.#table.scoringPenalties.inc({ penalty: reason === 'broken-promise' ? ScorePenalty.BrokenPromise : ScorePenalty.GraftBackoff }, count)

    if (reason === 'broken-promise') {
      this.#tallies.plain.iwantPromiseBroken += count
    }
  }

  #onDrop (event: Event, { reason }: ActionOf<'reportDrop'>): void {
    const hasIHave = event.type === 'rpcReceived' && event.control != null && event.control.ihave.length > 0

    if (hasIHave && reason === 'low-score-gossip') {
      this.#table.ihaveRcvIgnored.inc({ reason: IHaveIgnoreReason.LowScore })
    } else if (hasIHave && reason === 'too-many-ihave') {
      this.#table.ihaveRcvIgnored.inc({ reason: IHaveIgnoreReason.MaxIhave })
    }
  }

  #countResult ({ topic }: RoutedMessage, result: TopicValidatorResult): void {
    const counts = this.#tallies.of(topic)

    switch (result) {
      case TopicValidatorResult.Accept: this.#countVerdict(counts, 'accept'); break
      case TopicValidatorResult.Ignore: this.#countVerdict(counts, 'ignore'); break
      case TopicValidatorResult.Reject: this.#countVerdict(counts, 'reject'); break
      default: counts.unknownValidationResultsTotal++
    }
  }

  #countVerdict (counts: TopicCounts, verdict: Verdict): void {
    switch (verdict) {
      case 'accept': counts.acceptedMessagesTotal++; break
      case 'ignore': counts.ignoredMessagesTotal++; break
      case 'reject': counts.rejectedMessagesTotal++; break
      default:
    }
  }
}
