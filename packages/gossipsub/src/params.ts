/**
 * Every parameter of the router in one place: its default, its unit, what goes wrong when it is too low or too high, and
 * the section of the specification that it comes from. `checkParams` is the only way in, so the router never meets a
 * value that is out of range.
 *
 * The names are those of the public options. Durations are in milliseconds, sizes in bytes, unless a line says otherwise.
 */
import { InvalidParametersError } from '@libp2p/interface'

export interface GossipsubParams {
  /**
   * Desired degree of a mesh: peers per topic that get full messages at once. Too low: long paths, and one bad neighbour
   * hurts. Too high: every message is sent and received that many times. gossipsub-v1.0.md "Parameters", D.
   */
  D: number
  /**
   * A mesh with fewer peers is filled up to `D`. Too low: a thin mesh stays thin. Too near to `D`: the mesh never rests.
   * At most `D`. gossipsub-v1.0.md "Mesh Maintenance", D_low.
   */
  Dlo: number
  /**
   * A mesh with more peers is pruned down to `D`. Too near to `D`: grafts and prunes chase each other. Too high: a
   * popular node uploads too much. At least `D`. gossipsub-v1.0.md "Mesh Maintenance", D_high.
   */
  Dhi: number
  /**
   * Peers with the best scores that stay when a mesh is pruned; the rest of `D` is drawn at random. Too low: chance may
   * drop the best. Too high: an attacker with good scores gets all places. At most `D`. gossipsub-v1.1.md "Overlay
   * Parameters", D_score.
   */
  Dscore: number
  /**
   * Peers that we dialled which a mesh has at least, when there are any. Too low: whoever dials us can fill our mesh (an
   * eclipse). Too high: nodes that nobody dials compete for places. Below `Dlo` and at most half of `D`. gossipsub-v1.1.md
   * "Outbound Mesh Quotas", D_out.
   */
  Dout: number
  /**
   * Fewest peers that are told of recent messages in a heartbeat, per topic. Too low: a lost message is recovered late.
   * Too high: gossip outweighs payload. gossipsub-v1.0.md "Gossip Emission", D_lazy.
   */
  Dlazy: number
  /**
   * Share (0 to 1) of the eligible peers that gossip goes to when that is more than `Dlazy`. Too low: slow recovery in
   * big topics. Too high: gossip grows with the network. gossipsub-v1.1.md "Adaptive Gossip Dissemination".
   */
  gossipFactor: number
  /**
   * Time between heartbeats, ms. Too low: control traffic and CPU. Too high: meshes heal slowly, and with them the unit
   * of `mcacheLength` grows. gossipsub-v1.0.md "Heartbeat".
   */
  heartbeatInterval: number
  /**
   * Time from start to the first heartbeat, ms. Too low: it runs before any peer is known. Too high: the first meshes
   * wait for it. Reference: GossipSubHeartbeatInitialDelay of the Go implementation.
   */
  heartbeatInitialDelay: number
  /**
   * How long the peers of a topic that we publish to and have not joined are remembered, ms. Too low: every publish picks
   * new peers. Too high: stale sets are maintained for nothing. gossipsub-v1.0.md "Fanout Maintenance".
   */
  fanoutTTL: number
  /**
   * Heartbeats for which a message can be asked for. Too low: an IWANT comes too late. Too high: memory.
   * gossipsub-v1.0.md "Message Cache", mcache_len.
   */
  mcacheLength: number
  /**
   * Heartbeats for which a message is announced by IHAVE; 0 turns gossip off. Too low: one lost frame loses the message.
   * Too high: gossip repeats itself. At most `mcacheLength`: what is announced must still be there to be asked for.
   * gossipsub-v1.0.md "Message Cache", mcache_gossip.
   */
  mcacheGossip: number
  /**
   * For how long at least an id is known to have been seen, ms. Too low: old messages are delivered again. Too high:
   * memory. Meant to exceed the time that a message takes to die out. gossipsub-v1.0.md "Message Cache", seen_ttl.
   */
  seenTTL: number
  /**
   * For how long a peer that pruned us, or that we pruned, is not grafted again, ms, when the PRUNE does not say. Too low:
   * the same link flaps. Too high: small networks run out of candidates. gossipsub-v1.1.md "Prune Backoff".
   */
  pruneBackoff: number
  /**
   * The same after a LEAVE, ms: shorter, so that leaving and joining again is possible. gossipsub-v1.1.md "Prune Backoff",
   * unsubscribe backoff.
   */
  unsubscribeBackoff: number
  /**
   * Peers that we name in a PRUNE for the other side to connect to, and most that we connect to when we are told. Too low:
   * the pruned peer finds no other. Too high: dials at the word of a stranger. gossipsub-v1.1.md "Peer Exchange".
   */
  prunePeers: number
  /**
   * A GRAFT so soon after a PRUNE, ms, counts as two offences. At most `pruneBackoff` matters. gossipsub-v1.1.md "Spam
   * Protection Measures"; GossipSubGraftFloodThreshold of the Go implementation.
   */
  graftFloodThreshold: number
  /**
   * Heartbeats between looks for better peers for a mesh of low median score. Too low: meshes are restless. Too high: a mesh
   * of bad peers stays. gossipsub-v1.1.md "Opportunistic Grafting", opportunisticGraftTicks.
   */
  opportunisticGraftTicks: number
  /** Peers that are added then. gossipsub-v1.1.md "Opportunistic Grafting", opportunisticGraftPeers. */
  opportunisticGraftPeers: number
  /**
   * Heartbeats after which a direct peer that is not connected is dialled at the latest; the wait grows up to it. Too low:
   * dials for nothing. Too high: a peer that is back is found late. gossipsub-v1.1.md "Explicit Peering Agreements".
   */
  directConnectTicks: number
  /** Time from start to the first dial of direct peers, ms. GossipSubDirectConnectInitialDelay of the Go implementation. */
  directConnectInitialDelay: number
  /**
   * For how long a peer may keep us waiting for a message that it announced and that we asked for, ms, before that counts as
   * misbehaviour. Too low: slow peers are punished. Too high: liars are caught late. gossipsub-v1.1.md "Promises"; the option
   * of the same name of `@libp2p/gossipsub`.
   */
  gossipsubIWantFollowupMs: number
  /**
   * Smallest message, encoded, in bytes, whose arrival is told to the mesh by IDONTWANT. Too low: the notice costs more than
   * the copies it saves. Too high: large copies cross each other. gossipsub-v1.2.md "IDONTWANT Message".
   */
  idontwantMinDataSize: number
  /**
   * Most ids in IDONTWANT that are remembered of one peer per heartbeat; later ones are dropped. Too low: copies are sent for
   * nothing. Too high: memory. gossipsub-v1.2.md "Security Considerations".
   */
  idontwantMaxMessages: number
  /**
   * Heartbeats for which an IDONTWANT is remembered. Too low: slow messages are sent all the same. Too high: memory.
   * GossipSubIDontWantMessageTTL of the Go implementation.
   */
  idontwantTtl: number
  /**
   * How often one peer may ask for one message. Too low: a lost answer is final. Too high: free amplification.
   * Reference: GossipSubGossipRetransmission of the Go implementation.
   */
  gossipRetransmission: number
  /**
   * Most ids in one IHAVE that we send, and most ids that we ask one peer for in one heartbeat. Too low: bursts are not
   * recovered. Too high: a liar makes us ask for a lot. gossipsub-v1.1.md "IHAVE/IWANT Flood Protection".
   */
  maxIHaveLength: number
  /**
   * Most frames with IHAVE that one peer may send in one heartbeat, of `maxIHaveLength` ids in the mean; the rest is dropped.
   * Too low: honest gossip is lost. Too high: CPU for a flood. gossipsub-v1.1.md "IHAVE/IWANT Flood Protection".
   */
  maxIHaveMessages: number
  /**
   * Most ids in IWANT that are looked up for one peer in one heartbeat; the rest is dropped. Too low: honest recovery is
   * cut short. Too high: CPU and upload for a flood. Twice `maxIHaveLength`, which bounds an honest asker, because the
   * heartbeats of two peers are not in step.
   */
  maxIWantLength: number
  /**
   * Most topics that one peer may announce; the rest is dropped. Too low: nodes with many topics are not served. Too high:
   * memory. Reference: subscription filters of the Go implementation.
   */
  maxSubscriptionsPerPeer: number
  /**
   * Longest topic that a peer may announce, in UTF-16 code units. With `maxSubscriptionsPerPeer` it bounds the memory
   * that one peer's announcements take.
   */
  maxTopicLength: number
  /**
   * Most messages that wait for a verdict at the same time; the oldest then counts as ignored. Too low: a burst is lost
   * while validation is busy. Too high: memory. gossipsub-v1.1.md "Validation Queue Protection".
   */
  maxPendingValidations: number
  /** Most bytes of messages that wait for a verdict at the same time. As `maxPendingValidations`. */
  maxPendingValidationBytes: number
  /**
   * A message without a verdict after this time counts as ignored, ms. Too low: slow validators lose messages. Too high:
   * verdicts that never come hold memory.
   */
  validationTimeout: number
  /**
   * Most ids in the seen cache. Too low: under load an id is forgotten before `seenTTL` and its message can come again.
   * Too high: memory. At least 2.
   */
  maxSeenMessages: number
  /** Most messages in the message cache; the oldest go first. Too low: IWANT is not served. Too high: memory. */
  maxCachedMessages: number
  /** Most bytes of encoded messages in the message cache; the oldest go first. As `maxCachedMessages`. */
  maxCachedBytes: number
  /**
   * Most promises to deliver a message that are kept track of; later ones are not. Too low: a crowd of liars goes
   * unpunished. Too high: memory.
   */
  maxPromises: number
  /**
   * Most scores of peers that have left which are kept for `retainScore`; the least negative go first. Too low: leaving
   * washes a score. Too high: memory.
   */
  maxRetainedScores: number
  /**
   * A message of others that waits for a peer for so long is dropped, ms. Too low: a pause of the peer loses messages for good, if all its neighbours
   * drop them: they announce them to others only. Too high: a slow peer gets what it has had from others for long. Well below `seenTTL`.
   */
  maxForwardAge: number
  /** Most pairs of peer and topic in backoff; the oldest go first. Too low: a crowd can wash its backoffs. Too high: memory. */
  maxBackoffs: number
}

