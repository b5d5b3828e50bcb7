import { shellMessage } from './shell-message.ts'
import { isThenable } from './thenable.ts'
import { TopicValidatorResult } from './topic-validator.ts'
import type { MessagePolicy } from './message-policy.ts'
import type { RoutedMessage, Verdict } from './router/events.ts'
import type { TopicValidatorFn } from './topic-validator.ts'
import type { PeerId } from '@libp2p/interface'

/** Passes verdicts on messages: the signature first, then the application. */
export class Judge {
  readonly #policy: MessagePolicy
  readonly #validators: ReadonlyMap<string, TopicValidatorFn>

  constructor (policy: MessagePolicy, validators: ReadonlyMap<string, TopicValidatorFn>) {
    this.#policy = policy
    this.#validators = validators
  }

  /** At once unless the key or the application needs time. Neither throws nor rejects. */
  judge (message: RoutedMessage, source: PeerId): Verdict | Promise<Verdict> {
    const isGenuine = this.#policy.verify(message)

    return isGenuine instanceof Promise
      ? isGenuine.then(isGenuine => this.#ask(message, source, isGenuine))
      : this.#ask(message, source, isGenuine)
  }

  #ask (message: RoutedMessage, source: PeerId, isGenuine: boolean): Verdict | Promise<Verdict> {
    if (!isGenuine) {
      return 'forged'
    }

    const validator = this.#validators.get(message.topic)

    if (validator == null) {
      return 'accept'
    }

    try {
      const result = validator(source, shellMessage(message).publicMessage)

      return isThenable(result) ? Promise.resolve(result).then(verdictOf, verdictOfError) : verdictOf(result)
    } catch (err) {
      return verdictOfError(err)
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

function verdictOfError (err: unknown): Verdict {
  return typeof err === 'object' && err != null && 'code' in err && err.code === 'ERR_TOPIC_VALIDATOR_REJECT' ? 'reject' : 'ignore'
}
