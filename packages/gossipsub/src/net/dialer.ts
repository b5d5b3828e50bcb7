/**
 * Connections that gossipsub itself wants: to direct peers, for as long as they are wanted (gossipsub-v1.1.md "Explicit Peering
 * Agreements"), and to peers that others named, once ("Peer Exchange"). Nobody waits for a dial, and none of them throws.
 */
import PQueue from 'p-queue'
import type { PeerIdStr } from '../router/events.ts'
import type { Logger, PeerId, PeerStore } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'
import type { Multiaddr } from '@multiformats/multiaddr'

/** At the same time; the rest waits. go-libp2p-pubsub has 8 as well (`GossipSubConnectors`). */
export const MAX_CONCURRENT_DIALS = 8

/** Dials that wait; more are dropped, but for those of direct peers, which the application chose. go: `GossipSubMaxPendingConnections`. */
export const MAX_PENDING_DIALS = 128

/** How long one may take. go: `GossipSubConnectionTimeout`. */
export const DIAL_TIMEOUT_MS = 30_000

/** The wait before a direct peer is dialled again doubles from here. */
export const FIRST_REDIAL_MS = 1_000

/** A connection that lived for so long worked: when it ends the peer is dialled at once, else as after a dial that failed. */
export const STABLE_AFTER_MS = 10_000

export type DialReason = 'direct' | 'px'

export type DialDropReason =
  /** Peers that were not dialled because too many wait. */
  'dial-overflow'

export interface DialerInit {
  connectionManager: Pick<ConnectionManager, 'openConnection' | 'getConnections'>
  peerStore: Pick<PeerStore, 'merge'>
  /** Longest wait before a direct peer is dialled again, ms: `directConnectTicks` heartbeats. */
  maxRedialMs: number
  /** From 0 up to 1: so that nodes that lost each other do not dial in step. */
  random(): number
  /** Ourselves, and peers that we want nothing of: never dialled. */
  isBlocked?(peer: PeerIdStr): boolean
  /** Monotonic, ms. */
  now?(): number
  log: Logger
  onDrop?(reason: DialDropReason, count: number): void
}

interface WantedPeer {
  readonly peerId: PeerId
  readonly addrs: Multiaddr[]
  /** Since it was last connected for a while. */
  attempts: number
  /** When a dial of it was last seen to succeed. */
  connectedAtMs: number
  timer?: NodeJS.Timeout
}

export class Dialer {
  readonly #init: DialerInit
  readonly #queue = new PQueue({ concurrency: MAX_CONCURRENT_DIALS })
  readonly #dials = new Map<PeerIdStr, Promise<boolean>>()
  readonly #wanted = new Map<PeerIdStr, WantedPeer>()
  readonly #stopped = new AbortController()

  constructor (init: DialerInit) {
    this.#init = init
  }

  /** Dials that run or wait. */
  get size (): number {
    return this.#dials.size
  }

  /**
   * Connect to a peer that is not connected. Who asks for a peer that is being dialled joins in. Resolves with whether there is a
   * connection, and never rejects. Addresses are remembered in the peer store first.
   */
  async dial (peerId: PeerId, reason: DialReason, { addrs = [] }: { addrs?: Multiaddr[] } = {}): Promise<boolean> {
    const id = peerId.toString()
    const running = this.#dials.get(id)

    if (this.#stopped.signal.aborted || this.#init.isBlocked?.(id) === true) {
      return false
    }
    if (running != null) {
      return running
    }
    if (this.#isConnected(peerId)) {
      return true
    }
    if (reason !== 'direct' && this.#queue.size >= MAX_PENDING_DIALS) {
      this.#init.onDrop?.('dial-overflow', 1)
      return false
    }

    const dial = this.#queue.add(async () => this.#dialNow(peerId, reason, addrs), { priority: reason === 'direct' ? 1 : 0 })
    this.#dials.set(id, dial)

    try {
      return await dial
    } finally {
      this.#dials.delete(id)
    }
  }

