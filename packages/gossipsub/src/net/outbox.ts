/**
 * What waits to be written to one peer: bounded, control before data, all frames of a turn of the event loop in one write. It writes
 * while the stream takes more and goes on at the stream's `drain` event; for a peer that is slow the least useful messages are dropped
 * and counted, and the stream is never broken.
 */
import { Uint8ArrayList } from 'uint8arraylist'
import { frameRpc } from '../wire/encode.ts'
import { MessageQueue } from './message-queue.ts'
import { PendingRpc } from './pending-rpc.ts'
import { SlowReport } from './slow-report.ts'
import { Task } from './turn.ts'
import { Withdrawals } from './withdrawals.ts'
import { WriteCounters, countRpc } from './write-counters.ts'
import type { Turn } from './turn.ts'
import type { SendReason } from '../router/events.ts'
import type { ControlRpc, Frame, OutboundControl } from '../wire/encode.ts'
import type { RPC } from '../wire/rpc.ts'
import type { Stream } from '@libp2p/interface'

/** Most bytes handed to a stream at once. More would sit in the buffer of the stream, where control cannot overtake it. */
export const MAX_WRITE_BYTES = 64 * 1_024

/** Most messages that wait for one peer. */
export const MAX_QUEUED_MESSAGES = 65_536

/** A forward that a peer lets wait for so long has most likely reached it from others. A stall of our own event loop does not count. */
export const MAX_FORWARD_AGE_MS = 10_000

export type OutboxDropReason =
  /** Ids of IHAVEs, for a peer that does not read fast enough. */
  | 'outbox-gossip'
  /** Messages, because the queue was full. */
  | 'outbox-forward' | 'outbox-iwant' | 'outbox-publish'
  /** Messages of others that waited for too long. */
  | 'outbox-stale'
  /** Ids of IWANTs, because too many wait. */
  | 'outbox-iwant-ids'

export interface OutboxInit {
  turn: Turn
  /** Most bytes of messages that wait. */
  maxBytes: number
  maxMessages?: number
  /** After so long a forward that waits is dropped, ms; Infinity for never. */
  maxForwardAgeMs?: number
  /** What is written is added to it. */
  counters?: WriteCounters
  onDrop(reason: OutboxDropReason, count: number): void
  /** So many messages were dropped since the last report: once a second at most, and never from within another call of ours. */
  onSlow?(count: number): void
  /** Writing to the stream threw: it is of no more use. */
  onWriteError(stream: Stream, err: Error): void
}

export class Outbox {
  readonly #init: OutboxInit
  readonly #turn: Turn
  readonly #maxMessages: number
  readonly #maxForwardAgeMs: number
  readonly #pending = new PendingRpc()
  readonly #withdrawals = new Withdrawals()
  readonly #publish = new MessageQueue()
  readonly #forward = new MessageQueue()
  readonly #iwant = new MessageQueue()
  readonly #slow?: SlowReport
  readonly counters: WriteCounters
  /** Frames that were made of `#pending` and did not fit into the write. */
  readonly #control: Frame[] = []
  readonly #gossip: Frame[] = []
  /** A frame too large for one write: the next piece of it goes before anything else. */
  #large?: Frame
  #writtenOfLarge = 0
  /** Small frames of the write that is being put together: most often it is one. */
  #parts?: Frame | Frame[]
  #stream?: Stream
  #isFlushing = false
  #listensForIdle = false
  #onEmpty?: () => void

  constructor (init: OutboxInit) {
    this.#init = init
    this.#turn = init.turn
    this.#maxMessages = init.maxMessages ?? MAX_QUEUED_MESSAGES
    this.#maxForwardAgeMs = init.maxForwardAgeMs ?? MAX_FORWARD_AGE_MS
    this.counters = init.counters ?? new WriteCounters()
    this.#slow = init.onSlow == null ? undefined : new SlowReport(init.turn, init.onSlow)
  }

  get queuedBytes (): number {
    return this.#publish.bytes + this.#forward.bytes + this.#iwant.bytes
  }

  get queuedMessages (): number {
    return this.#publish.length + this.#forward.length + this.#iwant.length
  }

