import { progressLine } from '../progress.ts'
import { ratiosPerRound } from '../statistics.ts'
import { isHigherBetter, WORKLOADS } from './guarded.ts'
import type { GuardedRatio } from './guarded.ts'
import type { RatioRounds } from './judge.ts'
import type { SuiteMeasurement, SuiteResults } from '../suite.ts'

const MS_PER_SECOND = 1_000

/**
 * Measures ours and the yardsticks in turns. All ratios of a suite to one yardstick come of one run.
 *
 * @returns one for each ratio, in their order; failures are told there
 */
export async function measureRatios (ratios: GuardedRatio[], rounds: number): Promise<RatioRounds[]> {
  const measured = new Map<GuardedRatio, RatioRounds>()

  for (const group of groupsOf(ratios)) {
    const results = await runGroup(group, rounds)
    group.forEach((ratio) => measured.set(ratio, roundsOf(ratio, results, rounds)))
  }

  return ratios.flatMap((ratio) => measured.get(ratio) ?? [])
}

/** Those that can be measured together. */
function groupsOf (ratios: GuardedRatio[]): GuardedRatio[][] {
  const groups = new Map<string, GuardedRatio[]>()

  for (const ratio of ratios) {
    const key = `${ratio.suite.name} ${ratio.yardstick}`
    groups.set(key, [...groups.get(key) ?? [], ratio])
  }

  return [...groups.values()]
}

async function runGroup (group: GuardedRatio[], rounds: number): Promise<SuiteResults> {
  const [{ suite, yardstick }] = group
  const { onProgress, clear } = progressLine(process.stderr, { title: `guard, ${suite.name} against ${yardstick}` })

  const results = await suite.run({
    contestants: [suite.ours, yardstick],
    figures: Object.keys(suite.figures).filter((name) => group.some(({ figure }) => figure === name)),
    rounds,
    workload: WORKLOADS[suite.name] ?? suite.workload,
    timeoutMs: suite.defaults.timeoutSeconds * MS_PER_SECOND
  }, { onProgress })
  clear()

  return results
}

/** Told so that more is better: ours over the yardstick of what should be high, the yardstick over ours of what should be low. */
export function roundsOf (ratio: GuardedRatio, { measurements, failures }: SuiteResults, rounds: number): RatioRounds {
  const { name, suite, yardstick } = ratio
  const ours = valuesOf(ratio, suite.ours, measurements)
  const theirs = valuesOf(ratio, yardstick, measurements)

  if ([ours, theirs].every((values) => values.length === rounds && values.every((value) => Number.isFinite(value) && value > 0))) {
    return { name, ratios: isHigherBetter(ratio) ? ratiosPerRound(ours, theirs) : ratiosPerRound(theirs, ours) }
  }

  const told = failures.map(({ contestant, during, error }) => `${contestant} failed (${during}): ${error}`)
  const counts = `of ${rounds} rounds ${suite.ours} has ${ours.join(', ') || 'none'}; ${yardstick} has ${theirs.join(', ') || 'none'}`

  return { name, ratios: [], failure: told.length > 0 ? told.join('\n') : counts }
}

/** In the order of rounds, in which they were measured. */
function valuesOf ({ figure, metric }: GuardedRatio, contestant: string, measurements: SuiteMeasurement[]): number[] {
  return measurements.filter((measurement) => measurement.contestant === contestant && measurement.figure === figure).map(({ values }) => values[metric] ?? NaN)
}
