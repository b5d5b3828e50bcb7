import { noise } from '@chainsafe/libp2p-noise'
import { quic as chainsafeQuic } from '@chainsafe/libp2p-quic'
import { yamux } from '@chainsafe/libp2p-yamux'
import { gossipsub as libp2pGossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { gossipsub, TopicValidatorResult } from '@quicmesh/gossipsub'
import { quic } from '@quicmesh/quic-transport'
import { createLibp2p } from 'libp2p'
import { messageId, messageIdText } from './message.ts'
import type { TransportName } from './addresses.ts'
import type { Libp2p, PeerId, PrivateKey, TypedEventTarget } from '@libp2p/interface'
import type { GossipsubOpts } from '@quicmesh/gossipsub'

/** Ours; and `@chainsafe/libp2p-quic` with `@libp2p/gossipsub`. */
export const implementations = ['quicmesh', 'chainsafe'] as const

export type Implementation = typeof implementations[number]

export const protocolVersions = ['1.0', '1.1', '1.2'] as const

export type ProtocolVersion = typeof protocolVersions[number]

export interface NodeOptions {
  implementation: Implementation
  transport: TransportName
  listen: string
  privateKey: PrivateKey
  /** The highest one that is spoken. */
  protocolVersion: ProtocolVersion
  /** Of the script. */
  gossip: Partial<GossipsubOpts>
  /** Where our QUIC leaves a file of every connection. */
  qlogDirectory?: string
}

/** What the node needs of both implementations. */
export interface Pubsub extends TypedEventTarget<PubsubEvents> {
  subscribe(topic: string): void
  publish(topic: string, data: Uint8Array): Promise<{ recipients: PeerId[] }>
  reportMessageValidationResult(msgId: string, propagationSource: string, acceptance: TopicValidatorResult): void
}

interface PubsubEvents {
  'gossipsub:message': CustomEvent<{ propagationSource: PeerId, msgId: string, msg: { topic: string, data: Uint8Array } }>
  /** Ours alone. */
  'gossipsub:duplicate': CustomEvent<{ propagationSource: PeerId, msgId: string, topic: string }>
}

export type GossipNode = Libp2p<{ pubsub: Pubsub }>

/** As in libp2p's other programs: the largest frame. */
const MAX_FRAME_BYTES = 10 * 1_024 * 1_024

/** On loopback all peers are one host to libp2p, which refuses its sixth connection in a second. */
const INBOUND_CONNECTIONS_PER_SECOND = 10_000

/** A node with as many peers as the largest mesh has. */
const MAX_PENDING_CONNECTIONS = 256

/** Of dials and upgrades: at the start all nodes of a machine connect at once. */
const CONNECT_TIMEOUT_MS = 30_000

/** @param onArrival - told each time that the rival looks at a message, its own included, which has no event for copies */
export async function createNode (options: NodeOptions, onArrival: (id: string, topic: string) => void): Promise<GossipNode> {
  const { implementation, transport, listen, privateKey, qlogDirectory } = options

  return createLibp2p<{ pubsub: Pubsub }>({
    privateKey,
    addresses: { listen: [listen] },
    transports: [transport === 'tcp' ? tcp() : implementation === 'quicmesh' ? quic({ qlogDirectory }) : chainsafeQuic()],
    ...(transport === 'tcp' ? { connectionEncrypters: [noise()], streamMuxers: [yamux()] } : {}),
    connectionManager: {
      inboundConnectionThreshold: INBOUND_CONNECTIONS_PER_SECOND,
      maxIncomingPendingConnections: MAX_PENDING_CONNECTIONS,
      dialTimeout: CONNECT_TIMEOUT_MS,
      addressDialTimeout: CONNECT_TIMEOUT_MS,
      inboundUpgradeTimeout: CONNECT_TIMEOUT_MS
    },
    services: {
      identify: identify(),
      ping: ping(),
      pubsub: implementation === 'quicmesh' ? gossipsub(gossipOptions(options)) : rivalPubsub(options, onArrival)
    } satisfies Record<string, unknown> as { pubsub: (components: any) => Pubsub }
  })
}

function gossipOptions ({ protocolVersion, gossip }: NodeOptions): Partial<GossipsubOpts> {
  return {
    ...gossip,
    globalSignaturePolicy: 'StrictNoSign',
    // a message is shown when it arrives, not when it is valid: that is what the log is about
    asyncValidation: true,
    msgIdFn: messageId,
    msgIdToStrFn: messageIdText,
    maxInboundDataLength: MAX_FRAME_BYTES,
    // as go-libp2p-pubsub, whose parameters the script has: it has no parameter for this
    floodPublish: false,
    // go-libp2p-pubsub does not mind
    allowPublishToZeroTopicPeers: true,
    protocols: protocolVersions.slice(0, protocolVersions.indexOf(protocolVersion) + 1).reverse().map(version => `/meshsub/${version}.0`)
  }
}

/** The options have the same names there; what it does not know it ignores. */
function rivalPubsub (options: NodeOptions, onArrival: (id: string, topic: string) => void): ReturnType<typeof libp2pGossipsub> {
  if (options.protocolVersion !== '1.2') {
    throw new Error('@libp2p/gossipsub speaks all versions, whatever its options say')
  }

  // what differs is the types of what is not given
  const common = gossipOptions(options) as Parameters<typeof libp2pGossipsub>[0]

  return libp2pGossipsub({
    ...common,
    msgIdFn: (msg) => {
      const id = messageId(msg)
      onArrival(messageIdText(id), msg.topic)

      return id
    }
  })
}

export { TopicValidatorResult }
