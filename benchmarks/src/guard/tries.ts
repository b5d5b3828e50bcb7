import { isPassed, judge } from './judge.ts'
import type { Judgement, RatioRounds } from './judge.ts'

/** Whole tries before a ratio has fallen or can't be told: something else that the machine does for a minute must not be taken for it. */
export const MAX_TRIES = 3

export interface TriesInit {
  /** By name. */
  committed: ReadonlyMap<string, number>
  /** Measures each of the ratios once more. `attempt` counts from 1. */
  measure (names: string[], attempt: number): Promise<RatioRounds[]>
}

/**
 * Measures all, and again those that look fallen or could not be measured. A verdict is of the rounds of all tries together, but there is none when the last
 * try could not measure.
 *
 * @throws {Error} when a name has no committed value
 */
export async function judgeInTries (names: string[], { committed, measure }: TriesInit): Promise<Judgement[]> {
  const judgements = new Map<string, Judgement>()
  let suspects = names

  for (let attempt = 1; attempt <= MAX_TRIES && suspects.length > 0; attempt++) {
    for (const measured of await measure(suspects, attempt)) {
      const before = judgements.get(measured.name)?.ratios ?? []
      judgements.set(measured.name, judge({ ...measured, ratios: [...before, ...measured.ratios] }, committedOf(committed, measured.name)))
    }

    suspects = suspects.filter((name) => !isPassedIn(judgements, name))
  }

  return names.map((name) => judgements.get(name) ?? judge({ name, ratios: [] }, committedOf(committed, name)))
}

function isPassedIn (judgements: ReadonlyMap<string, Judgement>, name: string): boolean {
  const judgement = judgements.get(name)

  return judgement != null && isPassed(judgement)
}

function committedOf (committed: ReadonlyMap<string, number>, name: string): number {
  const value = committed.get(name)

  if (value == null) {
    throw new Error(`${name} has no committed value`)
  }

  return value
}
