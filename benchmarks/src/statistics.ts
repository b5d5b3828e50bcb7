/** What is told of the counted rounds of one contestant. */
export interface Spread {
  median: number
  lowerQuartile: number
  upperQuartile: number
  min: number
  max: number
}

/**
 * @throws {RangeError} when there are no values
 */
export function spread (values: readonly number[]): Spread {
  return {
    median: median(values),
    lowerQuartile: quantile(values, 0.25),
    upperQuartile: quantile(values, 0.75),
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
  return quantile(values, 0.5)
}

/**
 * By linear interpolation between the two values nearest to `portion` of the way from the smallest to the largest: the default of R
 * (type 7) and of NumPy.
 *
 * @throws {RangeError} when there are no values or `portion` is not from 0 to 1
 */
export function quantile (values: readonly number[], portion: number): number {
  if (!(portion >= 0 && portion <= 1)) {
    throw new RangeError(`A quantile is from 0 to 1, not ${portion}`)
  }

  return quantileOfSorted(ascending(values), portion)
}

/** The same of values that are in order. */
export function quantileOfSorted (sorted: ArrayLike<number>, portion: number): number {
  const place = (sorted.length - 1) * portion
  const below = Math.floor(place)
  const above = Math.min(below + 1, sorted.length - 1)

  return sorted[below] + (sorted[above] - sorted[below]) * (place - below)
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
