/** Connections that gossipsub wants by itself: to direct peers, and to those that peers of high score name in a PRUNE. */
import { peerIdFromString } from '@libp2p/peer-id'
import { Dialer } from './net/dialer.ts'
import { PeerRecords } from './net/peer-records.ts'
import type { DropCounter } from './drop-counters.ts'
import type { GossipSubComponents } from './index.ts'
import type { ResolvedOptions } from './options.ts'
import type { PeerIdStr } from './router/events.ts'
import type { RPC } from './wire/rpc.ts'
import type { Logger, PeerId } from '@libp2p/interface'

export interface ExchangeInit {
  components: GossipSubComponents
  options: ResolvedOptions
  direct: ReadonlySet<PeerIdStr>
  isBlacklisted(peer: PeerIdStr): boolean
  drops: DropCounter
  log: Logger
}

export class Exchange {
  readonly #init: ExchangeInit
  readonly #dialer: Dialer
  readonly #records: PeerRecords
  #directTimer?: NodeJS.Timeout
  #isDialling = false

  constructor (init: ExchangeInit) {
    const { components, options: { params }, isBlacklisted, drops, log } = init
    const self = components.peerId.toString()
    const isBlocked = (peer: PeerIdStr): boolean => peer === self || isBlacklisted(peer)
    const onDrop = drops.add.bind(drops)

    this.#init = init
    this.#dialer = new Dialer({
      connectionManager: components.connectionManager,
      peerStore: components.peerStore,
      maxRedialMs: params.directConnectTicks * params.heartbeatInterval,
      random: Math.random,
      isBlocked,
      log,
      onDrop
    })
    this.#records = new PeerRecords({ peerStore: components.peerStore, dialer: this.#dialer, isBlocked, log, onDrop })
  }

  /** Direct peers are dialled after a moment, in which they may connect themselves. */
  start (): void {
    this.#directTimer = setTimeout(() => {
      this.#isDialling = true
      this.#init.direct.forEach(peer => { this.keep(peer) })
    }, this.#init.options.params.directConnectInitialDelay)
  }

  stop (): void {
    clearTimeout(this.#directTimer)
    this.#dialer.stop()
    this.#records.stop()
  }

  /** Stay connected to a direct peer. */
  keep (peer: PeerIdStr): void {
    const { options, log } = this.#init

    if (!this.#isDialling) {
      return
    }

    try {
      const known = options.directPeers.find(({ id }) => id.toString() === peer)
      this.#dialer.keep(known?.id ?? peerIdFromString(peer), known?.addrs)
    } catch (err) {
      log.error('direct peer %s cannot be dialled - %e', peer, err)
    }
  }

  /** It is no longer a direct peer. */
  release (peer: PeerIdStr): void {
    this.#dialer.release(peer)
  }

  connected (peerId: PeerId): void {
    if (this.#init.options.doPX) {
      void this.#records.load(peerId)
    }
  }

  disconnected (peer: PeerIdStr): void {
    this.#dialer.disconnected(peer)
    this.#records.forget(peer)
  }

  /** How a PRUNE names a peer. */
  infoOf (peerId: PeerId): RPC.PeerInfo {
    return this.#records.infoOf(peerId)
  }

  /** Connect to peers that were named in a PRUNE. */
  connect (peers: RPC.PeerInfo[]): void {
    void this.#records.connect(peers)
  }
}
