import type { NodeSummary, Summary } from '../summary.ts'

const COLUMNS: Array<{ title: string, width: number, cell(node: NodeSummary): string }> = [
  { title: 'node', width: 4, cell: node => String(node.node) },
  { title: 'peer id', width: 18, cell: node => abbreviate(node.peerId) },
  { title: 'peers', width: 5, cell: node => String(node.peers) },
  { title: 'mesh', width: 4, cell: node => String(node.meshDegree) },
  { title: 'received', width: 9, cell: node => String(node.received) },
  { title: 'duplicates', width: 10, cell: node => String(node.duplicates) },
  { title: 'p50 ms', width: 7, cell: node => formatMs(node.p50Ms) },
  { title: 'p99 ms', width: 7, cell: node => formatMs(node.p99Ms) }
]

export function formatTable (nodes: NodeSummary[]): string[] {
  return [
    COLUMNS.map(({ title, width }) => title.padStart(width)).join('  '),
    ...nodes.map(node => COLUMNS.map(({ cell, width }) => cell(node).padStart(width)).join('  '))
  ]
}

export function formatSummary (summary: Summary): string[] {
  const { deliveriesExpected, deliveriesMade, messages } = summary

  return [
    `messages    ${messages} (${summary.bytes} bytes) in ${formatSeconds(summary.elapsedMs)}, ${summary.messagesPerSecond.toFixed(summary.messagesPerSecond < 10 ? 1 : 0)} per second`,
    `deliveries  ${deliveriesMade} of ${deliveriesExpected}`,
    `latency     p50 ${formatMs(summary.p50Ms)} ms, p99 ${formatMs(summary.p99Ms)} ms, max ${formatMs(summary.maxMs)} ms`,
    `duplicates  ${summary.duplicates}`,
    ...problems(summary),
    verdict(summary)
  ]
}

export function formatMs (ms: number | undefined): string {
  return ms == null ? '-' : ms.toFixed(ms < 100 ? 1 : 0)
}

export function formatSeconds (ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

/** `share` is 0 to 1. */
export function formatBar (share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width)

  return `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${Math.floor(share * 100)} %`
}

function abbreviate (peerId: string): string {
  return peerId.length > 18 ? `${peerId.slice(0, 8)}…${peerId.slice(-8)}` : peerId
}

function problems (summary: Summary): string[] {
  const counts: Array<[number, string]> = [
    [summary.messagesLost, 'messages that did not reach every node'],
    [summary.linesRefused, 'lines that are too long for a message'],
    [summary.corrupt, 'deliveries with another content than what was sent'],
    [summary.repeated, 'deliveries of what had been delivered or given up'],
    [summary.malformed, 'messages that none of the nodes sent']
  ]

  return [
    ...counts.filter(([count]) => count > 0).map(([count, what]) => `problem     ${count} ${what}`),
    ...summary.losses.map(loss => `            line ${loss.lineNumber} missed by ${loss.missingNodes.join(', ')}: ${loss.reason}`)
  ]
}

function verdict ({ exitCode, ending, messages }: Summary): string {
  if (ending != null) {
    return `stopped: ${ending}`
  }

  if (messages === 0) {
    return 'there was no line to publish'
  }

  return exitCode === 0 ? 'every node got every message' : 'NOT every node got every message'
}
