import { fieldEnd } from './encoded-ids.ts'
import type { EncodedIds } from './encoded-ids.ts'
import type { Random } from './random.ts'

/** Encoded ids that came one after the other. */
export interface IdRun {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  readonly count: number
}

/** A sample has at least so many runs, so one of few ids is of single ones. To copy each id of a large one by itself would take ten times as long. */
const MIN_RUNS = 64

/** Ids to be sampled from, for one peer after the other. For as long as the runs stay as they are. */
export class IdPool {
  readonly count: number
  private readonly given: readonly IdRun[]
  private whole?: EncodedIds
  /** What samples are made of, in an order that each sample goes on shuffling. */
  private runs: IdRun[] = []
  private idsPerRun = 0

  constructor (runs: readonly IdRun[]) {
    this.given = runs
    this.count = runs.reduce((sum, { count }) => sum + count, 0)
  }

  /** All ids, in order. Encoded once. */
  get all (): EncodedIds {
    this.whole ??= join(this.given, this.count)

    return this.whole
  }

  /** `count` different ids, or all when there are not more. Each is as likely to be chosen, but comes together with neighbours. */
  sample (count: number, random: Random): EncodedIds {
    if (this.count <= count) {
      return this.all
    }

    this.cutRuns(Math.max(1, Math.floor(count / MIN_RUNS)))

    const { runs } = this
    let chosen = 0

    for (let ids = 0; ids < count; chosen++) {
      const other = chosen + random.below(runs.length - chosen)
      const run = runs[other]
      runs[other] = runs[chosen]
      runs[chosen] = run
      ids += run.count
    }

    return join(runs.slice(0, chosen), count)
  }

  private cutRuns (idsPerRun: number): void {
    if (idsPerRun !== this.idsPerRun) {
      this.idsPerRun = idsPerRun
      this.runs = this.given.flatMap(run => run.count <= idsPerRun ? run : cut(run, idsPerRun))
    }
  }
}

/** The first `count` ids of the runs. */
function join (runs: readonly IdRun[], count: number): EncodedIds {
  const excess = runs.reduce((sum, run) => sum + run.count, -count)
  const last = runs.at(-1)
  const end = last == null || excess === 0 ? last?.end : skip(last.bytes, last.start, last.count - excess)
  const parts = runs.map(run => run.bytes.subarray(run.start, run === last ? end : run.end))
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let offset = 0

  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }

  return { bytes, count }
}

function cut (run: IdRun, idsPerRun: number): IdRun[] {
  const { bytes } = run
  const parts: IdRun[] = []

  for (let start = run.start, left = run.count; left > 0; left -= idsPerRun) {
    const count = Math.min(left, idsPerRun)
    const end = count === left ? run.end : skip(bytes, start, count)
    parts.push({ bytes, start, end, count })
    start = end
  }

  return parts
}

/** The offset after so many ids. */
function skip (bytes: Uint8Array, offset: number, ids: number): number {
  for (let i = 0; i < ids; i++) {
    offset = fieldEnd(bytes, offset)
  }

  return offset
}
