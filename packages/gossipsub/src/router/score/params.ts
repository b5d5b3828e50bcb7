/**
 * How peers are scored (gossipsub-v1.1.md "Peer Scoring"): the parameters of all topics together, and what they have no
 * topic for. What a valid value is: src/score-params.ts.
 */
import { createTopicScoreParams } from './topic-params.ts'
import type { PeerIdStr, TopicStr } from './names.ts'
import type { TopicScoreParams } from './topic-params.ts'

export * from './topic-params.ts'

export interface PeerScoreParams {
  /**
   * Only check the groups of parameters of which one is not 0, so that an application may set a part of them. As in the Go
   * implementation; what is not set is off.
   */
  skipAtomicValidation?: boolean

  /** The topics that are scored. In all others a peer neither earns nor loses. */
  topics: Record<TopicStr, TopicScoreParams>

  /** Most that all topics together add to a score, 0 for no limit. Their penalties are not limited. */
  topicScoreCap: number

  /**
   * P5, what the application thinks of a peer: any finite number. It is asked each time that the score is, so it should
   * look up, not calculate. If it throws, or what it returns is no finite number, it counts as 0.
   */
  appSpecificScore(p: PeerIdStr): number
  /** What P5 is multiplied by. Any finite number; with 0 `appSpecificScore` is not called. */
  appSpecificWeight: number

  /**
   * P6, the square of the number of peers at one address above the threshold. At most 0. Peers that left with a negative
   * score are counted for as long as it is retained.
   */
  IPColocationFactorWeight: number
  /** Peers at one IPv4 address, or in one IPv6 network of 64 bits, that are not suspicious. At least 1. */
  IPColocationFactorThreshold: number
  /** Addresses that P6 does not count: `192.0.2.1`, `2001:db8::1`, or a range, `10.0.0.0/8`, `fd00::/8`. Read once. */
  IPColocationFactorWhitelist: Set<string>

  /**
   * P7, the square of the counter of misbehaviour above the threshold: GRAFT inside the backoff, IHAVE whose messages never
   * come. At most 0.
   */
  behaviourPenaltyWeight: number
  /** Faults that are forgiven. At least 0. */
  behaviourPenaltyThreshold: number
  behaviourPenaltyDecay: number

  /** Time between two decays, ms. At least 1,000. */
  decayInterval: number
  /** A counter below this is 0. Between 0 and 1. */
  decayToZero: number

  /** How long the score of a peer that left is kept, ms; 0 keeps none. Too short: to reconnect is to be forgiven. */
  retainScore: number

  /** The counter of frames that a peer was too slow to take, above the threshold, times this. At most 0. Default 0, off. */
  slowPeerPenaltyWeight?: number
  /** Default 0. */
  slowPeerPenaltyThreshold?: number
  /** Default 0.2. */
  slowPeerPenaltyDecay?: number
}

/** The values of `@libp2p/gossipsub`. No topic is scored by default. */
export const defaultPeerScoreParams: PeerScoreParams = {
  topics: {},
  topicScoreCap: 10,
  appSpecificScore: () => 0,
  appSpecificWeight: 10,
  IPColocationFactorWeight: -5,
  IPColocationFactorThreshold: 10,
  IPColocationFactorWhitelist: new Set(),
  behaviourPenaltyWeight: -10,
  behaviourPenaltyThreshold: 0,
  behaviourPenaltyDecay: 0.2,
  decayInterval: 1_000,
  decayToZero: 0.1,
  retainScore: 3_600_000
}

/** Not among the defaults above, which are those of `@libp2p/gossipsub` to the letter. */
export const defaultSlowPeerParams = Object.freeze({
  slowPeerPenaltyWeight: 0,
  slowPeerPenaltyThreshold: 0,
  slowPeerPenaltyDecay: 0.2
})

/**
 * Fill in the defaults, for each topic too. A value that is `undefined` means its default; with `skipAtomicValidation` what
 * is not given is off.
 */
export function createPeerScoreParams (partial: Omit<Partial<PeerScoreParams>, 'topics'> & { topics?: Record<TopicStr, Partial<TopicScoreParams>> } = {}): PeerScoreParams {
  const unset = partial.skipAtomicValidation === true ? allOff : defaultPeerScoreParams
  const params: PeerScoreParams = { ...unset }

  for (const name of Object.keys(defaultPeerScoreParams) as Array<keyof PeerScoreParams>) {
    Object.assign(params, { [name]: partial[name] ?? unset[name] })
  }
  for (const name of ['skipAtomicValidation', ...Object.keys(defaultSlowPeerParams)] as Array<keyof PeerScoreParams>) {
    if (partial[name] != null) {
      Object.assign(params, { [name]: partial[name] })
    }
  }

  params.topics = Object.fromEntries(Object.entries(partial.topics ?? {}).map(([topic, topicParams]) => {
    return [topic, createTopicScoreParams(topicParams)]
  }))

  return params
}

const allOff: PeerScoreParams = {
  ...defaultPeerScoreParams,
  topicScoreCap: 0,
  appSpecificWeight: 0,
  IPColocationFactorWeight: 0,
  IPColocationFactorThreshold: 0,
  behaviourPenaltyWeight: 0,
  behaviourPenaltyThreshold: 0,
  behaviourPenaltyDecay: 0,
  decayInterval: 0,
  decayToZero: 0,
  retainScore: 0
}
