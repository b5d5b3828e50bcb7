import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { knownFailureOf } from './known-failures.ts'
import { runAll } from './schedule.ts'
import type { Cell, CellResult, Profile } from './cell.ts'
import type { Outcome } from './outcome.ts'
import type { BuiltPeers } from '../peers/build-peers.ts'

/** After a cell's time is over, for what it started to end. */
const GRACE_MS = 15_000

export interface RunSettings {
  profile: Profile
  parallel: number
  seed: number
  /** Gets a folder for each cell. */
  logs: string
  peers: BuiltPeers
  signal: AbortSignal
  onOutcome (outcome: Outcome): void
}

/** Runs the cells, and gives the outcomes in their order; of those that an abort kept from running there are none. */
export async function runCells (cells: Cell[], settings: RunSettings): Promise<Outcome[]> {
  const outcomes = new Map<Cell, Outcome>()

  await runAll(cells, settings.parallel, settings.signal, async (cell, slot) => {
    const outcome = await outcomeOf(cell, slot, settings)

    // it failed because the run was ended
    if (outcome.status === 'failed' && settings.signal.aborted) {
      return
    }

    outcomes.set(cell, outcome)
    settings.onOutcome(outcome)
  })

  return cells.flatMap((cell) => outcomes.get(cell) ?? [])
}

async function outcomeOf (cell: Cell, slot: number, settings: RunSettings): Promise<Outcome> {
  const repeat = `npm run interop -- --profile ${settings.profile} --seed ${settings.seed} --only '${cell.id}'`
  const missing = cell.needs.map(({ peer, program }) => settings.peers.missing(peer, program)).find((reason) => reason != null)

  if (missing != null) {
    return { cell, status: missing.isFailure ? 'failed' : 'skipped', reason: missing.reason, elapsedMs: 0, repeat }
  }

  const logs = join(settings.logs, folderName(cell.id))
  await mkdir(logs, { recursive: true })
  const startedAtMs = performance.now()
  const outcome = await runCell(cell, slot, logs, settings)
  await writeFile(join(logs, 'repeat.txt'), `${repeat}\n${outcome.status}${outcome.reason == null ? '' : `: ${outcome.reason}`}\n`)

  return { cell, ...outcome, elapsedMs: performance.now() - startedAtMs, logs, repeat }
}

async function runCell (cell: Cell, slot: number, logs: string, { profile, seed, peers, signal }: RunSettings): Promise<Pick<Outcome, 'status' | 'reason' | 'result'>> {
  try {
    const result = await withinTime(cell, signal, async (signal) => cell.run({
      profile,
      programs: (peer) => peers.programs(peer),
      logs,
      seed: seedOf(seed, cell.id),
      signal,
      slot
    }))

    return result.unsupported == null ? { status: 'passed', result } : { status: 'skipped', reason: result.unsupported, result }
  } catch (err) {
    const reason = (err as Error).message
    const known = knownFailureOf(cell, reason)

    return known == null ? { status: 'failed', reason } : { status: 'known', reason: `${known} (${reason})` }
  }
}

async function withinTime (cell: Cell, signal: AbortSignal, run: (signal: AbortSignal) => Promise<CellResult>): Promise<CellResult> {
  const timeout = AbortSignal.timeout(cell.timeoutMs)
  const over = new AbortController()
  const ended = Promise.withResolvers<never>()
  const timer = setTimeout(() => { ended.reject(new Error(`It did not end within ${GRACE_MS / 1_000} s after its time was over`)) }, cell.timeoutMs + GRACE_MS)

  try {
    return await Promise.race([run(AbortSignal.any([signal, timeout, over.signal])), ended.promise])
  } catch (err) {
    throw timeout.aborted ? new Error(`It took longer than ${cell.timeoutMs / 1_000} s: ${(err as Error).message}`) : err
  } finally {
    clearTimeout(timer)
    // whatever it started and left
    over.abort(new Error('The cell is over'))
  }
}

/** Of one cell, whichever others run: the same when it is run alone. */
function seedOf (seed: number, id: string): number {
  return createHash('sha256').update(`${seed} ${id}`).digest().readUInt32BE()
}

function folderName (id: string): string {
  return id.replace(/[^\w.]+/g, '-').replace(/-$/, '')
}
