/** Many values, sorted once. */
export class Quantiles {
  private readonly sorted: Float64Array

  constructor (values: Iterable<number>) {
    this.sorted = Float64Array.from(values).sort()
  }

  /** By nearest rank; NaN when there are no values. */
  at (percent: number): number {
    return this.sorted.length === 0 ? NaN : this.sorted[Math.max(0, Math.ceil(percent / 100 * this.sorted.length) - 1)]
  }

  get mean (): number {
    return this.sorted.reduce((sum, value) => sum + value, 0) / this.sorted.length
  }
}
