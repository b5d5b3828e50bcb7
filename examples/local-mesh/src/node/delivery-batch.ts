import type { Delivery } from './mesh-node.ts'

const FLUSH_INTERVAL_MS = 10

export interface DeliveryColumns {
  seqs: number[]
  digests: number[]
  latenciesMs: number[]
}

/** Collects what arrives within 10 ms, so that the parent is told once and not once per message. */
export class DeliveryBatch {
  private readonly onFlush: (columns: DeliveryColumns) => void
  private columns = emptyColumns()
  private timer?: ReturnType<typeof setTimeout>

  constructor (onFlush: (columns: DeliveryColumns) => void) {
    this.onFlush = onFlush
  }

  add ({ seq, digest, latencyMs }: Delivery): void {
    this.columns.seqs.push(seq)
    this.columns.digests.push(digest)
    this.columns.latenciesMs.push(latencyMs)
    this.timer ??= setTimeout(() => { this.flush() }, FLUSH_INTERVAL_MS)
  }

  flush (): void {
    clearTimeout(this.timer)
    this.timer = undefined

    if (this.columns.seqs.length > 0) {
      const { columns } = this
      this.columns = emptyColumns()
      this.onFlush(columns)
    }
  }
}

function emptyColumns (): DeliveryColumns {
  return { seqs: [], digests: [], latenciesMs: [] }
}
