import { setTimeout as delay } from 'node:timers/promises'

const MS_PER_SECOND = 1_000

const POLL_MS = 20

/** From one burst to the next: messages come in groups. */
export const BURST_MS = 20

/** As evenly as a timer can: at 1,000 messages a second of ten nodes in two processes each publishes one at a time. */
export const EVEN_MS = 2

/** From one copy of a message to the next, which takes another way: short enough for all copies to come before the next burst. */
export const COPY_MS = 2

/**
 * Calls back for each tick with how many are due, until `total` were. A late tick makes up for what was missed.
 *
 * @param perSecond - may be less than one for each tick
 */
export async function pace (perSecond: number, total: number, tickMs: number, onTick: (due: number) => void): Promise<void> {
  const startedMs = performance.now()
  let done = 0

  for (let tick = 1; done < total; tick++) {
    await delay(Math.max(0, startedMs + tick * tickMs - performance.now()))
    const due = Math.min(total, Math.floor(tick * tickMs * perSecond / MS_PER_SECOND)) - done
    done += due
    onTick(due)
  }
}

/**
 * @returns whether it came true in time
 */
export async function within (timeoutMs: number, isTrue: () => boolean): Promise<boolean> {
  const endMs = performance.now() + timeoutMs

  while (!isTrue()) {
    if (performance.now() > endMs) {
      return false
    }

    await delay(POLL_MS)
  }

  return true
}
