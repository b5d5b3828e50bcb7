/**
 * What a slot of Ethereum's consensus network brings to one node, by public figures. Nothing here knows streams or clocks.
 *
 * Left out for their small number: sync committees, exits, slashings, changes of credentials. So is gossip by IHAVE.
 */

/** SECONDS_PER_SLOT: https://github.com/ethereum/consensus-specs/blob/master/configs/mainnet.yaml */
export const SLOT_MS = 12_000

/** ATTESTATION_SUBNET_COUNT, and SUBNETS_PER_NODE of a node that has no duties: the same file. */
export const ATTESTATION_SUBNETS = 64
export const SUBNETS_PER_NODE = 2

/** DATA_COLUMN_SIDECAR_SUBNET_COUNT, and SAMPLES_PER_SLOT: the same file. A node that takes all of them is a supernode. */
export const COLUMN_SUBNETS = 128
export const SAMPLES_PER_SLOT = 8

/** Blobs that a block aims at since the fork of 7 January 2026: https://etherworld.co/2025/10/01/bpo-forks-explained-how-fusaka-gradually-scales-blob-capacity/amp */
const BLOBS = 14

/**
 * Of each blob a cell of 2,048 bytes with commitment and proof of 48 bytes each, and once a signed header of 208 bytes, an inclusion
 * proof of 128 and 20 of offsets and index: `DataColumnSidecar` in
 * https://github.com/ethereum/consensus-specs/blob/master/specs/fulu/das-core.md
 */
const COLUMN_BYTES = BLOBS * (2_048 + 48 + 48) + 208 + 128 + 20

/** "The average block size in Ethereum is 100 KB": https://ethresear.ch/t/big-block-diffusion-and-organic-big-blocks-on-ethereum/17346 */
const BLOCK_BYTES = 100_000

/**
 * 1.07 million validators make 535 attestations for each subnet and slot, of 240 bytes, which are 192 when compressed:
 * https://www.notion.so/Attestation-propagation-networking-perspective-247d9895554180d2991fd8602d5bb472
 */
const ATTESTATIONS_PER_SUBNET = 535
const ATTESTATION_BYTES = 192

/**
 * TARGET_AGGREGATORS_PER_COMMITTEE is 16, in each of 64 committees:
 * https://github.com/ethereum/consensus-specs/blob/master/specs/phase0/validator.md
 */
const AGGREGATES = 16 * 64

/**
 * `SignedAggregateAndProof` of a committee of 535: two signatures and a proof of 96 bytes each, data of 128, bits of 68 and 8, index and
 * offsets of 20: https://github.com/ethereum/consensus-specs/blob/master/specs/electra/beacon-chain.md
 */
const AGGREGATE_BYTES = 3 * 96 + 128 + 68 + 8 + 20

/**
 * How often a message comes by: 79.5 % of attestations were duplicates on mainnet, 80.5 % of aggregates, 80.1 % of blocks and 87.8 % of
 * columns: https://reldo-site.pages.dev/posts/2026-02-02-gossipsub-bandwidth.html
 */
const COPIES = 5
const COLUMN_COPIES = 8

/** "50% of duplicate arrivals occur within 73 milliseconds": https://ethresear.ch/t/number-duplicate-messages-in-ethereums-gossipsub-network/19921 */
const DUPLICATES_WITHIN_MS = 2 * 73

/** From its publication a block takes up to so long, 95 % of them: https://ethresear.ch/t/an-analysis-of-attestation-timings-in-a-6-s-slot/23016 */
const BLOCK_SPREAD_MS = 800

/**
 * Where there is no block, attestations arrive 831 ms after the mark of 4 s in the mean, 95 % within 1,962 ms (the same page). Fewer and
 * fewer for so long have 800 and 1,863.
 */
const ATTESTATION_SPREAD_MS = 2_400

/** Silence between the bursts is left out: each is as dense as it is, and a slot takes less than half of its time. */
export const PLAYED_SLOT_MS = 4_500

/** How much faster than in a network slots follow each other, and heartbeats with them. */
export const TIME_FACTOR = SLOT_MS / PLAYED_SLOT_MS

/** Messages of one kind: a burst. */
export interface Burst {
  topics: string[]
  /** Of all topics together, in turn. */
  messages: number
  messageBytes: number
  copies: number
  /** When the first may arrive, in the slot as it is played; in a network blocks are due at 0 s, attestations at 4 s, aggregates at 8 s. */
  fromMs: number
  overMs: number
  /** Fewer and fewer of them over that time, in a straight line; as many all the time otherwise. */
  isFalling: boolean
}

export interface Subscriptions {
  attestationSubnets: number
  columnSubnets: number
}

/** A copy of a message comes by. */
export interface Delivery {
  /** Since the slot began. */
  atMs: number
  burst: Burst
  /** Of the burst, from 0. */
  message: number
  /** 0 is the first. */
  copy: number
}

/** A node that takes more subnets takes more columns, too: two for each of its attestation subnets, and no fewer than all must. */
export function subscriptionsOf (attestationSubnets: number): Subscriptions {
  return { attestationSubnets, columnSubnets: Math.max(SAMPLES_PER_SLOT, attestationSubnets * COLUMN_SUBNETS / ATTESTATION_SUBNETS) }
}

export function burstsOf ({ attestationSubnets, columnSubnets }: Subscriptions): Burst[] {
  const block = { fromMs: 0, overMs: BLOCK_SPREAD_MS, isFalling: false }

  return [
    { topics: [topicOf('beacon_block')], messages: 1, messageBytes: BLOCK_BYTES, copies: COPIES, ...block },
    { topics: topicsOf('data_column_sidecar', columnSubnets), messages: columnSubnets, messageBytes: COLUMN_BYTES, copies: COLUMN_COPIES, ...block },
    {
      topics: topicsOf('beacon_attestation', attestationSubnets),
      messages: attestationSubnets * ATTESTATIONS_PER_SUBNET,
      messageBytes: ATTESTATION_BYTES,
      copies: COPIES,
      fromMs: 1_000,
      overMs: ATTESTATION_SPREAD_MS,
      isFalling: true
    },
    // nobody has published how they spread: they are assumed to do so as blocks do
    { topics: [topicOf('beacon_aggregate_and_proof')], messages: AGGREGATES, messageBytes: AGGREGATE_BYTES, copies: COPIES, fromMs: 3_550, overMs: BLOCK_SPREAD_MS, isFalling: false }
  ]
}

/** All that comes by in one slot, in order. It is always the same. */
export function deliveriesOf (bursts: Burst[]): Delivery[] {
  return bursts.flatMap((burst) => Array.from({ length: burst.messages }, (_, message) =>
    Array.from({ length: burst.copies }, (_, copy) => ({
      atMs: burst.fromMs + offsetMs(burst, (message + 0.5) / burst.messages) + copy / (burst.copies - 1) * DUPLICATES_WITHIN_MS,
      burst,
      message,
      copy
    }))
  ).flat()).sort((a, b) => a.atMs - b.atMs)
}

/** When so large a part of the messages has come. */
function offsetMs ({ overMs, isFalling }: Burst, portion: number): number {
  return overMs * (isFalling ? 1 - Math.sqrt(1 - portion) : portion)
}

function topicsOf (name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => topicOf(`${name}_${i}`))
}

/** With a fork digest, as on mainnet. */
function topicOf (name: string): string {
  return `/eth2/8c9f62fe/${name}/ssz_snappy`
}
