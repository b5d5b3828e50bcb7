import type { SuiteFigure } from './suite.ts'

/** The round before the first. Not counted: processes load code, and the engine compiles it. Not every figure needs it. */
export const WARM_UP = 0

/** As progress and failures call it. */
export function roundName (round: number, rounds: number): string {
  return round === WARM_UP ? 'warm-up round' : `round ${round} of ${rounds}`
}

/** Whether it is the turn of a figure that is not measured in every round; rounds are counted from 1. */
export function isMeasuredIn (round: number, { everyNthRound = 1 }: Pick<SuiteFigure<object>, 'everyNthRound'>): boolean {
  return (round - 1) % everyNthRound === 0
}
