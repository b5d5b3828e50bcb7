/** Copied to where the published code of Lodestar is: nodes that run its gossip as it runs it itself, over QUIC instead of TCP. */
import { EventEmitter } from 'node:events'
import { format } from 'node:util'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import { quic } from '@quicmesh/quic-transport'
import { createLibp2p } from 'libp2p'
import { RecordingRegister } from '../recording-register.ts'
import type { GaugeConfig } from '@libp2p/gossipsub/metrics'
import type { Libp2p, PeerId } from '@libp2p/interface'

/** As in its `lib/network/gossip/interface.d.ts`, of the types that are used here. */
export interface Topic {
  type: string
  boundary: { fork: string, epoch: number }
  subnet?: number
}

/** What its network core and its services call. */
export interface Eth2Gossipsub {
  readonly mesh: Map<string, Set<string>>
  start(): Promise<void>
  stop(): Promise<void>
  subscribeTopic(topic: Topic): void
  unsubscribeTopic(topic: Topic): void
  getTopics(): string[]
  getMeshPeers(topic: string): string[]
  publish(topic: string, data: Uint8Array, opts?: { ignoreDuplicatePublishError?: boolean }): Promise<{ recipients: PeerId[] }>
  getScore(peer: string): number
  dumpPeerScoreStats(): Record<string, object>
  addDirectPeer(peer: string): Promise<string | null>
  removeDirectPeer(peer: string): boolean
  getDirectPeers(): string[]
}

/** A message that Lodestar hands on to be validated. */
export interface Pending {
  topic: Topic
  msg: { data: Uint8Array }
  msgId: string
  propagationSource: string
}

export interface LodestarNode {
  libp2p: Libp2p
  gossip: Eth2Gossipsub
  register: RecordingRegister
  pending: Pending[]
}

interface GossipModule {
  Eth2Gossipsub: new (opts: object, modules: object) => Eth2Gossipsub
}

interface EventsModule {
  NetworkEvent: Record<'pendingGossipsubMessage' | 'gossipMessageValidationResult', string>
}

const ACTIVE_VALIDATORS = 1_000_000
const SLOTS_PER_EPOCH = 32

/** What it warns of is an error here. */
const logger = {
  error: complain,
  warn: complain,
  info: () => {},
  verbose: () => {},
  debug: () => {}
}

/** Registers counters as well, which Lodestar's own metrics have. */
class LodestarRegister extends RecordingRegister {
  counter (config: GaugeConfig<Record<string, string>>): object {
    return this.gauge(config)
  }
}

/** Started; `isValid` is what it answers when it is asked about a message. */
export async function startNode (config: object, epoch: number, isValid: (pending: Pending) => boolean): Promise<LodestarNode> {
  const { Eth2Gossipsub } = await load<GossipModule>('network/gossip/gossipsub.js')
  const { NetworkEvent } = await load<EventsModule>('network/events.js')
  const privateKey = await generateKeyPair('secp256k1')
  const libp2p = await createLibp2p({
    privateKey,
    addresses: { listen: ['/ip4/127.0.0.1/udp/0/quic-v1'] },
    transports: [quic()],
    // all nodes have one address, from which more than five connections a second are refused otherwise
    connectionManager: { inboundConnectionThreshold: 1_000 },
    connectionMonitor: { enabled: false },
    services: {
      identify: identify({ runOnConnectionOpen: false }),
      components: (components: Record<string, unknown>) => Object.fromEntries(COMPONENTS.map((name) => [name, components[name]]))
    }
  })
  // Lodestar's peer manager does it
  libp2p.addEventListener('connection:open', ({ detail }) => { libp2p.services.identify.identify(detail).catch(complain) })

  const events = new EventEmitter()
  const register = new LodestarRegister()
  const pending: Pending[] = []
  const gossip = new Eth2Gossipsub({}, {
    networkConfig: { config, custodyConfig: { sampleGroups: [0, 1], sampledSubnets: [0, 1] } },
    eth2Context: { activeValidatorCount: ACTIVE_VALIDATORS, currentSlot: epoch * SLOTS_PER_EPOCH, currentEpoch: epoch },
    logger,
    metricsRegister: register,
    peersData: { connectedPeers: new Map(), getPeerKind: () => undefined, getAgentVersion: () => 'unknown' },
    events,
    libp2p
  })
  events.on(NetworkEvent.pendingGossipsubMessage, (message: Pending) => {
    const { msgId, propagationSource } = message
    pending.push(message)
    events.emit(NetworkEvent.gossipMessageValidationResult, { msgId, propagationSource, acceptance: isValid(message) ? 'accept' : 'reject' })
  })
  await gossip.start()

  return { libp2p, gossip, register, pending }
}

/** A module of the published package. */
export async function load <Module> (name: string): Promise<Module> {
  return import(new URL(`../package/lib/${name}`, import.meta.url).href)
}

/** Those that Lodestar hands on: components are a proxy otherwise. */
const COMPONENTS = [
  'peerId', 'privateKey', 'nodeInfo', 'logger', 'events', 'addressManager', 'peerStore', 'upgrader', 'registrar', 'connectionManager', 'transportManager',
  'connectionGater', 'contentRouting', 'peerRouting', 'datastore', 'connectionProtector', 'metrics'
]

function complain (...what: unknown[]): void {
  process.stderr.write(`${format(...what)}\n`)
  process.exitCode = 1
}
