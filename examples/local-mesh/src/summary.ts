import type { Loss, Deliveries } from './deliveries.ts'

/** Why a run ended before its input did. */
export interface Ending {
  exitCode: number
  reason: string
}

export interface NodeSummary {
  node: number
  peerId: string
  peers: number
  meshDegree: number
  received: number
  duplicates: number
  p50Ms?: number
  p99Ms?: number
}

export interface Summary {
  exitCode: number
  /** What kept the run from its end, if something did. */
  ending?: string
  messages: number
  bytes: number
  deliveriesExpected: number
  deliveriesMade: number
  /** Messages that did not reach every node; the first few of them are in `losses`. */
  messagesLost: number
  losses: Loss[]
  /** Lines that are longer than a message may be. */
  linesRefused: number
  corrupt: number
  repeated: number
  malformed: number
  duplicates: number
  p50Ms?: number
  p99Ms?: number
  maxMs: number
  elapsedMs: number
  messagesPerSecond: number
  nodes: NodeSummary[]
}

export interface SummaryInput {
  deliveries: Deliveries
  nodes: NodeSummary[]
  malformed: number
  linesRefused: number
  elapsedMs: number
  ending?: Ending
}

/** The exit code is 0 only if each message was delivered, as it had been sent, exactly once to each node. */
export function summarize ({ deliveries, nodes, malformed, linesRefused, elapsedMs, ending }: SummaryInput): Summary {
  const corrupt = sum(deliveries.byNode.map(receipts => receipts.corrupt))
  const repeated = sum(deliveries.byNode.map(receipts => receipts.repeated))
  const isComplete = deliveries.made === deliveries.expected &&
    corrupt + repeated + malformed + linesRefused + deliveries.lossCount === 0

  return {
    exitCode: ending?.exitCode ?? (isComplete ? 0 : 1),
    ending: ending?.reason,
    messages: deliveries.messages,
    bytes: deliveries.bytes,
    deliveriesExpected: deliveries.expected,
    deliveriesMade: deliveries.made,
    messagesLost: deliveries.lossCount,
    losses: deliveries.losses,
    linesRefused,
    corrupt,
    repeated,
    malformed,
    duplicates: sum(nodes.map(node => node.duplicates)),
    p50Ms: deliveries.latencies.percentileMs(0.5),
    p99Ms: deliveries.latencies.percentileMs(0.99),
    maxMs: deliveries.latencies.maxMs,
    elapsedMs,
    messagesPerSecond: elapsedMs > 0 ? deliveries.messages / (elapsedMs / 1000) : 0,
    nodes
  }
}

function sum (numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
