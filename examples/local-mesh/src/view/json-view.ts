import type { ListeningNode, Snapshot, View } from './view.ts'
import type { Summary } from '../summary.ts'

const TICK_INTERVAL_MS = 1_000

/** One JSON object per line, told apart by `event`: `phase`, `listening`, `progress`, `warning`, `summary` (the last one). */
export class JsonView implements View {
  private readonly write: (text: string) => void
  private nextTickAtMs = 0

  constructor (write: (text: string) => void) {
    this.write = write
  }

  onPhase (phase: string): void {
    this.emit('phase', { phase })
  }

  onListening (node: ListeningNode): void {
    this.emit('listening', node)
  }

  onTick (snapshot: Snapshot): void {
    if (snapshot.elapsedMs >= this.nextTickAtMs) {
      this.nextTickAtMs = snapshot.elapsedMs + TICK_INTERVAL_MS
      this.emit('progress', snapshot)
    }
  }

  onDelivered (): void {}

  onWarning (warning: string): void {
    this.emit('warning', { warning })
  }

  onEnd (summary: Summary): void {
    this.emit('summary', summary)
  }

  private emit (event: string, detail: object): void {
    this.write(`${JSON.stringify({ event, ...detail })}\n`)
  }
}
