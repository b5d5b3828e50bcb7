import { InvalidParametersError } from '@libp2p/interface'
import type { TopicStr } from './router/events.ts'
import type { RPC } from './wire/rpc.ts'

/**
 * Topics longer than this, in UTF-16 code units, are not matched against a pattern: peers choose topics, and what a pattern costs may grow
 * faster than their length. Known networks have topics of less than 100.
 */
export const MAX_MATCHED_TOPIC_LENGTH = 1_024

/** The option `subscriptionFilter`. A topic must pass everything that is given. */
export interface SubscriptionFilterOptions {
  /** The topics that are of interest. Read once. */
  allow?: Iterable<TopicStr>
  /**
   * What topics of interest look like. It matches anywhere in a topic unless it has `^` and `$`. Whatever its flags, each topic is matched
   * from its beginning, and `lastIndex` of the application's object stays as it is.
   */
  pattern?: RegExp
  /** Most subscriptions and unsubscriptions in one RPC, before any is filtered; all of an RPC with more are ignored. */
  maxPerRpc?: number
  /** Most topics of interest that one peer may be subscribed to; all subscriptions of an RPC that would exceed it are ignored. */
  maxPerPeer?: number
}

/** What an RPC announces, filtered. */
export interface FilteredSubscriptions {
  /** At most one for each topic, in the order of the RPC. */
  subscriptions: RPC.SubOpts[]
  /** How many were of no interest. */
  notAllowed: number
  /** How many were ignored because they were too many: all or none. */
  tooMany: number
}

/**
 * Which topics may be joined, and which subscriptions of peers are worth remembering.
 *
 * References: `SubscriptionFilter` of go-libp2p-pubsub (allow list, regular expression, limit for each RPC) and
 * `TopicSubscriptionFilter` of rust-libp2p (limit for each peer; combined filters must all agree).
 */
export class SubscriptionFilter {
  readonly #allow?: ReadonlySet<TopicStr>
  readonly #pattern?: RegExp
  readonly #maxPerRpc: number
  readonly #maxPerPeer: number

  /**
   * @throws {InvalidParametersError} naming the option and the rule it breaks
   */
  constructor ({ allow, pattern, maxPerRpc, maxPerPeer }: SubscriptionFilterOptions) {
    this.#allow = allow == null ? undefined : topicsOf(allow)
    this.#pattern = pattern == null ? undefined : ownPattern(pattern)
    this.#maxPerRpc = limit('maxPerRpc', maxPerRpc)
    this.#maxPerPeer = limit('maxPerPeer', maxPerPeer)
  }

  /** Whether the topic is of interest: we may join it, and remember who is subscribed to it. */
  canSubscribe (topic: TopicStr): boolean {
    return topic !== '' && (this.#allow?.has(topic) ?? true) && this.#matches(topic)
  }

  /**
   * @param announced - all subscriptions and unsubscriptions of one RPC
   * @param current - the topics that the peer is subscribed to so far
   */
  filterIncoming (announced: RPC.SubOpts[], current: ReadonlySet<TopicStr> = NOTHING): FilteredSubscriptions {
    const ignored = { subscriptions: [], notAllowed: 0, tooMany: announced.length }

    if (announced.length > this.#maxPerRpc) {
      return ignored
    }

    const allowed = announced.filter(({ topic }) => this.canSubscribe(topic ?? ''))
    const subscriptions = outcomes(allowed)

    return this.#isTooMany(subscriptions, current)
      ? ignored
      : { subscriptions, notAllowed: announced.length - allowed.length, tooMany: 0 }
  }

  #matches (topic: TopicStr): boolean {
    const pattern = this.#pattern

    if (pattern == null) {
      return true
    }
    if (topic.length > MAX_MATCHED_TOPIC_LENGTH) {
      return false
    }

    // with /g and /y it would go on where the topic before matched
    pattern.lastIndex = 0

    return pattern.test(topic)
  }

  #isTooMany (subscriptions: RPC.SubOpts[], current: ReadonlySet<TopicStr>): boolean {
    if (this.#maxPerPeer === Infinity) {
      return false
    }

    const after = new Set(current)

    for (const { topic = '', subscribe } of subscriptions) {
      if (subscribe === true) {
        after.add(topic)
      } else {
        after.delete(topic)
      }
    }

    return after.size > this.#maxPerPeer && after.size > current.size
  }
}

const NOTHING: ReadonlySet<TopicStr> = new Set()

/** One of each topic. As in the Go implementation the opposite of an earlier one cancels it, and both count for nothing. */
function outcomes (announced: RPC.SubOpts[]): RPC.SubOpts[] {
  const outcome = new Map<TopicStr, RPC.SubOpts>()

  for (const subscription of announced) {
    const { topic = '', subscribe } = subscription
    const earlier = outcome.get(topic)

    if (earlier == null) {
      outcome.set(topic, subscription)
    } else if ((earlier.subscribe === true) !== (subscribe === true)) {
      outcome.delete(topic)
    }
  }

  return [...outcome.values()]
}

function topicsOf (allow: Iterable<TopicStr>): ReadonlySet<TopicStr> {
  // a text is a list of its characters, which nobody means
  if (typeof allow === 'string') {
    throw new InvalidParametersError(`Gossipsub option subscriptionFilter.allow is ${allow}: it must be a list of topics`)
  }

  return new Set(allow)
}

function ownPattern (pattern: RegExp): RegExp {
  if (!(pattern instanceof RegExp)) {
    throw new InvalidParametersError(`Gossipsub option subscriptionFilter.pattern is ${String(pattern)}: it must be a regular expression`)
  }

  return new RegExp(pattern)
}

function limit (name: string, value: number = Infinity): number {
  if (value !== Infinity && !(Number.isInteger(value) && value >= 1)) {
    throw new InvalidParametersError(`Gossipsub option subscriptionFilter.${name} is ${String(value)}: it must be a whole number, at least 1`)
  }

  return value
}
