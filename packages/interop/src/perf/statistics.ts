export interface Spread {
  median: number
  min: number
  max: number
}

/** @throws {RangeError} when there are no values */
export function spread (values: readonly number[]): Spread {
  if (values.length === 0) {
    throw new RangeError('No values')
  }

  const sorted = [...values].sort((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)

  return {
    median: sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2,
    min: sorted[0],
    max: sorted[sorted.length - 1]
  }
}

/**
 * One pair's figure over another's of the same round: what slows the machine down for a while slows both.
 *
 * @throws {RangeError} when the two have different numbers of rounds
 */
export function ratios (values: readonly number[], others: readonly number[]): number[] {
  if (values.length !== others.length) {
    throw new RangeError(`${values.length} rounds can't be compared with ${others.length}`)
  }

  return values.map((value, round) => value / others[round])
}