export const defaultParams: Readonly<GossipsubParams> = Object.freeze({
  D: 6,
  Dlo: 4,
  Dhi: 12,
  Dscore: 4,
  Dout: 2,
  Dlazy: 6,
  gossipFactor: 0.25,
  heartbeatInterval: 1_000,
  heartbeatInitialDelay: 100,
  fanoutTTL: 60_000,
  mcacheLength: 5,
  mcacheGossip: 3,
  seenTTL: 120_000,
  pruneBackoff: 60_000,
  unsubscribeBackoff: 10_000,
  prunePeers: 16,
  graftFloodThreshold: 10_000,
  opportunisticGraftTicks: 60,
  opportunisticGraftPeers: 2,
  directConnectTicks: 300,
  directConnectInitialDelay: 1_000,
  gossipsubIWantFollowupMs: 3_000,
  idontwantMinDataSize: 512,
  idontwantMaxMessages: 512,
  idontwantTtl: 3,
  gossipRetransmission: 3,
  maxIHaveLength: 5_000,
  maxIHaveMessages: 10,
  maxIWantLength: 10_000,
  maxSubscriptionsPerPeer: 1_024,
  maxTopicLength: 1_024,
  maxPendingValidations: 4_096,
  maxPendingValidationBytes: 64 * 1_024 * 1_024,
  validationTimeout: 30_000,
  maxSeenMessages: 524_288,
  maxCachedMessages: 65_536,
  maxCachedBytes: 64 * 1_024 * 1_024,
  maxPromises: 65_536,
  maxRetainedScores: 16_384,
  maxForwardAge: 10_000,
  maxBackoffs: 16_384
})