  /** Write to this stream from now on. What was written in part to an earlier one starts anew. */
  attach (stream: Stream): void {
    this.detach()
    this.#stream = stream
    stream.addEventListener('drain', this.#flush)
    this.#pending.repeat(this.#withdrawals.repeat(this.#turn.nowMs))
    this.#schedule()
  }

  /** Keep what waits until there is a stream again. */
  detach (): void {
    if (this.#stream != null) {
      this.#stream.removeEventListener('drain', this.#flush)
      this.#listenForIdle(this.#stream, false)
      this.#stream = undefined
      this.#writtenOfLarge = 0
      this.#withdrawals.ended(this.#turn.nowMs)
    }
  }

  /** To be called now and then: what waits may have become old, and reports due, while nothing more was sent. */
  review (): void {
    if (this.#forward.length > 0 || this.#slow?.isWaiting === true) {
      this.#schedule()
    }
  }

  sendRpc (subscriptions?: RPC.SubOpts[], control?: Partial<OutboundControl>): void {
    this.#count('outbox-iwant-ids', this.#pending.add(subscriptions, control))
    this.#schedule()
  }

  /**
   * @param frame - shared with other outboxes: nobody changes it
   * @param reason - by which it is sent and dropped
   * @param id - of the message, to cancel it by
   */
  sendMessage (frame: Frame, reason: SendReason, id?: Uint8Array): void {
    this.#schedule()
    this.#queueOf(reason).push(frame, id, this.#turn.fairMs)

    if (this.#isOverfull()) {
      this.#makeRoom()
    }
  }

  /**
   * The peer does not want these messages (IDONTWANT): of forwards and replies to IWANT that wait, they are removed; one of which a part is
   * written already is not. Returns how many were removed.
   */
  cancel (ids: readonly Uint8Array[]): number {
    let removed = 0

    if (this.#forward.length + this.#iwant.length > 0) {
      for (const id of ids) {
        removed += (this.#forward.remove(id) ? 1 : 0) + (this.#iwant.remove(id) ? 1 : 0)
      }
    }

    return removed
  }

  /** Write what the stream takes, and call back when nothing is left here. */
  onceEmpty (onEmpty: () => void): void {
    this.#onEmpty = onEmpty
    this.#flush()
    this.#tellEmpty()
  }

  /** Forget everything. */
  clear (): void {
    this.detach()
    this.#pending.clear()
    this.#withdrawals.clear()
    this.#control.length = 0
    this.#gossip.length = 0
    this.#large = undefined
    this.#slow?.clear()

    for (const queue of [this.#publish, this.#forward, this.#iwant]) {
      drop(queue, () => true)
    }
  }

  #queueOf (reason: SendReason): MessageQueue {
    switch (reason) {
      case 'forward': return this.#forward
      case 'publish': return this.#publish
      default: return this.#iwant
    }
  }

  #schedule (): void {
    this.#turn.atEnd(this.#flushLater)
  }

  readonly #flush = (): void => {
    // a stream may emit 'drain' from within `send`, where a second `send` would bypass its back-pressure
    if (this.#isFlushing || this.#stream == null) {
      return
    }

    this.#isFlushing = true

    try {
      this.#writeTo(this.#stream)
    } finally {
      this.#isFlushing = false
    }

    if (this.#stream != null) {
      this.#listenForIdle(this.#stream, this.#hasMore)
    }

    this.#tellEmpty()
  }

