/**
 * The streams to all peers. A peer is known from the first sign that it speaks our protocols until its last connection is gone; as
 * long as it is known and cannot be written to, opening a stream to it is tried again.
 */
import PQueue from 'p-queue'
import { FrameBuffers } from '../wire/frame-buffers.ts'
import { PeerLink } from './peer-link.ts'
import type { Inbox } from './inbox.ts'
import type { Outbox } from './outbox.ts'
import type { PeerIdStr } from '../router/events.ts'
import type { Connection, Logger, PeerId, Stream } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

/** Streams being opened at the same time, over all peers. */
const MAX_CONCURRENT_OPENS = 64

const OPEN_TIMEOUT_MS = 10_000

/** The wait before a stream is opened again doubles from the first to the second. */
const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 30_000

/** After so many attempts in a row, about three seconds, a peer counts as unreachable: nobody should rely on it. */
const UNREACHABLE_AFTER_ATTEMPTS = 6

/** A stream that lived so long worked. */
const STABLE_AFTER_MS = 10_000

export interface PeerStreamsInit {
  connectionManager: Pick<ConnectionManager, 'getConnections'>
  /** The preferred first. */
  protocols: string[]
  maxFrameBytes: number
  maxOutboundStreams?: number
  runOnLimitedConnection: boolean
  /** Whether large frames are given to the inboxes in their pieces, too. */
  keepsPieces: boolean
  log: Logger
  /** We want nothing to do with the peer: no streams in either direction. */
  isBlocked?(peer: PeerIdStr): boolean
  createInbox(link: PeerLink): Inbox
  createOutbox(link: PeerLink): Outbox
  /** The peer opened a stream to us. */
  onReadable(link: PeerLink, protocol: string): void
  /** We opened a stream to the peer: for the first time, or again. */
  onWritable(link: PeerLink, protocol: string): void
  /** It could not be opened again for a while; attempts go on. */
  onUnreachable(link: PeerLink): void
  /** The last connection is gone, or the peer no longer speaks our protocols. */
  onGone(link: PeerLink): void
  onBadFrame(link: PeerLink, err: Error): void
}

export class PeerStreams {
  readonly #init: PeerStreamsInit
  readonly #frameBuffers = new FrameBuffers()
  readonly #links = new Map<PeerIdStr, PeerLink>()
  readonly #opens = new PQueue({ concurrency: MAX_CONCURRENT_OPENS })
  #isStopped = false
  /** Peer ids of all known peers: a live view. */
  readonly peers = new Map<PeerIdStr, PeerId>()

  constructor (init: PeerStreamsInit) {
    this.#init = init
  }

  get (id: PeerIdStr): PeerLink | undefined {
    return this.#links.get(id)
  }

  [Symbol.iterator] (): IterableIterator<PeerLink> {
    return this.#links.values()
  }

  /** The peer speaks our protocols. */
  add (peerId: PeerId): void {
    if (!this.#isStopped && !this.#isBlocked(peerId) && this.#connection(peerId) != null) {
      this.#open(this.#link(peerId))
    }
  }

  /** The peer opened a stream. */
  accept (stream: Stream, connection: Connection): void {
    if (this.#isStopped) {
      stream.abort(new Error('Pubsub has stopped'))
      return
    }

    if (this.#isBlocked(connection.remotePeer)) {
      stream.abort(new Error('The peer is blacklisted'))
      return
    }

    const link = this.#link(connection.remotePeer)
    this.#init.onReadable(link, stream.protocol)
    link.read(stream)
    this.#open(link)
  }

  isConnected (peerId: PeerId): boolean {
    return this.#connection(peerId) != null
  }

  /** Did we dial one of the connections to the peer? */
  isOutbound (peerId: PeerId): boolean {
    return this.#init.connectionManager.getConnections(peerId).some(connection => connection.direction === 'outbound')
  }

  /** Close the streams to the peer and drop what waits. It is known again when it is added or opens a stream, unless it `isBlocked`. */
  forget (peerId: PeerId): void {
    const link = this.#links.get(peerId.toString())

    if (link != null) {
      this.#forget(link)
    }
  }