/**
 * Fill in the defaults and check every value once. A value that is `undefined` means its default; keys that are no
 * parameters are not copied.
 *
 * @throws {InvalidParametersError} (name `InvalidParametersError`) naming the parameter, its value and the rule it breaks
 */
export function checkParams (partial: Partial<GossipsubParams> = {}): GossipsubParams {
  const params: GossipsubParams = { ...defaultParams }

  for (const name of parameterNames) {
    params[name] = partial[name] ?? defaultParams[name]
    ranges[name](name, params[name])
  }

  // who asks for a small mesh need not know of these two
  params.Dscore = partial.Dscore ?? Math.min(params.Dscore, params.D)
  params.Dout = partial.Dout ?? largestOutboundQuota(params.Dout, params.D, params.Dlo)
  checkDegrees(params)

  if (params.mcacheGossip > params.mcacheLength) {
    throw broken('mcacheGossip', params.mcacheGossip, `must be at most mcacheLength (${params.mcacheLength})`)
  }

  return params
}

/** The parameters of one mesh, which a topic may have of its own. */
export type MeshParams = Pick<GossipsubParams, 'D' | 'Dlo' | 'Dhi' | 'Dscore' | 'Dout' | 'Dlazy'>

/**
 * What a topic has of its own, the rest filled in from the parameters of all topics.
 *
 * @throws {InvalidParametersError} as `checkParams`
 */
export function checkMeshParams (partial: Partial<MeshParams>, common: GossipsubParams): MeshParams {
  const D = partial.D ?? common.D
  const Dlo = partial.Dlo ?? Math.min(common.Dlo, D)

  return checkParams({
    D,
    Dlo,
    Dhi: partial.Dhi ?? Math.max(common.Dhi, D),
    Dscore: partial.Dscore ?? Math.min(common.Dscore, D),
    Dout: partial.Dout ?? largestOutboundQuota(common.Dout, D, Dlo),
    Dlazy: partial.Dlazy ?? common.Dlazy
  })
}

function largestOutboundQuota (wanted: number, D: number, Dlo: number): number {
  return Math.max(0, Math.min(wanted, Dlo - 1, Math.floor(D / 2)))
}

/**
 * gossipsub-v1.0.md "Parameters", gossipsub-v1.1.md "Overlay Parameters".
 *
 * @throws {InvalidParametersError}
 */
