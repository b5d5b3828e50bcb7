import { KeyedQueue } from './keyed-queue.ts'
import type { PeerIdStr, RoutedMessage } from './events.ts'
import type { IdKey } from './message-id.ts'

export interface PendingValidationsInit {
  /** For how long a verdict is awaited, ms. */
  timeoutMs: number
  maxMessages: number
  maxBytes: number
}

export interface PendingValidation {
  readonly message: RoutedMessage
  readonly key: IdKey
  /** The peers that sent the message, in order of arrival: the first one is the source, and none gets it back. */
  readonly sources: PeerIdStr[]
  readonly deadline: number
}

/** The messages that wait for a verdict, the oldest first. */
export class PendingValidations {
  private readonly init: PendingValidationsInit
  private readonly pending = new KeyedQueue<PendingValidation>()
  private bytes = 0

  constructor (init: PendingValidationsInit) {
    this.init = init
  }

  get size (): number {
    return this.pending.size
  }

  get byteLength (): number {
    return this.bytes
  }

  has (key: IdKey): boolean {
    return this.pending.has(key)
  }

  /** Add a message that is not pending yet. Returns the ones that had to make room: no verdict on them counts any more. */
  add (message: RoutedMessage, key: IdKey, source: PeerIdStr, now: number): readonly PendingValidation[] {
    const { maxMessages, maxBytes, timeoutMs } = this.init
    const bytes = message.encoded.byteLength
    const hasRoom = this.pending.size < maxMessages && this.bytes + bytes <= maxBytes
    const displaced = hasRoom ? NONE : this.takeOldestWhile(() => this.pending.size >= maxMessages || this.bytes + bytes > maxBytes)

    this.pending.add({ message, key, sources: [source], deadline: now + timeoutMs })
    this.bytes += bytes

    return displaced
  }

  /** Note that another peer sent a pending message too. Returns false when the message is not pending. */
  addSource (key: IdKey, source: PeerIdStr): boolean {
    const pending = this.pending.get(key)

    if (pending == null) {
      return false
    }
    if (pending.sources.length < MAX_SOURCES_PER_MESSAGE && !pending.sources.includes(source)) {
      pending.sources.push(source)
    }

    return true
  }

  /** Remove and return a pending message; `undefined` when it is not pending (any more). */
  take (key: IdKey): PendingValidation | undefined {
    const pending = this.pending.get(key)

    if (pending != null) {
      this.remove(pending)
    }

    return pending
  }

  /** Remove and return the messages whose deadline is over. */
  takeOverdue (now: number): PendingValidation[] {
    return this.takeOldestWhile(pending => pending.deadline <= now)
  }

  private takeOldestWhile (isDue: (pending: PendingValidation) => boolean): PendingValidation[] {
    const taken: PendingValidation[] = []

    for (let pending = this.pending.oldest; pending != null && isDue(pending); pending = this.pending.oldest) {
      this.remove(pending)
      taken.push(pending)
    }

    return taken
  }

  private remove (pending: PendingValidation): void {
    this.pending.delete(pending.key)
    this.bytes -= pending.message.encoded.byteLength
  }
}

/** One per pending message: sources beyond it may get a copy that they do not need, and nothing worse. */
const MAX_SOURCES_PER_MESSAGE = 64

const NONE: readonly PendingValidation[] = Object.freeze([])
