import { generateKeyPair } from '@libp2p/crypto/keys'
import { NotFoundError, StreamMessageEvent } from '@libp2p/interface'
import { defaultLogger } from '@libp2p/logger'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { Uint8ArrayList } from 'uint8arraylist'
import { StubStream } from './stub-stream.ts'
import type { Pubsub, PubsubFactory } from '../contestants.ts'
import type { BenchOptions } from '../pubsub-options.ts'
import type { ComponentLogger, Connection, PeerId, PeerStore, StreamHandler, Topology } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'

/** What the stub peers speak, the best first. */
const PROTOCOLS = ['/meshsub/1.2.0', '/meshsub/1.1.0', '/meshsub/1.0.0']

/** For something that takes a few turns of the event loop. */
const SETTLE_TIMEOUT_MS = 10_000

/** A peer on a connection that is not there. */
export interface StubPeer {
  id: PeerId
  connection: Connection
  /** What the service reads. */
  inbound: StubStream
  /** What the service writes to, once it has opened it. */
  outbound?: StubStream
}

export interface Sent {
  messages: number
  frames: number
  sends: number
  bytes: number
}

/** A pubsub service under test on a node that is made of nothing, with its peers. It is fed by what libp2p itself calls. */
export class StubNode {
  readonly pubsub: Pubsub
  readonly peers: StubPeer[] = []
  /** Messages that the application got. */
  delivered = 0
  /** Those that are over. Contestants have a first one soon after their start, however long the interval is. */
  heartbeats = 0
  readonly #logger: ComponentLogger = defaultLogger()
  readonly #handlers = new Map<string, StreamHandler>()
  readonly #topologies: Topology[] = []

  /** Started, with so many peers that have opened their streams. */
  static async start (createPubsub: PubsubFactory, options: BenchOptions, peers: number): Promise<StubNode> {
    const privateKey = await generateKeyPair('Ed25519')
    const node = new StubNode((components) => createPubsub(options)({ ...components, privateKey, peerId: peerIdFromPrivateKey(privateKey) }))
    await node.pubsub.start()

    for (let i = 0; i < peers; i++) {
      await node.#connect(i)
    }

    await settled('every outbound stream is open', () => node.peers.every(({ outbound }) => outbound != null))

    return node
  }

  private constructor (create: (components: { peerStore: PeerStore, registrar: Registrar, connectionManager: ConnectionManager, logger: ComponentLogger }) => Pubsub) {
    this.pubsub = create({
      logger: this.#logger,
      peerStore: this.#peerStore(),
      registrar: this.#registrar(),
      connectionManager: this.#connectionManager()
    })
    this.pubsub.addEventListener('message', () => { this.delivered++ })
    this.pubsub.addEventListener('gossipsub:heartbeat', () => { this.heartbeats++ })
  }

  /** Since the beginning, by all peers together. */
  get sent (): Sent {
    return this.peers.reduce((sum, { outbound }) => ({
      messages: sum.messages + (outbound?.sent.messages ?? 0),
      frames: sum.frames + (outbound?.sent.frames ?? 0),
      sends: sum.sends + (outbound?.sends ?? 0),
      bytes: sum.bytes + (outbound?.sent.bytes ?? 0)
    }), { messages: 0, frames: 0, sends: 0, bytes: 0 })
  }

  async stop (): Promise<void> {
    const { status } = this.pubsub as { status?: { heartbeatTimeout?: NodeJS.Timeout } }
    await this.pubsub.stop()
    // of @libp2p/gossipsub, which leaves it behind: with an interval of an hour the process would not end before
    clearTimeout(status?.heartbeatTimeout)
  }

  async #connect (index: number): Promise<void> {
    const id = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
    const log = this.#logger.forComponent('stub')
    const peer: StubPeer = { id, connection: this.#connection(index, id), inbound: new StubStream(PROTOCOLS[0], 'inbound', log) }
    this.peers.push(peer)
    this.#topologies.forEach((topology) => { topology.onConnect?.(id, peer.connection) })
    const protocol = PROTOCOLS.find((protocol) => this.#handlers.has(protocol))

    if (protocol == null) {
      throw new Error('The service speaks none of our protocols')
    }

    peer.inbound = new StubStream(protocol, 'inbound', log)
    await this.#handlers.get(protocol)?.(peer.inbound, peer.connection)
  }

  #connection (index: number, remotePeer: PeerId): Connection {
    const connection: Partial<Connection> = {
      id: `stub-${index}`,
      remotePeer,
      // of networks of their own: many peers behind one address have a bad score
      remoteAddr: multiaddr(`/ip4/10.${index >> 8}.${index & 0xff}.1/udp/4001/quic-v1/p2p/${remotePeer.toString()}`),
      direction: index % 2 === 0 ? 'outbound' : 'inbound',
      status: 'open',
      streams: [],
      newStream: async (protocols) => {
        const wanted = [protocols].flat()
        const stream = new StubStream(PROTOCOLS.find((protocol) => wanted.includes(protocol)) ?? wanted[0], 'outbound', this.#logger.forComponent('stub'))
        this.peers[index].outbound = stream

        return stream
      }
    }

    return stubOf(connection)
  }

  #registrar (): Registrar {
    const registrar: Partial<Registrar> = {
      handle: async (protocol, handler) => { this.#handlers.set(protocol, handler) },
      unhandle: async (protocol) => { this.#handlers.delete(protocol) },
      register: async (protocol, topology) => {
        // a service registers one topology for each of its protocols; stub peers are told to it once
        if (this.#topologies.length === 0) {
          this.#topologies.push(topology)
        }

        return protocol
      },
      unregister: () => {},
      getTopologies: () => this.#topologies
    }

    return stubOf(registrar)
  }

  #connectionManager (): ConnectionManager {
    const manager: Partial<ConnectionManager> = {
      getConnections: (peer) => this.peers.filter(({ id }) => peer == null || id === peer || id.equals(peer)).map(({ connection }) => connection)
    }

    return stubOf(manager)
  }

  #peerStore (): PeerStore {
    const store: Partial<PeerStore> = {
      get: async () => { throw new NotFoundError() },
      merge: async (id) => ({ id, addresses: [], protocols: [], metadata: new Map(), tags: new Map() })
    }

    return stubOf(store)
  }
}

/** As a muxer hands it over. */
export function messageEvent (data: Uint8Array): StreamMessageEvent {
  return new StreamMessageEvent(new Uint8ArrayList(data))
}

/** The end of a turn of the event loop, after what was put off until then. */
export async function nextTurn (): Promise<void> {
  return new Promise((resolve) => { setImmediate(resolve) })
}

/**
 * @throws {Error} when it does not come true in time
 */
export async function settled (what: string, isTrue: () => boolean): Promise<void> {
  const startedMs = performance.now()

  while (!isTrue()) {
    if (performance.now() - startedMs > SETTLE_TIMEOUT_MS) {
      throw new Error(`It did not come true within ${SETTLE_TIMEOUT_MS / 1_000} s that ${what}`)
    }

    await nextTurn()
  }
}

/** The parts that are there are all that the contestants touch. */
function stubOf <T extends object> (parts: Partial<T>): T {
  return parts as T
}
