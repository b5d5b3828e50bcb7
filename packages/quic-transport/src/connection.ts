import { StreamResetEvent, UnsupportedOperationError } from '@libp2p/interface'
import { AbstractMultiaddrConnection } from '@libp2p/utils'
import { raceSignal } from 'race-signal'
import { closedLocally, connectionCodeFor, ConnectionCode } from './errors.ts'
import type { ConnectionSink, QuicEndpoint } from './endpoint.ts'
import type { QuicConnectionError } from './errors.ts'
import type { QuicMuxer } from './muxer.ts'
import type { AbortOptions } from '@libp2p/interface'
import type { AbstractMultiaddrConnectionInit, SendResult } from '@libp2p/utils'

export interface QuicConnectionInit extends AbstractMultiaddrConnectionInit {
  endpoint: QuicEndpoint
  handle: number
  /** How long `close()` without a signal waits for acknowledgements, in ms. */
  closeTimeoutMs: number
}

/**
 * A native connection as libp2p's upgrader wants it. It carries no bytes of its own: all of them go through streams of
 * the muxer.
 */
export class QuicConnection extends AbstractMultiaddrConnection implements ConnectionSink {
  readonly endpoint: QuicEndpoint
  readonly handle: number
  readonly #closeTimeoutMs: number
  /** Set by the muxer that takes the connection over. */
  muxer?: QuicMuxer
  /** Why the connection ended, unless this node closed it gracefully: what streams that are not done end with. */
  endError?: Error

  constructor (init: QuicConnectionInit) {
    super(init)

    this.endpoint = init.endpoint
    this.handle = init.handle
    this.#closeTimeoutMs = init.closeTimeoutMs
    init.endpoint.adoptConnection(init.handle, this)
  }

  onIncomingStream (stream: number, quicId: number): void {
    this.muxer?.onIncomingStream(stream, quicId)
  }

  onClosed (end: QuicConnectionError): void {
    // unless it was open: then its endpoint closed under it
    if (end.kind === 'closedLocally' && this.status !== 'open') {
      this.onTransportClosed()
      return
    }

    this.endError ??= end

    if (end.isClean) {
      this.onTransportClosed()
    } else {
      this.#fail(end)
    }
  }

  async shutdown (signal: AbortSignal): Promise<void> {
    try {
      await this.muxer?.finish({ signal })
      await this.close({ signal })

      // somebody else was closing it already
      if (this.status === 'closing') {
        await raceSignal(new Promise(resolve => { this.addEventListener('close', resolve) }), signal)
      }
    } catch {
      this.abort(closedLocally('the node stopped listening or dialling'))
    }
  }

  abort (err: Error): void {
    this.endError ??= err
    super.abort(err)
  }

  /**
   * Waits for the acknowledgement of every byte of every finished stream, then closes with code 0.
   *
   * @throws {Error} the signal's reason when that takes too long: the connection is closed then as well, with the rest unsent
   */
  async sendClose (options?: AbortOptions): Promise<void> {
    try {
      await this.endpoint.flush(this.handle, options?.signal ?? AbortSignal.timeout(this.#closeTimeoutMs))
    } catch (err) {
      // when the connection ended meanwhile, its 'close' event has told why
      if (this.status === 'closing') {
        throw err
      }
    } finally {
      this.endpoint.native.connectionClose(this.handle, ConnectionCode.none, '')
    }
  }

  sendReset (err: Error): void {
    this.endpoint.native.connectionClose(this.handle, connectionCodeFor(err), '')
  }

  sendData (): SendResult {
    throw new UnsupportedOperationError('QUIC connections carry streams only')
  }

  sendPause (): void {}

  sendResume (): void {}

  /** As `onTransportClosed` with an error, but told as the peer's doing and without a message back. */
  #fail (err: Error): void {
    if (this.status !== 'open' && this.status !== 'closing') {
      return
    }

    this.status = 'reset'
    this.writeStatus = 'closed'
    this.readStatus = 'closed'
    this.remoteWriteStatus = 'closed'
    this.remoteReadStatus = 'closed'
    this.timeline.close = Date.now()
    this.maybeDispatchEnd()
    this.dispatchEvent(new StreamResetEvent(err))
  }
}
