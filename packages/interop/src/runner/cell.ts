import type { ProgramName, Programs } from '../peers/peer.ts'

/** Families of cells; each is a folder in `src/`. */
export type SuiteName = 'transport' | 'perf' | 'gossipsub' | 'container'

/** `ci` is in `npm test`, `full` has all cells. */
export type Profile = 'ci' | 'full'

/** One field of the matrix: known without running anything. */
export interface Cell {
  suite: SuiteName
  /** Unique, and what `--only` filters by: `transport go x quicmesh (quic-v1, reset)`. */
  id: string
  /** Row of the matrix: peer that dials, or the mix of a mesh. */
  dialer: string
  /** Column of the matrix: peer that listens; empty for a mesh. */
  listener: string
  /** What is tested: `ping`, `reset`, `subnet-blob-msg` ... */
  row: string
  /** The programs it needs, by the name of the peer. */
  needs: Array<{ peer: string, program: ProgramName }>
  /** Whether the profile `ci` has it. */
  isInCi: boolean
  /** It measures time: nothing else runs beside it. */
  isAlone?: boolean
  /** After that it has failed. */
  timeoutMs: number
  /** @throws when the cell failed; the message is what people read in the matrix. */
  run (context: CellContext): Promise<CellResult>
}

export interface CellContext {
  profile: Profile
  /** What was built of the peer. */
  programs (peer: string): Programs
  /** A folder of this cell's own, made: logs of both sides, qlog of ours, whatever explains a failure. Kept. */
  logs: string
  /** For all that is random. */
  seed: number
  /** Aborted when the cell's time is over or the run is ended: everything it started must end. */
  signal: AbortSignal
  /** Numbers unlike those of any cell that runs at the same time, from 0, below 64: for names, ports, addresses. */
  slot: number
}

export interface CellResult {
  /** Why it was not tested, if it was not: what a peer has no way to do. White in the matrix. */
  unsupported?: string
  /** What was measured, for the report: `{ 'handshake + RTT, ms': 3.2 }`. */
  figures?: Record<string, number>
  /** Tables and notes for the report of the suite, Markdown. */
  notes?: string
}
