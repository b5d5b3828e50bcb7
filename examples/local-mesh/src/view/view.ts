import type { NodeSummary, Summary } from '../summary.ts'

/** The state of a run a few times a second. */
export interface Snapshot {
  elapsedMs: number
  messages: number
  deliveriesExpected: number
  deliveriesMade: number
  messagesPerSecond: number
  /** How much of the input is delivered, 0 to 1; undefined when its length is not known. */
  share?: number
  p50Ms?: number
  p99Ms?: number
  nodes: NodeSummary[]
}

export interface ListeningNode {
  node: number
  pid?: number
  peerId: string
  addresses: string[]
}

/** Shows a run to whoever looks: a person at a terminal, a log, or a program. */
export interface View {
  onPhase (phase: string): void
  onListening (node: ListeningNode): void
  onTick (snapshot: Snapshot): void
  /** A message has reached every node. */
  onDelivered (message: { lineNumber: number, deliveries: number, elapsedMs: number }): void
  onWarning (warning: string): void
  onEnd (summary: Summary): void
}
