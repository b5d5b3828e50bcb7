/**
 * How the peers of one topic are scored. The names and the defaults are those of the public option `scoreParams`, the
 * meaning is that of gossipsub-v1.1.md "Topic Parameter Calculation and Decay". Durations are in milliseconds. A counter
 * is multiplied by its decay at each `decayInterval`. A weight of 0 turns a component off.
 */
export interface TopicScoreParams {
  /** Accept parameters that are 0 as a group: see `PeerScoreParams.skipAtomicValidation`. */
  skipAtomicValidation?: boolean

  /** What the sum of P1 to P4 in this topic is multiplied by. At least 0. */
  topicWeight: number

  /** P1, time in the mesh. At least 0. Too high: a silent peer outlives its faults. */
  timeInMeshWeight: number
  /** P1 counts the time in the mesh in units of this, ms; parts count. More than 0. */
  timeInMeshQuantum: number
  /** Most of P1, in quanta. */
  timeInMeshCap: number

  /** P2, messages that the peer was the first to deliver. At least 0. */
  firstMessageDeliveriesWeight: number
  firstMessageDeliveriesDecay: number
  /** Most of the counter of P2. Too high: a fast peer can pay for a lot of misbehaviour. */
  firstMessageDeliveriesCap: number

  /**
   * P3, the square of what the peer's deliveries in the mesh are short of the threshold. At most 0. Needs a threshold that
   * the traffic of the topic reaches: an honest peer of a quiet topic is punished otherwise.
   */
  meshMessageDeliveriesWeight: number
  meshMessageDeliveriesDecay: number
  /** Most of the counter of P3. Too high: a peer that stops delivering is noticed late. */
  meshMessageDeliveriesCap: number
  /** Below this counter P3 is a penalty. */
  meshMessageDeliveriesThreshold: number
  /**
   * How long after its validation a message that comes again counts as delivered, ms. Too long: a peer earns by sending
   * back what it got from us.
   */
  meshMessageDeliveriesWindow: number
  /** How long a peer is in the mesh before P3 applies, ms. More than it takes an honest peer to reach the threshold. */
  meshMessageDeliveriesActivation: number

  /** P3b, the deficit squared with which a peer left the mesh. Sticks to the peer. At most 0. */
  meshFailurePenaltyWeight: number
  meshFailurePenaltyDecay: number

  /** P4, the square of the number of invalid messages. At most 0. */
  invalidMessageDeliveriesWeight: number
  invalidMessageDeliveriesDecay: number
}

/** The numbers among the parameters of a topic. */
export type TopicScoreNumber = Exclude<keyof TopicScoreParams, 'skipAtomicValidation'>

/** The values of `@libp2p/gossipsub`. They suit no network in particular. */
export const defaultTopicScoreParams: TopicScoreParams = {
  topicWeight: 0.5,
  timeInMeshWeight: 1,
  timeInMeshQuantum: 1,
  timeInMeshCap: 3_600,
  firstMessageDeliveriesWeight: 1,
  firstMessageDeliveriesDecay: 0.5,
  firstMessageDeliveriesCap: 2_000,
  meshMessageDeliveriesWeight: -1,
  meshMessageDeliveriesDecay: 0.5,
  meshMessageDeliveriesCap: 100,
  meshMessageDeliveriesThreshold: 20,
  meshMessageDeliveriesWindow: 10,
  meshMessageDeliveriesActivation: 5_000,
  meshFailurePenaltyWeight: -1,
  meshFailurePenaltyDecay: 0.5,
  invalidMessageDeliveriesWeight: -1,
  invalidMessageDeliveriesDecay: 0.3
}

/** Fill in the defaults. With `skipAtomicValidation` what is not given is off, which is 0, as in the Go implementation. */
export function createTopicScoreParams (partial: Partial<TopicScoreParams> = {}): TopicScoreParams {
  const params: TopicScoreParams = { ...defaultTopicScoreParams }

  for (const name of Object.keys(defaultTopicScoreParams) as TopicScoreNumber[]) {
    params[name] = partial[name] ?? (partial.skipAtomicValidation === true ? 0 : defaultTopicScoreParams[name])
  }

  if (partial.skipAtomicValidation === true) {
    params.skipAtomicValidation = true
  }

  return params
}
