/**
 * What libp2p tells of peers: which of those that are connected speak our protocols, and from where. The registrar tells of peers that
 * are identified from now on; those of before are looked up at the start.
 */
import { isLimited } from './net/peer-streams.ts'
import type { GossipSubComponents } from './index.ts'
import type { ResolvedOptions } from './options.ts'
import type { PeerOrigin } from './router/events.ts'
import type { Connection, PeerId, Stream } from '@libp2p/interface'

export interface TopologyInit {
  components: GossipSubComponents
  options: ResolvedOptions
  /** The peer opened a stream of one of our protocols. */
  onStream(stream: Stream, connection: Connection): void
  /** The peer speaks one of our protocols. It may be told of more than once, for another connection for instance. */
  onPeer(peerId: PeerId): void
  /** The last connection is gone, or the peer no longer speaks our protocols. */
  onGone(peerId: PeerId): void
}

export class Topology {
  readonly #init: TopologyInit
  readonly #handled: string[] = []
  #topologyIds: string[] = []

  constructor (init: TopologyInit) {
    this.#init = init
  }

  async start (): Promise<void> {
    await this.#register()
    await this.#addConnectedPeers()
  }

  /** Throws the first error of the registrar after all is tried. */
  async stop (): Promise<void> {
    const { registrar } = this.#init.components

    this.#topologyIds.forEach(id => { registrar.unregister(id) })
    const unhandled = await Promise.allSettled(this.#handled.map(async protocol => { await registrar.unhandle(protocol) }))
    const failed = unhandled.find(result => result.status === 'rejected')

    if (failed != null) {
      throw failed.reason
    }
  }

  isConnected (peerId: PeerId): boolean {
    return this.#connections(peerId).some(({ status }) => status === 'open')
  }

  origin (peerId: PeerId): PeerOrigin {
    const connections = this.#connections(peerId)
    // the address of a relay is not the peer's
    const ips = connections.filter(connection => !isLimited(connection)).flatMap(({ remoteAddr }) => ipOf(remoteAddr) ?? [])

    return { isOutbound: connections.some(({ direction }) => direction === 'outbound'), ips: [...new Set(ips)] }
  }

  async #register (): Promise<void> {
    const { components: { registrar }, options, onStream, onPeer } = this.#init
    const { protocols, maxInboundStreams, maxOutboundStreams, runOnLimitedConnection } = options

    const topology = {
      notifyOnLimitedConnection: runOnLimitedConnection,
      onConnect: async (peerId: PeerId): Promise<void> => {
        // a registrar of an application's test may tell of a peer before the connection manager knows the connection
        await Promise.resolve()
        onPeer(peerId)
      },
      onDisconnect: (peerId: PeerId): void => { void this.#checkDisconnected(peerId) }
    }

    for (const protocol of protocols) {
      await registrar.handle(protocol, onStream, { maxInboundStreams, maxOutboundStreams, runOnLimitedConnection })
      this.#handled.push(protocol)
      this.#topologyIds.push(await registrar.register(protocol, topology))
    }
  }

  async #addConnectedPeers (): Promise<void> {
    const peers = new Map(this.#connections().map(({ remotePeer }) => [remotePeer.toString(), remotePeer]))

    await Promise.all([...peers.values()].map(async peerId => {
      if (await this.#speaksOurProtocols(peerId)) {
        this.#init.onPeer(peerId)
      }
    }))
  }

  /** It may have another connection, or have dropped but one of our protocols. */
  async #checkDisconnected (peerId: PeerId): Promise<void> {
    if (!this.isConnected(peerId) || !await this.#speaksOurProtocols(peerId)) {
      this.#init.onGone(peerId)
    }
  }

  async #speaksOurProtocols (peerId: PeerId): Promise<boolean> {
    try {
      const { protocols } = await this.#init.components.peerStore.get(peerId)

      return this.#init.options.protocols.some(protocol => protocols.includes(protocol))
    } catch {
      // not identified
      return false
    }
  }

  /** A connection manager of an application's test may be a stub that answers nothing. */
  #connections (peerId?: PeerId): Connection[] {
    return this.#init.components.connectionManager.getConnections(peerId) ?? []
  }
}

/** The first component of the address when it is an IP address. Transports of other kinds may have none. */
function ipOf (address?: Connection['remoteAddr']): string | undefined {
  const first = address?.getComponents()[0]

  return first?.name === 'ip4' || first?.name === 'ip6' ? first.value : undefined
}
