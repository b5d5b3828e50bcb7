import type { SuiteFigure } from './suite.ts'

/** Whether it is the turn of a figure that is not measured in every round; rounds are counted from 1. */
export function isMeasuredIn (round: number, { everyNthRound = 1 }: Pick<SuiteFigure<object>, 'everyNthRound'>): boolean {
  return (round - 1) % everyNthRound === 0
}
