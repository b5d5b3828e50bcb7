import { isThenable } from '../thenable.ts'
import type { TraceEvent } from './trace-event.ts'

/** Events that wait to be written, when writing takes time: about 20 MB. Reference: `TraceBufferSize` of go-libp2p-pubsub. */
const DEFAULT_MAX_BUFFERED_EVENTS = 65_536

/** Reference: what go-libp2p-pubsub waits for a batch. */
const DEFAULT_MAX_DELAY_MS = 1_000

export interface NdjsonTracerOptions {
  /**
   * How many events to write at once. With more than one, fewer writes; an event waits `maxDelayMs` at most.
   *
   * @default 1
   */
  batchEvents?: number
  /**
   * How long an event may wait for others to be written with, ms.
   *
   * @default 1000
   */
  maxDelayMs?: number
  /**
   * Most events that wait, for a batch or for `write`; what comes on top is dropped.
   *
   * @default 65536
   */
  maxBufferedEvents?: number
}

/** To be given as the option `tracer`. Throws what `write` threw before, so that the service logs it. */
export interface NdjsonTracer {
  (event: TraceEvent): void
  /** How many events were dropped because too many were waiting. */
  readonly dropped: number
  /**
   * Writes what waits and takes no more. Without a promise from `write` all is written when this returns, else when it resolves.
   *
   * @throws what `write` threw and nobody was told yet
   */
  close(): Promise<void>
}

/**
 * A tracer that writes events as newline-delimited JSON, byte by byte as the JSON tracer of go-libp2p-pubsub does.
 *
 * @example To a file
 *
 * ```TypeScript
 * const file = createWriteStream('trace.ndjson')
 * const tracer = ndjsonTracer(lines => { file.write(lines) })
 * const pubsub = gossipsub({ tracer })
 * ```
 *
 * @param write - gets one or more whole lines, each with its end. While a promise of it is not settled, events wait
 */
export function ndjsonTracer (write: (lines: string) => void | Promise<void>, options: NdjsonTracerOptions = {}): NdjsonTracer {
  const writer = new BatchWriter(write, options)
  const tracer = (event: TraceEvent): void => { writer.add(ndjsonLine(event)) }

  return Object.defineProperty(Object.assign(tracer, {
    dropped: 0,
    close: async () => writer.close()
  }), 'dropped', { get: () => writer.dropped })
}

/** One line, with its end. */
export function ndjsonLine (event: TraceEvent): string {
  // outside of texts JSON has none of these; Go escapes them, as pages and scripts give them a meaning
  return JSON.stringify(event).replace(/[<>&\u2028\u2029]/g, escaped) + '\n'
}

function escaped (character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

class BatchWriter {
  readonly #write: (lines: string) => void | Promise<void>
  readonly #batchEvents: number
  readonly #maxDelayMs: number
  readonly #maxBufferedEvents: number
  #lines: string[] = []
  #timer?: ReturnType<typeof setTimeout>
  /** Settles, never rejecting, when the last write has. */
  #writing?: Promise<void>
  #failure?: { err: unknown }
  #closing?: Promise<void>
  dropped = 0

  constructor (write: (lines: string) => void | Promise<void>, options: NdjsonTracerOptions) {
    this.#write = write
    this.#batchEvents = options.batchEvents ?? 1
    this.#maxDelayMs = options.maxDelayMs ?? DEFAULT_MAX_DELAY_MS
    this.#maxBufferedEvents = options.maxBufferedEvents ?? DEFAULT_MAX_BUFFERED_EVENTS
  }

  add (line: string): void {
    if (this.#closing != null) {
      return
    }

    if (this.#lines.length >= this.#maxBufferedEvents) {
      this.dropped++
    } else {
      this.#lines.push(line)
      this.#goOn()
    }

    this.#throwFailure()
  }

  async close (): Promise<void> {
    this.#closing ??= this.#finish()

    return this.#closing
  }

  async #finish (): Promise<void> {
    this.#flush()

    while (this.#writing != null) {
      await this.#writing
      this.#flush()
    }

    this.#throwFailure()
  }

  /** Write a batch that is full, or see to it that it is written in time. */
  #goOn (): void {
    if (this.#lines.length >= this.#batchEvents) {
      this.#flush()
    } else if (this.#lines.length > 0) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined
        this.#flush()
      }, this.#maxDelayMs)
    }
  }

  #flush (): void {
    if (this.#writing != null || this.#lines.length === 0) {
      return
    }

    clearTimeout(this.#timer)
    this.#timer = undefined
    const lines = this.#lines.join('')
    this.#lines = []

    try {
      const written = this.#write(lines)

      if (isThenable(written)) {
        this.#writing = Promise.resolve(written).catch(err => { this.#failure = { err } }).then(() => {
          this.#writing = undefined
          this.#flush()
        })
      }
    } catch (err) {
      this.#failure = { err }
    }
  }

  #throwFailure (): void {
    const failure = this.#failure
    this.#failure = undefined

    if (failure != null) {
      throw failure.err
    }
  }
}