  /** Wait until everything that waits is handed to the streams, a second at most. */
  async drained (): Promise<void> {
    await Promise.all([...this.#links.values()].filter(link => link.outbound != null).map(async link => { await link.drained() }))
  }

  async stop (): Promise<void> {
    this.#isStopped = true
    this.#opens.clear()
    const links = [...this.#links.values()]

    await Promise.all(links.map(async link => {
      this.#remove(link)
      await link.close()
    }))
  }

  #link (peerId: PeerId): PeerLink {
    const id = peerId.toString()
    let link = this.#links.get(id)

    if (link == null) {
      const { maxFrameBytes, keepsPieces, createInbox, createOutbox, onBadFrame } = this.#init
      link = new PeerLink({ id, peerId, maxFrameBytes, frameBuffers: this.#frameBuffers, keepsPieces, createInbox, createOutbox, onBadFrame })
      this.#links.set(id, link)
      this.peers.set(id, peerId)
    }

    return link
  }

  #open (link: PeerLink): void {
    if (link.isOpening || link.outbound != null || link.retryTimer != null) {
      return
    }

    link.isOpening = true

    void this.#opens.add(async () => {
      try {
        await this.#openNow(link)
      } catch (err) {
        link.isOpening = false
        this.#onOpenFailed(link, err)
      }
    })
  }

  async #openNow (link: PeerLink): Promise<void> {
    const connection = this.#connection(link.peerId)

    if (link.gone.signal.aborted || connection == null || this.#isBlocked(link.peerId)) {
      this.#forget(link)
      return
    }

    const stream = await this.#newStream(link, connection)
    link.isOpening = false

    if (link.gone.signal.aborted || stream.status !== 'open') {
      stream.abort(new Error('The stream is not wanted any more'))
      this.#retry(link)
      return
    }

    link.openedAtMs = performance.now()
    link.isReachable = true
    link.write(stream, () => { this.#onOutboundClosed(link) })
    this.#init.onWritable(link, stream.protocol)
  }

  async #newStream (link: PeerLink, connection: Connection): Promise<Stream> {
    const { protocols, maxOutboundStreams, runOnLimitedConnection } = this.#init
    const controller = new AbortController()
    const abort = (): void => { controller.abort() }
    const timer = setTimeout(abort, OPEN_TIMEOUT_MS)
    link.gone.signal.addEventListener('abort', abort)

    try {
      return await connection.newStream(protocols, { signal: controller.signal, maxOutboundStreams, runOnLimitedConnection })
    } finally {
      clearTimeout(timer)
      link.gone.signal.removeEventListener('abort', abort)
    }
  }

  #onOpenFailed (link: PeerLink, err: unknown): void {
    this.#init.log('could not open a stream to %p - %e', link.peerId, err)

    if (err instanceof Error && err.name === 'UnsupportedProtocolError' && link.inbound == null) {
      this.#forget(link)
    } else {
      this.#retry(link)
    }
  }

  #onOutboundClosed (link: PeerLink): void {
    if (performance.now() - link.openedAtMs > STABLE_AFTER_MS) {
      link.attempts = 0
    }

    this.#retry(link)
  }

  /** Later, since the connection may just be going down with its streams. */
  #retry (link: PeerLink): void {
    if (link.gone.signal.aborted) {
      return
    }

    const delayMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** link.attempts)
    link.attempts++

    if (link.attempts >= UNREACHABLE_AFTER_ATTEMPTS && link.isReachable) {
      link.isReachable = false
      this.#init.onUnreachable(link)
    }

    link.retryTimer = setTimeout(() => {
      link.retryTimer = undefined
      this.#open(link)
    }, delayMs)
  }

  #forget (link: PeerLink): void {
    // what a peer sent before it left counts
    if (!link.inbox.isEmpty && this.#connection(link.peerId) == null && !this.#isBlocked(link.peerId)) {
      link.inbox.onceEmpty(() => { this.#forgetUnlessBack(link) })
      return
    }

    if (this.#remove(link)) {
      void link.close()
      this.#init.onGone(link)
    }
  }

  #isBlocked (peerId: PeerId): boolean {
    return this.#init.isBlocked?.(peerId.toString()) === true
  }

  #forgetUnlessBack (link: PeerLink): void {
    if (this.#connection(link.peerId) == null) {
      this.#forget(link)
    } else {
      this.#open(link)
    }
  }

  #remove (link: PeerLink): boolean {
    if (this.#links.get(link.id) !== link) {
      return false
    }

    this.#links.delete(link.id)
    this.peers.delete(link.id)

    return true
  }

  /** The connection to open a stream on: one without limits if there is one. */
  #connection (peerId: PeerId): Connection | undefined {
    const open = this.#init.connectionManager.getConnections(peerId).filter(connection => connection.status === 'open')

    return open.find(connection => !isLimited(connection)) ?? (this.#init.runOnLimitedConnection ? open[0] : undefined)
  }
}

/** As through a relay. A connection of an application's test may be a stub, which answers everything with a function. */
export function isLimited ({ limits }: Pick<Connection, 'limits'>): boolean {
  return limits != null && typeof limits === 'object'
}
