import { TypedEventEmitter } from '@libp2p/interface'
import { FrameScanner } from './frame-scanner.ts'
import type { EventHandler, Logger, MessageStreamDirection, MessageStreamEvents, MessageStreamReadStatus, MessageStreamStatus, MessageStreamWriteStatus, Stream, StreamMessageEvent } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'

const MAX_BUFFER_BYTES = 4 * 1_024 * 1_024

/**
 * A stream without a muxer or a connection: what it is given to send is counted and is gone, what it receives is handed over. It costs
 * next to nothing, so that what is measured is what reads it and writes to it.
 */
export class StubStream extends TypedEventEmitter<MessageStreamEvents> implements Stream {
  readonly id = 'stub'
  readonly protocol: string
  readonly direction: MessageStreamDirection
  readonly log: Logger
  readonly timeline = { open: Date.now() }
  status: MessageStreamStatus = 'open'
  readStatus: MessageStreamReadStatus = 'readable'
  writeStatus: MessageStreamWriteStatus = 'writable'
  remoteReadStatus: MessageStreamReadStatus = 'readable'
  remoteWriteStatus: MessageStreamWriteStatus = 'writable'
  readonly readableEnded = false
  readonly readBufferLength = 0
  readonly writeBufferLength = 0
  readonly writableNeedsDrain = false
  readonly inactivityTimeout = 120_000
  maxReadBufferLength = MAX_BUFFER_BYTES
  maxWriteBufferLength?: number

  /** Calls of `send`. */
  sends = 0
  readonly sent = new FrameScanner()
  /** What has come since the service paused it. */
  readonly #waiting: StreamMessageEvent[] = []
  readonly #readers: Array<EventHandler<StreamMessageEvent>> = []

  constructor (protocol: string, direction: MessageStreamDirection, log: Logger) {
    super()
    this.protocol = protocol
    this.direction = direction
    this.log = log
  }

  /** Readers are called directly: the cost of Node's events is not what is measured. */
  addEventListener<K extends keyof MessageStreamEvents> (type: K, listener: EventHandler<MessageStreamEvents[K]> | null, options?: boolean | AddEventListenerOptions): void {
    if (isReader(type, listener)) {
      this.#readers.push(listener)
    } else {
      super.addEventListener(type, listener, options)
    }
  }

  /** The peer has sent something. */
  receive (evt: StreamMessageEvent): void {
    if (this.readStatus === 'paused') {
      throw new Error('The stream is paused: more was sent to it than it takes')
    }

    for (const reader of this.#readers) {
      if (typeof reader === 'function') {
        reader(evt)
      } else {
        reader.handleEvent(evt)
      }
    }
  }

  /** The same as over a connection: what comes while the stream is paused waits until it is resumed. */
  deliver (evt: StreamMessageEvent): void {
    if (this.readStatus === 'paused' || this.#waiting.length > 0) {
      this.#waiting.push(evt)
    } else {
      this.receive(evt)
    }
  }

  send (data: Uint8Array | Uint8ArrayList): boolean {
    this.sends++
    this.sent.push(data)

    return true
  }

  pause (): void {
    this.readStatus = 'paused'
  }

  resume (): void {
    this.readStatus = 'readable'

    if (this.#waiting.length > 0) {
      setImmediate(() => { this.#deliverWaiting() })
    }
  }

  async close (): Promise<void> {
    this.abort()
  }

  async closeRead (): Promise<void> {}

  abort (): void {
    if (this.status === 'open') {
      this.status = 'closed'
      this.safeDispatchEvent('close')
    }
  }

  async onDrain (): Promise<void> {}

  push (): void {
    throw new Error('Nobody gives back what was read')
  }

  unshift (): void {
    throw new Error('Nobody gives back what was read')
  }

  #deliverWaiting (): void {
    let delivered = 0

    while (this.readStatus === 'readable' && delivered < this.#waiting.length) {
      this.receive(this.#waiting[delivered++])
    }

    this.#waiting.splice(0, delivered)
  }

  [Symbol.asyncIterator] (): AsyncIterator<Uint8Array | Uint8ArrayList> {
    throw new Error('Nobody iterates: all contestants listen')
  }
}

function isReader (type: string, listener: unknown): listener is EventHandler<StreamMessageEvent> {
  return type === 'message' && listener != null
}
