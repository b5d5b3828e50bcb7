import type { SimulatedMessage } from './message.ts'
import type { SendReason } from '@quicmesh/gossipsub/router'

/** A copy of a message that waits for the uplink, or is on it. */
export interface Transmission {
  to: number
  message: SimulatedMessage
  reason: SendReason
  queuedAtMs: number
  /** Control frames to the same peer that come after it on the stream. */
  followers: Array<() => void>
}

/**
 * The one way out of a node: copies of messages leave one after the other at the rate of the link, in the order in which they were queued.
 * Control frames overtake those that wait, as in the service's outbox, and what they take is added to the copy that is on its way.
 */
export class Uplink {
  readonly bytesPerMs: number
  private waiting: Transmission[] = []
  private current?: Transmission
  /** What control frames took since the current copy began, ms. */
  private delayMs = 0
  private controlFreeAtMs = 0

  constructor (bytesPerMs: number) {
    this.bytesPerMs = bytesPerMs
  }

  get isBusy (): boolean {
    return this.current != null
  }

  push (transmission: Transmission): void {
    this.waiting.push(transmission)
  }

  /** The next copy to go out, for how long it takes, ms; undefined when none waits. */
  next (): { transmission: Transmission, durationMs: number } | undefined {
    this.current = this.waiting.shift()
    this.delayMs = 0

    return this.current == null ? undefined : { transmission: this.current, durationMs: this.current.message.frameBytes / this.bytesPerMs }
  }

  /** How much longer the current copy takes because of control frames, ms; 0 once that was waited for. */
  takeDelayMs (): number {
    const { delayMs } = this
    this.delayMs = 0

    return delayMs
  }

  /** A control frame leaves. Returns when its last byte is out, ms. */
  sendControl (bytes: number, nowMs: number): number {
    const durationMs = bytes / this.bytesPerMs
    this.delayMs += this.current == null ? 0 : durationMs
    this.controlFreeAtMs = Math.max(this.controlFreeAtMs, nowMs) + durationMs

    return this.controlFreeAtMs
  }

  /** The copy that is on its way to this peer. */
  currentTo (peer: number): Transmission | undefined {
    return this.current?.to === peer ? this.current : undefined
  }

  /** IDONTWANT takes back what waits, but for messages of our own. Returns how many copies. */
  cancel (peer: number, ids: readonly Uint8Array[]): number {
    if (this.waiting.length === 0) {
      return 0
    }

    const before = this.waiting.length
    this.waiting = this.waiting.filter(({ to, reason, message }) => to !== peer || reason === 'publish' || !ids.some(id => isSame(id, message.id)))

    return before - this.waiting.length
  }

  /** Forwards that have waited for longer are of no more use. Returns how many copies. */
  dropOlder (maxAgeMs: number, nowMs: number): number {
    if (this.waiting.length === 0 || nowMs - this.waiting[0].queuedAtMs <= maxAgeMs) {
      return 0
    }

    const before = this.waiting.length
    this.waiting = this.waiting.filter(({ reason, queuedAtMs }) => reason !== 'forward' || nowMs - queuedAtMs <= maxAgeMs)

    return before - this.waiting.length
  }

  /** Nothing to this peer goes out any more, but for what is on its way. */
  forget (peer: number): void {
    this.waiting = this.waiting.filter(({ to }) => to !== peer)
  }
}

function isSame (a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
