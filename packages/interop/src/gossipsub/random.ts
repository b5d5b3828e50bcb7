/** The same seed gives the same sequence on every machine. Not for secrets. */
export class SeededRandom {
  #state: number

  /** @param seed - a whole number; its lowest 32 bits count */
  constructor (seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 up to, and not including, 1. */
  next (): number {
    // mulberry32: one multiplication table of 32 bits, a period of 2^32
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ this.#state >>> 15, this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61)

    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32
  }

  /** A whole number from 0 up to, and not including, `end`. */
  below (end: number): number {
    return Math.floor(this.next() * end)
  }

  /** @throws {RangeError} when there is nothing to choose from */
  choose <T> (values: readonly T[]): T {
    return this.chooseWeighted(values, () => 1)
  }

  /** @throws {RangeError} when there is nothing to choose from */
  chooseWeighted <T> (values: readonly T[], weight: (value: T) => number): T {
    let left = this.next() * values.reduce((sum, value) => sum + weight(value), 0)

    for (const value of values) {
      left -= weight(value)

      if (left < 0) {
        return value
      }
    }

    throw new RangeError('Nothing to choose from')
  }

  /** A new array in random order. */
  shuffle <T> (values: readonly T[]): T[] {
    const shuffled = [...values]

    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [shuffled[last], shuffled[other]] = [shuffled[other], shuffled[last]]
    }

    return shuffled
  }
}
