import type { StackName } from './contestants.ts'
import type { Spread } from './statistics.ts'

/** What our own figure shall be: itself, or its ratio to another's of the same round. */
export interface Goal<Name extends string = StackName> {
  atLeast?: number
  atMost?: number
  /** The stack of the ratio; the figure itself without. */
  of?: Name
}

export interface GoalResult {
  contestant: string
  /** As in '>= 6 x chainsafe-quic'. */
  goal: string
  actual: number
  isMet: boolean
}

/** As much of a metric's summary as goals ask for. */
interface Measured {
  contestants: Array<{ contestant: string, value: Spread, ratios: Record<string, Spread> }>
}

/** One result for each goal that the run can tell of: a ratio needs both contestants. */
export function checkGoals (goals: Array<Goal<string>>, metric: Measured, contestant: string): GoalResult[] {
  const summary = metric.contestants.find((c) => c.contestant === contestant)

  return goals.flatMap((goal) => {
    const actual = goal.of == null ? summary?.value.median : summary?.ratios[goal.of]?.median

    return actual == null ? [] : [{ contestant, goal: describe(goal), actual, isMet: isMet(goal, actual) }]
  })
}

function isMet ({ atLeast = -Infinity, atMost = Infinity }: Goal<string>, actual: number): boolean {
  return actual >= atLeast && actual <= atMost
}

function describe ({ atLeast, atMost, of }: Goal<string>): string {
  const bounds = [
    ...(atLeast == null ? [] : [`>= ${atLeast}`]),
    ...(atMost == null ? [] : [`<= ${atMost}`])
  ].join(' and ')

  return of == null ? bounds : `${bounds} x ${of}`
}
