/** y = base + perDecade * log10(nodes), by least squares. */
export interface Growth {
  base: number
  /** What ten times as many nodes add. */
  perDecade: number
  /** The share of the variance that the law explains; absent when nothing varies. */
  r2?: number
  /** What is measured less what the law says, in the order of the points. */
  residuals: number[]
}

export interface Point {
  nodes: number
  value: number
}

/** Fewer points than this every line fits. */
export const MIN_POINTS = 3

/**
 * @throws {RangeError} for fewer than three points, or when all have the same number of nodes
 */
export function fitGrowth (points: readonly Point[]): Growth {
  const xs = points.map(({ nodes }) => Math.log10(nodes))
  const ys = points.map(({ value }) => value)
  const [meanX, meanY] = [mean(xs), mean(ys)]
  const varianceX = mean(xs.map(x => (x - meanX) ** 2))

  if (points.length < MIN_POINTS || varianceX === 0) {
    throw new RangeError(`A law of growth takes networks of ${MIN_POINTS} sizes`)
  }

  const perDecade = mean(xs.map((x, i) => (x - meanX) * (ys[i] - meanY))) / varianceX
  const base = meanY - perDecade * meanX
  const residuals = ys.map((y, i) => y - base - perDecade * xs[i])
  const varianceY = mean(ys.map(y => (y - meanY) ** 2))

  const r2 = varianceY === 0 ? undefined : 1 - mean(residuals.map(residual => residual ** 2)) / varianceY

  return { base, perDecade, r2, residuals }
}

function mean (values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
