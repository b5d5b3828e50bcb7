import type { SignaturePolicy } from '@quicmesh/gossipsub'

/** Bytes of a message id, as on Ethereum's consensus network. */
export const ID_BYTES = 20

/** What the contestants are configured with, all alike. */
export interface BenchOptions {
  globalSignaturePolicy?: SignaturePolicy
  allowPublishToZeroTopicPeers?: boolean
  D?: number
  Dlo?: number
  Dhi?: number
  Dlazy?: number
  heartbeatInterval?: number
  mcacheLength?: number
  mcacheGossip?: number
  seenTTL?: number
  maxOutboundBufferSize?: number
  /** Ours alone has it: more ids than it allows would be forgotten, and the memory of an id come out too low. */
  maxSeenMessages?: number
  /** Ours alone have these. */
  maxCachedMessages?: number
  maxCachedBytes?: number
  fastMsgIdFn?(message: { data?: Uint8Array }): string
  msgIdFn?(message: { data: Uint8Array }): Uint8Array
  msgIdToStrFn?(id: Uint8Array): string
}

/** The mesh of Ethereum's consensus clients. */
export const MESH = { D: 8, Dlo: 6, Dhi: 12, Dlazy: 6 }

/**
 * Messages without author or signature, whose first 20 bytes are their id: what applications hash is not what is compared here. The
 * three functions are of the same kind as Lodestar's.
 */
export const ANONYMOUS: BenchOptions = {
  ...MESH,
  globalSignaturePolicy: 'StrictNoSign',
  allowPublishToZeroTopicPeers: true,
  fastMsgIdFn: ({ data }) => data == null ? '' : fastId(data),
  msgIdFn: ({ data }) => data.slice(0, ID_BYTES),
  msgIdToStrFn: hexId
}

/** Of ours, more than any figure caches: without heartbeats the others let nothing go. */
export const UNBOUNDED_CACHE: BenchOptions = { maxCachedMessages: 4_000_000, maxCachedBytes: 1e9 }

/** The defaults, with the same mesh. */
export const SIGNED: BenchOptions = { ...MESH, globalSignaturePolicy: 'StrictSign', allowPublishToZeroTopicPeers: true }

/** 64 bits in four code units. */
function fastId (data: Uint8Array): string {
  return String.fromCharCode(
    data[0] << 8 | data[1],
    data[2] << 8 | data[3],
    data[4] << 8 | data[5],
    data[6] << 8 | data[7]
  )
}

const sharedId = Buffer.alloc(ID_BYTES)

function hexId (id: Uint8Array): string {
  sharedId.set(id)

  return `0x${sharedId.toString('hex')}`
}
