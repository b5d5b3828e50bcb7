import { AskedMessages } from './asked-messages.ts'
import { Validation } from './net/validation.ts'
import { TopicValidatorResult } from './topic-validator.ts'
import type { Judge } from './judge.ts'
import type { GossipsubParams } from './params.ts'
import type { RoutedMessage, Verdict } from './router/events.ts'
import type { MsgIdStr, MsgIdToStrFn } from './types.ts'
import type { PeerId } from '@libp2p/interface'

export interface VerdictsInit {
  params: GossipsubParams
  judge: Judge
  /** The application is shown messages and reports on them. */
  asyncValidation: boolean
  msgIdToStrFn: MsgIdToStrFn
  /** The verdict of the signature or of a validator. */
  onVerdict(message: RoutedMessage, verdict: Verdict): void
  /** The verdict that the application reported. */
  onReport(message: RoutedMessage, verdict: Verdict): void
  /** The application is to say what it thinks of the message. */
  onAsk(message: RoutedMessage, source: PeerId, msgId: MsgIdStr): void
  /** It was full and no longer is. */
  onRoom(): void
}

/** Finds out what to make of messages: from their signatures, from validators, and from what the application reports. */
export class Verdicts {
  readonly #init: VerdictsInit
  readonly #validation: Validation
  readonly #asked: AskedMessages

  constructor (init: VerdictsInit) {
    const { maxPendingValidations, maxPendingValidationBytes, validationTimeout } = init.params
    // below the limits of the router, which would drop what exceeds them
    const maxPending = Math.ceil(maxPendingValidations / 2)

    this.#init = init
    this.#asked = new AskedMessages(validationTimeout, maxPending)
    this.#validation = new Validation({
      maxPending,
      maxPendingBytes: Math.ceil(maxPendingValidationBytes / 2),
      timeoutMs: validationTimeout,
      onVerdict: (message, verdict) => { this.#tell(message, verdict) },
      onRoom: init.onRoom
    })
  }

  /** While true, no more messages should be read. */
  get isFull (): boolean {
    return this.#validation.isFull || this.#asked.isFull
  }

  validate (message: RoutedMessage, source: PeerId): void {
    const { judge, asyncValidation } = this.#init
    const verdict = judge.judge(message, source)

    if (verdict instanceof Promise) {
      const asked = asyncValidation ? verdict.then(verdict => this.#ask(message, source, verdict)) : verdict
      this.#validation.settle(message, asked, performance.now())
    } else {
      this.#tell(message, asyncValidation ? this.#ask(message, source, verdict) : verdict)
    }
  }

  /**
   * What the application thinks of a message that it was shown. A late or unknown id is harmless.
   *
   * @returns the message, if a report on it was awaited
   */
  report (msgId: MsgIdStr, result: TopicValidatorResult): RoutedMessage | undefined {
    const wasFull = this.isFull
    const message = this.#asked.take(msgId)

    if (message != null) {
      this.#init.onReport(message, verdictOf(result))
    }
    if (wasFull && !this.isFull) {
      this.#init.onRoom()
    }

    return message
  }

  /** Give up on what is older than the deadline. */
  expire (nowMs: number): void {
    const wasFull = this.isFull
    this.#validation.expire(nowMs)
    this.#asked.expire(nowMs)

    if (wasFull && !this.isFull) {
      this.#init.onRoom()
    }
  }

  /** Undefined when the application is yet to say what it thinks. A message that it cannot name is ignored. */
  #ask (message: RoutedMessage, source: PeerId, verdict: Verdict): Verdict | undefined {
    if (verdict !== 'accept') {
      return verdict
    }

    let msgId: MsgIdStr

    try {
      msgId = this.#init.msgIdToStrFn(message.id)
    } catch {
      return 'ignore'
    }

    this.#asked.add(msgId, message, performance.now())
    this.#init.onAsk(message, source, msgId)
  }

  #tell (message: RoutedMessage, verdict: Verdict | undefined): void {
    if (verdict != null) {
      this.#init.onVerdict(message, verdict)
    }
  }
}

function verdictOf (result: TopicValidatorResult): Verdict {
  switch (result) {
    case TopicValidatorResult.Accept: return 'accept'
    case TopicValidatorResult.Reject: return 'reject'
    default: return 'ignore'
  }
}
