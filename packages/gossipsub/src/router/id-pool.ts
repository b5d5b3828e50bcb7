import { fieldEnd } from './encoded-ids.ts'
import type { EncodedIds } from './encoded-ids.ts'
import type { MessageId } from './events.ts'
import type { Random } from './random.ts'

/** Encoded ids that came one after the other. */
export interface IdRun {
  readonly bytes: MessageId
  readonly start: number
  readonly end: number
  readonly count: number
}

/** A sample has at least so many runs, so one of few ids is of single ones. To copy each id of a large one by itself would take ten times as long. */
const MIN_RUNS = 64

/**
 * Ids to be sampled from, for one peer after the other. For as long as the runs stay as they are. Whole runs are given as views of their
 * bytes: to copy them for every peer takes longer than all else.
 */
export class IdPool {
  readonly count: number
  private readonly given: readonly IdRun[]
  private whole?: EncodedIds
  /** What samples are made of, in an order that each sample goes on shuffling. */
  private parts: Part[] = []
  private idsPerRun = 0

  constructor (runs: readonly IdRun[]) {
    this.given = runs
    this.count = runs.reduce((sum, { count }) => sum + count, 0)
  }

  /** All ids, in order: the same object each time. */
  get all (): EncodedIds {
    this.whole ??= { parts: this.given.map(viewOf), count: this.count }

    return this.whole
  }

  /** `count` different ids, or all when there are not more. Each is as likely to be chosen, but comes together with neighbours. */
  sample (count: number, random: Random): EncodedIds {
    if (this.count <= count) {
      return this.all
    }

    this.cutRuns(Math.max(1, Math.floor(count / MIN_RUNS)))

    const { parts } = this
    const sample: MessageId[] = []

    for (let left = count; left > 0;) {
      const chosen = sample.length
      const other = chosen + random.below(parts.length - chosen)
      const part = parts[other]
      parts[other] = parts[chosen]
      parts[chosen] = part
      sample.push(part.count <= left ? part.bytes : part.bytes.subarray(0, skip(part.bytes, 0, left)))
      left -= part.count
    }

    return { parts: this.isCut ? [join(sample)] : sample, count }
  }

  private cutRuns (idsPerRun: number): void {
    if (idsPerRun !== this.idsPerRun) {
      this.idsPerRun = idsPerRun
      this.parts = this.given.flatMap(run => cut(viewOf(run), run.count, idsPerRun))
    }
  }

  /** Small parts, wherever they wait, would keep whole runs from being garbage. */
  private get isCut (): boolean {
    return this.parts.length > this.given.length
  }
}

/** A run, or a piece of one. */
interface Part {
  readonly bytes: MessageId
  readonly count: number
}

function viewOf ({ bytes, start, end }: IdRun): MessageId {
  return bytes.subarray(start, end)
}

function cut (bytes: MessageId, count: number, idsPerPart: number): Part[] {
  const parts: Part[] = []

  for (let start = 0, left = count; left > 0; left -= idsPerPart) {
    const end = left <= idsPerPart ? bytes.length : skip(bytes, start, idsPerPart)
    parts.push({ bytes: bytes.subarray(start, end), count: Math.min(left, idsPerPart) })
    start = end
  }

  return parts
}

function join (parts: readonly MessageId[]): MessageId {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let offset = 0

  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }

  return bytes
}

/** The offset after so many ids. */
function skip (bytes: Uint8Array, offset: number, ids: number): number {
  for (let i = 0; i < ids; i++) {
    offset = fieldEnd(bytes, offset)
  }

  return offset
}
