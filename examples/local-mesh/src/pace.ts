/** After a pause the rate is made up for over at most this long, so that a stall is not followed by a flood. */
const MAX_CATCH_UP_MS = 50

/** Says when the next message may go, so that no more than `perSecond` go in a second. */
export class Pace {
  private readonly intervalMs: number
  private nextAtMs = -Infinity

  constructor (perSecond: number) {
    this.intervalMs = 1000 / perSecond
  }

  /** Takes the next slot and returns for how many ms to wait for it; 0 is at once. */
  take (nowMs: number): number {
    const at = Math.max(this.nextAtMs, nowMs - MAX_CATCH_UP_MS)
    this.nextAtMs = (this.nextAtMs === -Infinity ? nowMs : at) + this.intervalMs

    return Math.max(0, at - nowMs)
  }
}
