import { formatMs, formatSeconds, formatSummary, formatTable } from './format.ts'
import type { Snapshot, View } from './view.ts'
import type { Summary } from '../summary.ts'

const TICK_INTERVAL_MS = 1_000

export interface PlainViewInit {
  write (text: string): void
  /** Confirm each message and show the table, for somebody who types them, instead of a line of figures every second. */
  isTyped: boolean
}

/** Lines that stay as they are, for a log or a pipe. */
export class PlainView implements View {
  private readonly init: PlainViewInit
  private nextTickAtMs = TICK_INTERVAL_MS
  private isTableDue = false

  constructor (init: PlainViewInit) {
    this.init = init
  }

  onPhase (phase: string): void {
    this.line(phase)
  }

  onListening (): void {}

  onTick (snapshot: Snapshot): void {
    if (this.isTableDue) {
      this.isTableDue = false
      this.line(formatTable(snapshot.nodes).join('\n'))
    }

    if (this.init.isTyped || snapshot.messages === 0 || snapshot.elapsedMs < this.nextTickAtMs) {
      return
    }

    this.nextTickAtMs = snapshot.elapsedMs + TICK_INTERVAL_MS
    const share = snapshot.share == null ? '' : ` (${Math.floor(snapshot.share * 100)} %)`
    this.line([
      formatSeconds(snapshot.elapsedMs),
      `${snapshot.messages} messages${share}`,
      `${snapshot.deliveriesMade} of ${snapshot.deliveriesExpected} deliveries`,
      `${snapshot.messagesPerSecond.toFixed(0)} per second`,
      `p50 ${formatMs(snapshot.p50Ms)} ms`,
      `p99 ${formatMs(snapshot.p99Ms)} ms`
    ].join(', '))
  }

  onDelivered ({ lineNumber, deliveries, elapsedMs }: { lineNumber: number, deliveries: number, elapsedMs: number }): void {
    if (this.init.isTyped) {
      this.line(`line ${lineNumber} reached ${deliveries} nodes in ${formatMs(elapsedMs)} ms`)
      this.isTableDue = true
    }
  }

  onWarning (warning: string): void {
    this.line(`warning: ${warning}`)
  }

  onEnd (summary: Summary): void {
    this.line(['', ...formatTable(summary.nodes), '', ...formatSummary(summary)].join('\n'))
  }

  private line (text: string): void {
    this.init.write(`${text}\n`)
  }
}