function checkDegrees (params: MeshParams): void {
  const { D, Dlo, Dhi, Dscore, Dout } = params

  if (Dlo > D) {
    throw broken('Dlo', Dlo, `must be at most D (${D})`)
  }
  if (Dhi < D) {
    throw broken('Dhi', Dhi, `must be at least D (${D})`)
  }
  if (Dscore > D) {
    throw broken('Dscore', Dscore, `must be at most D (${D})`)
  }
  if (Dout > 0 && (Dout >= Dlo || Dout > D / 2)) {
    throw broken('Dout', Dout, `must be below Dlo (${Dlo}) and at most half of D (${D})`)
  }
}

type Check = (name: keyof GossipsubParams, value: number) => void

/** The longest delay that a timer of the platform can wait for. */
const MAX_DURATION_MS = 2 ** 31 - 1

/** A generation of ids is kept for each heartbeat. */
const MAX_IDONTWANT_TTL = 60

/** No count or size is larger: keeps sums exact. */
const MAX_COUNT = 2 ** 40

/** A record of all keys, so that a parameter without a rule does not compile. */
const ranges: Record<keyof GossipsubParams, Check> = {
  D: wholeNumber(0, MAX_COUNT),
  Dlo: wholeNumber(0, MAX_COUNT),
  Dhi: wholeNumber(0, MAX_COUNT),
  Dscore: wholeNumber(0, MAX_COUNT),
  Dout: wholeNumber(0, MAX_COUNT),
  Dlazy: wholeNumber(0, MAX_COUNT),
  gossipFactor: fraction,
  heartbeatInterval: duration(1),
  heartbeatInitialDelay: duration(0),
  fanoutTTL: duration(0),
  mcacheLength: wholeNumber(1, MAX_COUNT),
  mcacheGossip: wholeNumber(0, MAX_COUNT),
  seenTTL: duration(1),
  pruneBackoff: duration(0),
  unsubscribeBackoff: duration(0),
  prunePeers: wholeNumber(0, MAX_COUNT),
  graftFloodThreshold: duration(0),
  opportunisticGraftTicks: wholeNumber(1, MAX_COUNT),
  opportunisticGraftPeers: wholeNumber(0, MAX_COUNT),
  directConnectTicks: wholeNumber(1, MAX_COUNT),
  directConnectInitialDelay: duration(0),
  gossipsubIWantFollowupMs: duration(1),
  idontwantMinDataSize: wholeNumber(0, MAX_COUNT),
  idontwantMaxMessages: wholeNumber(0, MAX_COUNT),
  idontwantTtl: wholeNumber(1, MAX_IDONTWANT_TTL),
  gossipRetransmission: wholeNumber(0, MAX_COUNT),
  maxIHaveLength: wholeNumber(0, MAX_COUNT),
  maxIHaveMessages: wholeNumber(0, MAX_COUNT),
  maxIWantLength: wholeNumber(0, MAX_COUNT),
  maxSubscriptionsPerPeer: wholeNumber(1, MAX_COUNT),
  maxTopicLength: wholeNumber(1, MAX_COUNT),
  maxPendingValidations: wholeNumber(1, MAX_COUNT),
  maxPendingValidationBytes: wholeNumber(1, MAX_COUNT),
  validationTimeout: duration(1),
  maxSeenMessages: wholeNumber(2, MAX_COUNT),
  maxCachedMessages: wholeNumber(1, MAX_COUNT),
  maxCachedBytes: wholeNumber(1, MAX_COUNT),
  maxPromises: wholeNumber(0, MAX_COUNT),
  maxRetainedScores: wholeNumber(0, MAX_COUNT),
  maxForwardAge: duration(1),
  maxBackoffs: wholeNumber(1, MAX_COUNT)
}

const parameterNames = Object.keys(ranges) as Array<keyof GossipsubParams>

function wholeNumber (min: number, max: number): Check {
  return (name, value) => {
    if (!Number.isInteger(value) || value < min || value > max) {
      throw broken(name, value, `must be a whole number from ${min} to ${max}`)
    }
  }
}

function duration (minMs: number): Check {
  return (name, value) => {
    if (!Number.isFinite(value) || value < minMs || value > MAX_DURATION_MS) {
      throw broken(name, value, `must be a duration in ms from ${minMs} to ${MAX_DURATION_MS}`)
    }
  }
}

function fraction (name: keyof GossipsubParams, value: number): void {
  if (!(value >= 0 && value <= 1)) {
    throw broken(name, value, 'must be a number from 0 to 1')
  }
}

function broken (name: keyof GossipsubParams, value: unknown, rule: string): InvalidParametersError {
  return new InvalidParametersError(`Gossipsub parameter ${name} is ${String(value)}: it ${rule}`)
}