  #tellEmpty (): void {
    if (this.#onEmpty != null && !this.#hasMore) {
      const onEmpty = this.#onEmpty
      this.#onEmpty = undefined
      onEmpty()
    }
  }

  readonly #flushLater = new Task(() => {
    this.#flush()
    // what a stream refuses now it would have refused before; until now the event loop may have been late
    this.#dropStale()
    this.#tellEmpty()
  })

  /** The stream has passed on what it held. It says so from within a write, so this waits until that is over. */
  readonly #onIdle = (): void => {
    if (!this.#isFlushing && this.#hasMore) {
      queueMicrotask(this.#flush)
    }
  }

  /** Only while something waits: a stream makes an event of every write for whoever listens. */
  #listenForIdle (stream: Stream, isNeeded: boolean): void {
    if (isNeeded === this.#listensForIdle) {
      return
    }

    this.#listensForIdle = isNeeded

    if (isNeeded) {
      stream.addEventListener('idle', this.#onIdle)
    } else {
      stream.removeEventListener('idle', this.#onIdle)
    }
  }

  get #hasMore (): boolean {
    return this.#large != null || this.queuedMessages > 0 || this.#control.length > 0 || this.#gossip.length > 0 || this.#pending.hasControl || this.#pending.hasGossip
  }

  #writeTo (stream: Stream): void {
    while (stream === this.#stream && takesMore(stream)) {
      const batch = this.#large == null ? this.#nextBatch() : this.#nextPiece(this.#large)

      if (batch == null) {
        return
      }

      this.counters.writes++
      this.counters.bytes += batch.byteLength

      try {
        stream.send(batch)
      } catch (err) {
        this.detach()
        this.#init.onWriteError(stream, err instanceof Error ? err : new Error(String(err)))
      }
    }
  }

  /** Frames for the next write, not joined, since the stream copies them anyway: control first, then messages by class, then gossip; or the first piece of one that is large. */
  #nextBatch (): Frame | undefined {
    let bytes = this.#takeControl()

    bytes = this.#takeMessages(this.#publish, bytes)
    bytes = this.#takeMessages(this.#forward, bytes)
    bytes = this.#takeMessages(this.#iwant, bytes)
    this.#takeGossip(bytes)

    const parts = this.#parts
    this.#parts = undefined

    if (parts == null) {
      return this.#large == null ? undefined : this.#nextPiece(this.#large)
    }
    if (!Array.isArray(parts)) {
      this.counters.frames++

      return parts
    }

    this.counters.frames += parts.length

    return new Uint8ArrayList(...parts)
  }

  #nextPiece (frame: Frame): Frame {
    const start = this.#writtenOfLarge
    const end = Math.min(frame.length, start + MAX_WRITE_BYTES)

    if (end === frame.length) {
      this.#large = undefined
      this.#writtenOfLarge = 0
      this.counters.frames++
    } else {
      this.#writtenOfLarge = end
    }

    return frame instanceof Uint8Array ? frame.subarray(start, end) : frame.sublist(start, end)
  }

  #takeControl (): number {
    if (this.#pending.hasControl) {
      const { subscriptions, control } = this.#pending.takeControl()
      this.#withdrawals.written(subscriptions, control.graft, control.prune, this.#turn.nowMs)
      this.#control.push(...this.#frame({ subscriptions, control }))
    }

    return this.#take(this.#control, 0)
  }

  #takeGossip (bytes: number): void {
    if (this.#pending.hasGossip && bytes < MAX_WRITE_BYTES && this.#large == null) {
      this.#gossip.push(...this.#frame({ control: { ihave: this.#pending.takeGossip() } }))
    }

    this.#take(this.#gossip, bytes)
  }

  #frame (rpc: ControlRpc): Frame[] {
    countRpc(this.counters, rpc)

    return frameRpc(rpc)
  }

  #take (frames: Frame[], bytes: number): number {
    while (frames.length > 0 && this.#fits(frames[0], bytes)) {
      bytes += this.#add(frames[0])
      frames.shift()
    }

    return bytes
  }

  #takeMessages (queue: MessageQueue, bytes: number): number {
    for (let frame = queue.peek(); frame != null && this.#fits(frame, bytes); frame = queue.peek()) {
      bytes += this.#add(frame)
      queue.shift()
      this.counters.messages++
    }

    return bytes
  }

  /** A frame that fits into no write may still be the first of it. */
  #fits (frame: Frame, bytes: number): boolean {
    return this.#large == null && (bytes === 0 || bytes + frame.length <= MAX_WRITE_BYTES)
  }

  #add (frame: Frame): number {
    if (frame.length > MAX_WRITE_BYTES) {
      this.#large = frame
    } else if (this.#parts == null) {
      this.#parts = frame
    } else if (Array.isArray(this.#parts)) {
      this.#parts.push(frame)
    } else {
      this.#parts = [this.#parts, frame]
    }

    return frame.length
  }

  #dropStale (): void {
    if (this.#isStale(this.#forward)) {
      this.#dropGossip()
      this.#countMessages('outbox-stale', drop(this.#forward, queue => this.#isStale(queue)))
    }

    this.#slow?.remind()
  }

  #isStale ({ oldestMs }: MessageQueue): boolean {
    return this.#turn.fairMs - oldestMs > this.#maxForwardAgeMs
  }

  /** What is dropped first: gossip, what is old, forwards, replies, and our own messages last. */
  #makeRoom (): void {
    this.#dropGossip()
    this.#dropStale()
    const isOverfull = (): boolean => this.#isOverfull()

    this.#countMessages('outbox-forward', drop(this.#forward, isOverfull))
    this.#countMessages('outbox-iwant', drop(this.#iwant, isOverfull))
    this.#countMessages('outbox-publish', drop(this.#publish, isOverfull))
  }

  #dropGossip (): void {
    this.#gossip.length = 0
    this.#count('outbox-gossip', this.#pending.dropGossip())
  }

  #isOverfull (): boolean {
    return this.queuedBytes > this.#init.maxBytes || this.queuedMessages > this.#maxMessages
  }

  #countMessages (reason: OutboxDropReason, count: number): void {
    this.#count(reason, count)

    // without a stream it is not the peer who is slow
    if (this.#stream != null) {
      this.#slow?.add(count)
    }
  }

  #count (reason: OutboxDropReason, count: number): void {
    if (count > 0) {
      this.#init.onDrop(reason, count)
    }
  }
}

/** After a drain a stream first sends what it holds; more on top of that would heap up there. */
function takesMore (stream: Stream): boolean {
  return !stream.writableNeedsDrain && stream.writeBufferLength === 0
}

/** Drop the first messages while it says so. Returns how many. */
function drop (queue: MessageQueue, isDropped: (queue: MessageQueue) => boolean): number {
  let dropped = 0

  for (; queue.length > 0 && isDropped(queue); dropped++) {
    queue.shift()
  }

  return dropped
}
