import { formatBar, formatMs, formatSeconds, formatSummary, formatTable } from './format.ts'
import type { Snapshot, View } from './view.ts'
import type { Summary } from '../summary.ts'

const BAR_WIDTH = 40
const FALLBACK_COLUMNS = 80
const FALLBACK_ROWS = 24
/** Lines of the screen that the table leaves to the figures, the prompt and a hint that there is more. */
const OTHER_LINES = 5

export interface Screen {
  columns?: number
  rows?: number
  write (text: string): void
}

/** A table that is redrawn in place. */
export class LiveView implements View {
  private readonly screen: Screen
  private drawnLines = 0

  constructor (screen: Screen) {
    this.screen = screen
  }

  onPhase (phase: string): void {
    this.printAbove(phase)
  }

  onListening (): void {}

  onTick (snapshot: Snapshot): void {
    this.draw([...this.table(snapshot), '', figures(snapshot), ...progress(snapshot)])
  }

  onDelivered (): void {}

  onWarning (warning: string): void {
    this.printAbove(`warning: ${warning}`)
  }

  onEnd (summary: Summary): void {
    this.draw([])
    this.screen.write(['', ...formatTable(summary.nodes), '', ...formatSummary(summary), ''].join('\n'))
  }

  private table ({ nodes }: Snapshot): string[] {
    const lines = formatTable(nodes)
    const room = Math.max(2, known(this.screen.rows, FALLBACK_ROWS) - OTHER_LINES)

    return lines.length <= room ? lines : [...lines.slice(0, room - 1), `… and ${lines.length - room + 1} more nodes`]
  }

  private draw (lines: string[]): void {
    const columns = known(this.screen.columns, FALLBACK_COLUMNS)
    const text = lines.map(line => `${line.slice(0, columns - 1)}\n`).join('')
    this.screen.write(`${this.erase()}${text}`)
    this.drawnLines = lines.length
  }

  private printAbove (text: string): void {
    this.screen.write(`${this.erase()}${text}\n`)
    this.drawnLines = 0
  }

  /** Back to the start of the first line that was drawn, whatever the terminal has echoed, and clear from there on. */
  private erase (): string {
    return this.drawnLines === 0 ? '' : `\r\u001b[${this.drawnLines}A\u001b[J`
  }
}

/** Some terminals say that they are 0 wide. */
function known (size: number | undefined, fallback: number): number {
  return size != null && size > 0 ? size : fallback
}

function figures (snapshot: Snapshot): string {
  return [
    formatSeconds(snapshot.elapsedMs),
    `${snapshot.messages} messages`,
    `${snapshot.deliveriesMade}/${snapshot.deliveriesExpected} deliveries`,
    `${snapshot.messagesPerSecond.toFixed(0)}/s`,
    `p50 ${formatMs(snapshot.p50Ms)} ms`,
    `p99 ${formatMs(snapshot.p99Ms)} ms`
  ].join('  ')
}

function progress ({ share }: Snapshot): string[] {
  return share == null ? [] : [formatBar(share, BAR_WIDTH)]
}
