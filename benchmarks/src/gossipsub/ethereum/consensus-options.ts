import { createHash } from 'node:crypto'
import { ANONYMOUS, ID_BYTES } from '../pubsub-options.ts'
import { TIME_FACTOR } from './slot.ts'
import type { BenchOptions } from '../pubsub-options.ts'

const HEARTBEAT_MS = 700

/** MESSAGE_DOMAIN_VALID_SNAPPY: https://github.com/ethereum/consensus-specs/blob/master/specs/phase0/p2p-interface.md */
const VALID_SNAPPY = Uint8Array.of(1, 0, 0, 0)

/** What is hashed before a message's data, by topic. */
const prefixes = new Map<string, Buffer>()

/**
 * As Lodestar configures its pubsub, heartbeats as often as there are in a slot:
 * https://github.com/ChainSafe/lodestar/blob/unstable/packages/beacon-node/src/network/gossip/gossipsub.ts. Its snappy and its validation
 * are left out, and the fast id is a part of the message, which is random.
 */
export const CONSENSUS: BenchOptions = {
  ...ANONYMOUS,
  heartbeatInterval: Math.round(HEARTBEAT_MS / TIME_FACTOR),
  mcacheLength: 6,
  mcacheGossip: 3,
  seenTTL: 550 * HEARTBEAT_MS,
  maxOutboundBufferSize: 2 ** 24,
  msgIdFn: consensusId
}

/** https://github.com/ethereum/consensus-specs/blob/master/specs/altair/p2p-interface.md "Topics and messages" */
export function consensusId ({ topic, data }: { topic: string, data: Uint8Array }): Uint8Array {
  return createHash('sha256').update(prefixOf(topic)).update(data).digest().subarray(0, ID_BYTES)
}

function prefixOf (topic: string): Buffer {
  let prefix = prefixes.get(topic)

  if (prefix == null) {
    const length = Buffer.alloc(8)
    length.writeUInt32LE(topic.length)
    prefix = Buffer.concat([VALID_SNAPPY, length, Buffer.from(topic)])
    prefixes.set(topic, prefix)
  }

  return prefix
}