  /** Connect to a direct peer now, and again whenever it is not connected, until it is released. */
  keep (peerId: PeerId, addrs: Multiaddr[] = []): void {
    const id = peerId.toString()

    if (this.#stopped.signal.aborted || this.#wanted.has(id)) {
      return
    }

    const wanted: WantedPeer = { peerId, addrs, attempts: 0, connectedAtMs: -Infinity }
    this.#wanted.set(id, wanted)
    this.#connect(wanted)
  }

  /** The peer is no longer a direct one: its connection stays, but is not renewed. */
  release (peer: PeerIdStr): void {
    clearTimeout(this.#wanted.get(peer)?.timer)
    this.#wanted.delete(peer)
  }

  /** The last connection to a peer is gone: if it is a direct one it is dialled at once. */
  disconnected (peer: PeerIdStr): void {
    const wanted = this.#wanted.get(peer)

    // one that is being dialled is dialled again anyway when that fails
    if (wanted?.timer != null) {
      clearTimeout(wanted.timer)
      wanted.timer = undefined

      if (this.#nowMs - wanted.connectedAtMs < STABLE_AFTER_MS) {
        this.#connectLater(wanted)
      } else {
        wanted.attempts = 0
        this.#connect(wanted)
      }
    }
  }

  /** Give up on all of them, also on those that run. */
  stop (): void {
    // those that wait end by themselves, each at once
    this.#stopped.abort()
    this.#wanted.forEach(({ timer }) => { clearTimeout(timer) })
    this.#wanted.clear()
  }

  get #nowMs (): number {
    return this.#init.now?.() ?? performance.now()
  }

  #connect (wanted: WantedPeer): void {
    const { peerId, addrs } = wanted

    void this.dial(peerId, 'direct', { addrs }).then(() => {
      if (this.#wanted.get(peerId.toString()) !== wanted) {
        return
      }

      if (this.#isConnected(peerId)) {
        wanted.connectedAtMs = this.#nowMs
        // in case its end is missed
        this.#connectIn(this.#init.maxRedialMs, wanted)
      } else {
        this.#connectLater(wanted)
      }
    })
  }

  #connectLater (wanted: WantedPeer): void {
    this.#connectIn(Math.min(this.#init.maxRedialMs, FIRST_REDIAL_MS * 2 ** wanted.attempts), wanted)
    wanted.attempts++
  }

  #connectIn (delayMs: number, wanted: WantedPeer): void {
    wanted.timer = setTimeout(() => {
      wanted.timer = undefined
      this.#connect(wanted)
    }, delayMs * (0.75 + this.#init.random() / 4))
  }

  async #dialNow (peerId: PeerId, reason: DialReason, addrs: Multiaddr[]): Promise<boolean> {
    // it may have been blocked, or somebody else been quicker, while this waited
    if (this.#stopped.signal.aborted || this.#init.isBlocked?.(peerId.toString()) === true) {
      return false
    }
    if (this.#isConnected(peerId)) {
      return true
    }

    const controller = new AbortController()
    const aborted = Promise.withResolvers<never>()
    const abort = (): void => { controller.abort() }
    const timer = setTimeout(abort, DIAL_TIMEOUT_MS)
    this.#stopped.signal.addEventListener('abort', abort)
    // a dial that does not heed its signal must not keep its place
    controller.signal.addEventListener('abort', () => { aborted.reject(new Error('The dial was aborted')) })

    try {
      await Promise.race([this.#open(peerId, addrs, controller.signal), aborted.promise])

      return true
    } catch (err) {
      this.#init.log('could not connect to %s peer %p - %e', reason, peerId, err)

      return false
    } finally {
      clearTimeout(timer)
      this.#stopped.signal.removeEventListener('abort', abort)
    }
  }

  async #open (peerId: PeerId, multiaddrs: Multiaddr[], signal: AbortSignal): Promise<void> {
    const { connectionManager, peerStore } = this.#init

    if (multiaddrs.length > 0) {
      await peerStore.merge(peerId, { multiaddrs })
    }

    await connectionManager.openConnection(peerId, { signal })
  }

  #isConnected (peerId: PeerId): boolean {
    return this.#init.connectionManager.getConnections(peerId).some(({ status }) => status === 'open')
  }
}
