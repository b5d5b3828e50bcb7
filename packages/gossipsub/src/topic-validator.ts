import type { Message } from './index.ts'
import type { PeerId } from '@libp2p/interface'

/** What an application says of a message. gossipsub-v1.1.md "Extended Validators". */
export enum TopicValidatorResult {
  /** Deliver it and forward it. */
  Accept = 'accept',
  /** Drop it and think no worse of the sender. */
  Ignore = 'ignore',
  /** Drop it: the sender misbehaves. */
  Reject = 'reject'
}

/**
 * Called once for a message of the topic that it is registered for, with the peer that sent it. What it throws counts as
 * `Ignore`, as does anything that is no `TopicValidatorResult`; an error with `code: 'ERR_TOPIC_VALIDATOR_REJECT'` counts as `Reject`.
 */
export interface TopicValidatorFn {
  (peer: PeerId, message: Message): TopicValidatorResult | Promise<TopicValidatorResult>
}
