import { fieldEnd } from './encoded-ids.ts'
import type { EncodedIds } from './encoded-ids.ts'
import type { Random } from './random.ts'

/** A large sample is made of runs of ids that came one after the other, because to copy each id by itself takes ten times as long. */
const MAX_RUN_IDS = 32

/** A sample has at least so many runs, so a small one is of single ids. */
const MIN_RUNS = 64

/** Ids to be sampled from, for one peer after the other. */
export class IdPool {
  readonly all: EncodedIds
  private idsPerRun = 0
  /** Where the runs begin, and the end of the last one. */
  private bounds = new Uint32Array(0)
  /** The numbers of the runs: each sample goes on shuffling them. */
  private order = new Uint32Array(0)

  constructor (all: EncodedIds) {
    this.all = all
  }

  /** `count` different ids, or all when there are not more. Each is as likely to be chosen, but comes together with neighbours. */
  sample (count: number, random: Random): EncodedIds {
    if (this.all.count <= count) {
      return this.all
    }

    this.cutRuns(Math.max(1, Math.min(MAX_RUN_IDS, Math.floor(count / MIN_RUNS))))

    const { order, bounds } = this
    let runs = 0
    let ids = 0
    let bytes = 0

    for (; ids < count; runs++) {
      const other = runs + random.below(order.length - runs)
      const run = order[other]
      order[other] = order[runs]
      order[runs] = run
      ids += this.idsIn(run)
      bytes += bounds[run + 1] - bounds[run]
    }

    const lastRun = order[runs - 1]
    const cutOff = bounds[lastRun + 1] - this.endOf(lastRun, this.idsIn(lastRun) - (ids - count))

    return { bytes: this.joinRuns(runs, bytes - cutOff), count }
  }

  private joinRuns (runs: number, size: number): EncodedIds['bytes'] {
    const { order, bounds } = this
    const joined = new Uint8Array(size)
    let offset = 0

    for (let i = 0; i < runs; i++) {
      const start = bounds[order[i]]
      const end = Math.min(bounds[order[i] + 1], start + size - offset)
      joined.set(this.all.bytes.subarray(start, end), offset)
      offset += end - start
    }

    return joined
  }

  private cutRuns (idsPerRun: number): void {
    if (idsPerRun === this.idsPerRun) {
      return
    }

    const { bytes, count } = this.all
    const runs = Math.ceil(count / idsPerRun)
    this.idsPerRun = idsPerRun
    this.order = Uint32Array.from({ length: runs }, (_, i) => i)
    this.bounds = new Uint32Array(runs + 1)

    for (let i = 0, offset = 0; offset < bytes.length; i++) {
      if (i % idsPerRun === 0) {
        this.bounds[i / idsPerRun] = offset
      }

      offset = fieldEnd(bytes, offset)
    }

    this.bounds[runs] = bytes.length
  }

  private idsIn (run: number): number {
    return Math.min(this.idsPerRun, this.all.count - run * this.idsPerRun)
  }

  /** Where the first so many ids of a run end. */
  private endOf (run: number, ids: number): number {
    let end = this.bounds[run]

    for (let i = 0; i < ids; i++) {
      end = fieldEnd(this.all.bytes, end)
    }

    return end
  }
}
