import { PeerScores } from './router/score/peer-scores.ts'
import { validatePeerScoreParams } from './score-params.ts'
import type { PeerScoreParams } from './router/score/params.ts'
import type { PeerScoreStatsDump, PeerStatsDump } from './router/score/peer-scores.ts'
import type { IPStr, MsgIdStr, PeerIdStr, RejectReason, TopicStr } from './types.ts'

export interface PeerScoreOpts {
  /** Accepted and without effect: a score is always that of now. */
  scoreCacheValidityMs?: number
  /** The clock, in ms. Default `Date.now`. */
  now?(): number
}

/**
 * The score by itself, for an application that used the `PeerScore` of `@libp2p/gossipsub` without its router. Our own
 * router does not use it: there the score is a part of the state.
 *
 * It differs in this: `addPeer` takes up a retained score instead of starting a new one, the first to deliver a message is
 * not paid a second time for a duplicate of it, `peerStats` is a copy, and the maps `peerIPs`, `scoreCache` and
 * `deliveryRecords` are not there.
 */
export class PeerScore {
  readonly params: PeerScoreParams
  private readonly now: () => number
  private scores: PeerScores
  /** Oldest first. */
  private readonly messages = new Map<MsgIdStr, MessageRecord>()
  private timer?: ReturnType<typeof setInterval>

  /**
   * The metrics and the logger are accepted and not used.
   *
   * @throws {InvalidParametersError} when the parameters are not valid
   */
  constructor (params: PeerScoreParams, _metrics?: unknown, _componentLogger?: unknown, opts: PeerScoreOpts = {}) {
    validatePeerScoreParams(params)
    this.params = params
    this.now = opts.now ?? Date.now
    this.scores = this.newScores()
  }

  /** Peers that are connected or whose score is retained. */
  get size (): number {
    return this.scores.size
  }

  /** A copy of what is counted. */
  get peerStats (): Map<PeerIdStr, PeerStatsDump> {
    return new Map(Object.entries(this.scores.dump()))
  }

  /** Begin with the periodic maintenance. */
  start (): void {
    this.timer ??= setInterval(() => { this.background() }, this.params.decayInterval)
  }

  /** End it, and forget everything. */
  stop (): void {
    clearInterval(this.timer)
    this.timer = undefined
    this.scores = this.newScores()
    this.messages.clear()
  }

  /** The maintenance: to be called each `decayInterval` where `start` is not used. */
  background (): void {
    this.refreshScores()

    for (const [id, { firstSeenAt }] of this.messages) {
      if (this.now() - firstSeenAt <= MESSAGE_TTL_MS) {
        break
      }
      this.messages.delete(id)
    }
  }

  refreshScores (): void {
    this.scores.refresh(this.now())
  }

  score (id: PeerIdStr): number {
    return this.scores.score(id)
  }

  dumpPeerScoreStats (): PeerScoreStatsDump {
    return this.scores.dump()
  }

  addPeer (id: PeerIdStr): void {
    this.scores.addPeer(id, this.scores.addresses(id), this.now())
  }

  removePeer (id: PeerIdStr): void {
    this.scores.removePeer(id, this.now())
  }

  addIP (id: PeerIdStr, ip: IPStr): void {
    this.scores.setAddresses(id, [...this.scores.addresses(id), ip])
  }

  removeIP (id: PeerIdStr, ip: IPStr): void {
    this.scores.setAddresses(id, this.scores.addresses(id).filter(known => known !== ip))
  }

  addPenalty (id: PeerIdStr, penalty: number, _penaltyLabel?: string): void {
    this.scores.addPenalty(id, penalty)
  }

  graft (id: PeerIdStr, topic: TopicStr): void {
    this.scores.onGraft(id, topic, this.now())
  }

  prune (id: PeerIdStr, topic: TopicStr): void {
    this.scores.onPrune(id, topic)
  }

  /** The validation of a message begins. */
  validateMessage (msgIdStr: MsgIdStr): void {
    this.record(msgIdStr)
  }

  /** The message is valid; `from` was the first to deliver it. */
  deliverMessage (from: PeerIdStr, msgIdStr: MsgIdStr, topic: TopicStr): void {
    this.scores.onFirstDelivery(from, topic)

    const record = this.record(msgIdStr)

    if (record.verdict === 'none') {
      record.peers.delete(from)
      for (const peer of record.peers) {
        this.scores.onDuplicateDelivery(peer, topic, 0)
      }
      this.messages.set(msgIdStr, { ...record, verdict: 'valid', validatedAt: this.now(), peers: record.peers.add(from) })
    }
  }

  rejectInvalidMessage (from: PeerIdStr, topic: TopicStr): void {
    this.scores.onInvalidMessage(from, topic)
  }

  rejectMessage (from: PeerIdStr, msgIdStr: MsgIdStr, topic: TopicStr, reason: `${RejectReason}`): void {
    if (reason === 'blacklisted') {
      return
    }
    if (reason === 'error') {
      // the message may not be what its id says, so others that deliver it are not to blame
      this.scores.onInvalidMessage(from, topic)

      return
    }

    const record = this.record(msgIdStr)

    if (record.verdict !== 'none') {
      return
    }

    const isInvalid = reason === 'reject'
    this.messages.set(msgIdStr, { verdict: isInvalid ? 'invalid' : 'ignored', firstSeenAt: record.firstSeenAt })

    if (isInvalid) {
      // who sent it twice in the meantime pays twice, as in go
      for (const peer of [from, ...record.peers]) {
        this.scores.onInvalidMessage(peer, topic)
      }
    }
  }

  duplicateMessage (from: PeerIdStr, msgIdStr: MsgIdStr, topic: TopicStr): void {
    const record = this.record(msgIdStr)

    if (record.verdict === 'invalid') {
      this.scores.onInvalidMessage(from, topic)
    } else if (record.verdict === 'valid' && !record.peers.has(from)) {
      this.scores.onDuplicateDelivery(from, topic, this.now() - record.validatedAt)
    }

    if (record.verdict === 'none' || record.verdict === 'valid') {
      record.peers.add(from)
    }
  }

  /** When the message was first heard of, in ms since the epoch. */
  messageFirstSeenTimestampMs (msgIdStr: MsgIdStr): number | null {
    return this.messages.get(msgIdStr)?.firstSeenAt ?? null
  }

  private record (msgIdStr: MsgIdStr): MessageRecord {
    let record = this.messages.get(msgIdStr)

    if (record == null) {
      record = { verdict: 'none', firstSeenAt: this.now(), peers: new Set() }
      this.messages.set(msgIdStr, record)

      for (const oldest of this.messages.keys()) {
        if (this.messages.size <= MAX_MESSAGES) {
          break
        }
        this.messages.delete(oldest)
      }
    }

    return record
  }

  private newScores (): PeerScores {
    return new PeerScores({ params: this.params, maxRetained: MAX_RETAINED })
  }
}

/** Most scores that are kept of peers that left. */
const MAX_RETAINED = 10_000

/** Most messages that are remembered; the oldest go first. */
const MAX_MESSAGES = 65_536

/** How long a message is remembered, ms: as long as its id in the seen cache by default. */
const MESSAGE_TTL_MS = 120_000

type MessageRecord =
  /** `peers` delivered it while it was being validated, besides the first one. */
  | { verdict: 'none', firstSeenAt: number, peers: Set<PeerIdStr> }
  /** `peers` delivered it so far: each counts once. */
  | { verdict: 'valid', firstSeenAt: number, peers: Set<PeerIdStr>, validatedAt: number }
  | { verdict: 'invalid' | 'ignored', firstSeenAt: number }
