/** What is told of the counted rounds of one contestant. */
export interface Spread {
  median: number
  min: number
  max: number
}

/**
 * @throws {RangeError} when there are no values
 */
export function spread (values: readonly number[]): Spread {
  return {
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values)
  }
}

/**
 * The middle value, or the mean of the two in the middle.
 *
 * @throws {RangeError} when there are no values
 */
export function median (values: readonly number[]): number {
  const sorted = ascending(values)
  const half = Math.floor(sorted.length / 2)

  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

/**
 * By nearest rank: the smallest of the values that at least `percent` percent of them do not exceed. Always a value
 * that was measured, never one in between.
 *
 * @throws {RangeError} when there are no values or `percent` is not above 0 and at most 100
 */
export function percentile (values: readonly number[], percent: number): number {
  if (!(percent > 0 && percent <= 100)) {
    throw new RangeError(`A percentile is above 0 and at most 100, not ${percent}`)
  }

  const sorted = ascending(values)

  return sorted[Math.ceil(percent / 100 * sorted.length) - 1]
}

/**
 * A round's figure over the rival's of the same round: what slows the machine down for a while slows both.
 *
 * @throws {RangeError} when the two have different numbers of rounds
 */
export function ratiosPerRound (values: readonly number[], rivals: readonly number[]): number[] {
  if (values.length !== rivals.length) {
    throw new RangeError(`${values.length} rounds can't be compared with ${rivals.length}`)
  }

  return values.map((value, round) => value / rivals[round])
}

function ascending (values: readonly number[]): number[] {
  if (values.length === 0) {
    throw new RangeError('No values')
  }

  return [...values].sort((a, b) => a - b)
}
