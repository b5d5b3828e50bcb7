import { existsSync } from 'node:fs'
import { CHANGES_MARK, readEnvironment } from '../environment.ts'
import { formatNumber } from '../report/numbers.ts'
import { median } from '../statistics.ts'
import { BASELINE_FILE, readBaseline, writeBaseline } from './baseline.ts'
import { GUARDED_NAMES } from './guarded.ts'
import { measureRatios } from './measure.ts'
import { PLATFORM, tellLoad } from './surroundings.ts'
import { MAX_TRIES } from './tries.ts'
import { versionsOf } from './yardsticks.ts'
import type { CommittedRatio } from './baseline.ts'
import type { GuardedRatio } from './guarded.ts'
import type { RatioRounds } from './judge.ts'
import type { GuardOptions } from './options.ts'

/** Nothing is committed then. */
export class MeasureError extends Error {
  name = 'MeasureError'
}

/** Nobody could tell what was measured. Nothing is measured then. */
export class ChangesError extends Error {
  name = 'ChangesError'
}

/** Of a committed value: more would look like certainty, and make for noise in every renewal. */
const DIGITS = 3

/**
 * Measures the ratios anew and replaces their committed values; those of the others stay, those of ratios that are no more go.
 *
 * @throws {ChangesError} when they are those of the repository and the checkout has changes that are not committed
 * @throws {MeasureError} when one could not be measured
 */
export async function update (ratios: GuardedRatio[], { baseline: file, rounds }: Pick<GuardOptions, 'baseline' | 'rounds'>): Promise<void> {
  const { date, commit, cpuModel, cores, system, node } = readEnvironment([])
  assertTraceable(file, commit)
  const kept = existsSync(file) ? await readBaseline(file) : new Map<string, CommittedRatio>()
  const installed = await versionsOf(ratios.map(({ yardstick }) => yardstick))
  const tries = await tellLoad(async () => measureTries(ratios, rounds))

  const renewed = new Map(ratios.map(({ name, yardstick, work }) => [name, {
    ...lowestOf(name, tries.flatMap((measured) => measured.filter((ratio) => ratio.name === name))),
    work,
    yardstick,
    versions: installed.get(yardstick) ?? {},
    date,
    commit,
    machine: `${cpuModel}, ${cores} cores, ${system}`,
    platform: PLATFORM,
    node
  }]))

  await writeBaseline(file, new Map(GUARDED_NAMES.flatMap((name) => {
    const committed = renewed.get(name) ?? kept.get(name)

    return committed == null ? [] : [[name, committed]]
  })))

  for (const [name, { ratio, medians }] of renewed) {
    const before = kept.get(name)?.ratio
    process.stdout.write(`${name}: ${formatNumber(ratio)}, the lowest of ${medians.map(formatNumber).join(', ')}${before == null ? '' : `; it was ${formatNumber(before)}`}\n`)
  }
}

/**
 * Values of the repository name the commit that they were measured of; a file of one's own may be of anything.
 *
 * @throws {ChangesError}
 */
export function assertTraceable (file: string, commit: string): void {
  if (file === BASELINE_FILE && commit.endsWith(CHANGES_MARK)) {
    throw new ChangesError(`the checkout has changes that are not committed (${commit}), so that nobody could tell what was measured: commit them first, or measure to a file of your own by --baseline FILE`)
  }
}

/**
 * What is committed of a ratio: the lowest median of its tries, so that the guard fails for a fall and not for a try that was lucky.
 *
 * @throws {MeasureError} when a try could not measure it, or there is none
 */
export function lowestOf (name: string, tries: RatioRounds[]): Pick<CommittedRatio, 'ratio' | 'medians' | 'rounds'> {
  const [first] = tries
  const failed = tries.find(({ failure }) => failure != null)

  if (first == null || failed != null) {
    throw new MeasureError(`${name} could not be told: ${failed?.failure ?? 'there is no try'}`)
  }

  const medians = tries.map(({ ratios }) => Number(median(ratios).toPrecision(DIGITS)))

  return { ratio: Math.min(...medians), medians, rounds: first.ratios.length }
}

async function measureTries (ratios: GuardedRatio[], rounds: number): Promise<RatioRounds[][]> {
  const tries: RatioRounds[][] = []

  for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
    process.stdout.write(`  try ${attempt} of ${MAX_TRIES}\n`)
    tries.push(await measureRatios(ratios, rounds))
  }

  return tries
}
