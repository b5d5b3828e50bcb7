import type { Cell, CellResult } from './cell.ts'

/** Between two others nothing of ours is tested. */
const OURS = 'quicmesh'

/** What became of a cell. */
export interface Outcome {
  cell: Cell
  status: 'passed' | 'failed' | 'skipped' | 'known'
  /** Why it is not `passed`. */
  reason?: string
  result?: CellResult
  elapsedMs: number
  /** The folder with the logs, if it was run. */
  logs?: string
  /** The command that runs this one cell again, with the same seed. */
  repeat: string
}

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

/** A known failure, of a peer and with its reason, counts as skipped: it is not green. */
export function countOutcomes (outcomes: Outcome[]): Counts {
  const count = (...statuses: Array<Outcome['status']>): number => outcomes.filter(({ status }) => statuses.includes(status)).length

  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped', 'known') }
}

/** Whether ours and another implementation took part, and something was tested. */
export function isCrossTested ({ cell, status }: Outcome): boolean {
  const peers = new Set(cell.needs.map(({ peer }) => peer))

  return (status === 'passed' || status === 'failed') && peers.has(OURS) && peers.size > 1
}
