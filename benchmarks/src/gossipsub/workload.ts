import { MESSAGE_BYTES } from './frames.ts'

/** How much the figures do in one round. */
export interface Workload {
  /** Small messages that are forwarded, for each number of them in a turn; each comes three times more as a duplicate. */
  messages: number
  /** Messages of 128 KiB. */
  largeMessages: number
  /** Signed small messages. */
  signedMessages: number
  /** Ids in the seen cache, the fewer and the more. */
  fewIds: number
  manyIds: number
  /** Messages in the message cache when its memory is measured. */
  cachedMessages: number
  /** Heartbeats that are counted. */
  heartbeats: number
  /** Ids that one topic gossips about. */
  gossipIds: number
  /** Peers, topics and payload of the messages of the figures that grow by one of them. */
  peers: number
  topics: number
  messageBytes: number
  /** Messages of these; each comes three times more as a duplicate. */
  growthMessages: number
  /** Ids in the seen cache of the figure that grows by them. */
  seenIds: number
  /** Attestation subnets of the load that is shaped like Ethereum's. */
  subnets: number
  /** Messages a second of the figures over real streams. */
  rate: number
  /** Seconds of each phase of a figure over real streams. */
  seconds: number
}

/** A few seconds for each figure of a contestant on the machine on which this was written. */
export const DEFAULT_WORKLOAD: Readonly<Workload> = {
  messages: 20_000,
  largeMessages: 400,
  signedMessages: 2_000,
  fewIds: 100_000,
  manyIds: 1_000_000,
  cachedMessages: 20_000,
  heartbeats: 40,
  gossipIds: 40_000,
  peers: 50,
  topics: 1,
  messageBytes: MESSAGE_BYTES,
  growthMessages: 10_000,
  seenIds: 100_000,
  subnets: 2,
  rate: 500,
  seconds: 4
}

/** Less work; as much at once, and as many ids that are gossiped about. `percent` of 100 changes nothing. */
export function scaleWorkload (percent: number): Workload {
  const scale = (value: number): number => Math.max(1, Math.round(value * percent / 100))
  const { messages, largeMessages, signedMessages, fewIds, manyIds, cachedMessages, heartbeats, growthMessages, seconds } = DEFAULT_WORKLOAD

  return {
    ...DEFAULT_WORKLOAD,
    messages: scale(messages),
    largeMessages: scale(largeMessages),
    signedMessages: scale(signedMessages),
    fewIds: scale(fewIds),
    manyIds: scale(manyIds),
    cachedMessages: scale(cachedMessages),
    heartbeats: scale(heartbeats),
    growthMessages: scale(growthMessages),
    seconds: Math.max(1, scale(seconds))
  }
}
