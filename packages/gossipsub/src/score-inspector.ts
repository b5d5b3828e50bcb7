import { InvalidParametersError } from '@libp2p/interface'
import { HeartbeatTimer } from './heartbeat-timer.ts'
import type { PeerIdStr } from './router/events.ts'
import type { Logger } from '@libp2p/interface'

/** The longest delay of a timer; a longer one would fire at once. */
const MAX_INTERVAL_MS = 2 ** 31 - 1

/** The option `scoreInspector`. */
export interface ScoreInspectorOptions<Snapshot> {
  /** Time between two looks, ms. Too short: CPU, as each look computes every score anew. */
  intervalMs: number
  /**
   * Called with the scores of all peers that are scored, those included that left and whose score is retained. The map is the callee's. What
   * it throws, or rejects with, is logged; there is no next look before it has settled.
   */
  inspect(scores: Map<PeerIdStr, Snapshot>): void | Promise<void>
}

export interface ScoreInspectorInit<Snapshot> extends ScoreInspectorOptions<Snapshot> {
  /** The scores as they are: a new map with new values each time. */
  snapshot(): Map<PeerIdStr, Snapshot>
  log: Logger
}

/**
 * Shows the scores of peers to the application at a fixed rate, and once more at the end.
 *
 * Reference: `WithPeerScoreInspect` of go-libp2p-pubsub, with its extended snapshots.
 */
export class ScoreInspector<Snapshot> {
  readonly #init: ScoreInspectorInit<Snapshot>
  readonly #timer: HeartbeatTimer
  #isStarted = false
  #isInspecting = false

  /**
   * @throws {InvalidParametersError} if the interval is no delay for a timer
   */
  constructor (init: ScoreInspectorInit<Snapshot>) {
    const { intervalMs } = init

    if (!(intervalMs >= 1 && intervalMs <= MAX_INTERVAL_MS)) {
      throw new InvalidParametersError(`Gossipsub option scoreInspector.intervalMs is ${String(intervalMs)}: it must be from 1 to ${MAX_INTERVAL_MS}`)
    }

    this.#init = init
    this.#timer = new HeartbeatTimer(intervalMs, () => { this.#onTick() })
  }

  /** The first look is one interval from now. */
  start (): void {
    if (!this.#isStarted) {
      this.#isStarted = true
      this.#timer.start(this.#init.intervalMs)
    }
  }

  /** One last look. None comes after this. */
  stop (): void {
    if (this.#isStarted) {
      this.#isStarted = false
      this.#timer.stop()
      void this.#inspect()
    }
  }

  #onTick (): void {
    if (!this.#isInspecting) {
      this.#isInspecting = true
      void this.#inspect().then(() => { this.#isInspecting = false })
    }
  }

  /** Never rejects. */
  async #inspect (): Promise<void> {
    const { inspect, snapshot, log } = this.#init

    try {
      await inspect(snapshot())
    } catch (err) {
      log.error('the score inspector failed - %e', err)
    }
  }
}
