import type { StackName } from './contestants.ts'
import type { MetricSummary } from './summary.ts'

/** What our own figure shall be: itself, or its ratio to another's of the same round. */
export interface Goal {
  atLeast?: number
  atMost?: number
  /** The stack of the ratio; the figure itself without. */
  of?: StackName
}

export interface GoalResult {
  contestant: string
  /** As in '>= 6 x chainsafe-quic'. */
  goal: string
  actual: number
  isMet: boolean
}

/** One result for each goal that the run can tell of: a ratio needs both contestants. */
export function checkGoals (goals: Goal[], metric: MetricSummary, contestant: string): GoalResult[] {
  const summary = metric.contestants.find((c) => c.contestant === contestant)

  return goals.flatMap((goal) => {
    const actual = goal.of == null ? summary?.value.median : summary?.ratios[goal.of]?.median

    return actual == null ? [] : [{ contestant, goal: describe(goal), actual, isMet: isMet(goal, actual) }]
  })
}

function isMet ({ atLeast = -Infinity, atMost = Infinity }: Goal, actual: number): boolean {
  return actual >= atLeast && actual <= atMost
}

function describe ({ atLeast, atMost, of }: Goal): string {
  const bounds = [
    ...(atLeast == null ? [] : [`>= ${atLeast}`]),
    ...(atMost == null ? [] : [`<= ${atMost}`])
  ].join(' and ')

  return of == null ? bounds : `${bounds} x ${of}`
}
