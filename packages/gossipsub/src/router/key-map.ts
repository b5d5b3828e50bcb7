import type { IdKey } from './message-id.ts'

/** The array type of the values: it says how large they may be. */
export type ValueArray = Uint8Array | Uint32Array | Float64Array

/**
 * Small whole numbers by key, in two typed arrays: 9 to 16 bytes a slot, one third to two thirds of the slots in use, and nothing
 * that a garbage collector has to follow. Open addressing with linear probing; keys are the output of a keyed hash, so that nobody can
 * choose them to crowd together.
 */
export class KeyMap {
  private readonly values: (capacity: number) => ValueArray
  private keyAt!: Float64Array
  private valueAt!: ValueArray
  private shift!: number
  private count = 0

  /** @param values - makes the array for the values, all 0 */
  constructor (values: (capacity: number) => ValueArray) {
    this.values = values
    this.allocate(MIN_CAPACITY)
  }

  get size (): number {
    return this.count
  }

  /** Bytes of memory. */
  get byteLength (): number {
    return this.keyAt.byteLength + this.valueAt.byteLength
  }

  /** 0 when there is none. */
  get (key: IdKey): number {
    const slot = this.slotOf(key)

    return slot < 0 ? 0 : this.valueAt[slot]
  }

  /** The value must not be 0. */
  set (key: IdKey, value: number): void {
    let slot = this.slotOf(key)

    if (slot < 0 && this.count * 3 >= this.keyAt.length * 2) {
      this.resize(this.keyAt.length * 2)
      slot = this.slotOf(key)
    }
    if (slot < 0) {
      slot = ~slot
      this.keyAt[slot] = key
      this.count++
    }

    this.valueAt[slot] = value
  }

  delete (key: IdKey): void {
    let hole = this.slotOf(key)

    if (hole < 0) {
      return
    }

    const { keyAt, valueAt, shift } = this
    const mask = keyAt.length - 1

    // what stands behind moves up, unless that would put it before the place where it is looked for first
    for (let slot = (hole + 1) & mask; keyAt[slot] !== FREE; slot = (slot + 1) & mask) {
      if (((slot - homeOf(keyAt[slot], shift)) & mask) >= ((slot - hole) & mask)) {
        keyAt[hole] = keyAt[slot]
        valueAt[hole] = valueAt[slot]
        hole = slot
      }
    }

    keyAt[hole] = FREE
    this.count--
  }

  /** Give memory back when little of it is in use. */
  shrink (): void {
    let capacity = this.keyAt.length

    while (capacity > MIN_CAPACITY && this.count * 8 <= capacity) {
      capacity /= 2
    }
    if (capacity < this.keyAt.length) {
      this.resize(capacity)
    }
  }

  /** Where the key is, or `~slot` of where it would go. */
  private slotOf (key: IdKey): number {
    const { keyAt } = this
    const mask = keyAt.length - 1
    let slot = homeOf(key, this.shift)

    for (;;) {
      const found = keyAt[slot]

      if (found === key) {
        return slot
      }
      if (found === FREE) {
        return ~slot
      }

      slot = (slot + 1) & mask
    }
  }

  /** Home slots are in the order of the keys' bits, so that both arrays are passed through once from front to end: a quick copy. */
  private resize (capacity: number): void {
    const { keyAt, valueAt } = this
    this.allocate(capacity)

    for (let slot = 0; slot < keyAt.length; slot++) {
      const key = keyAt[slot]

      if (key !== FREE) {
        const to = ~this.slotOf(key)
        this.keyAt[to] = key
        this.valueAt[to] = valueAt[slot]
      }
    }
  }

  private allocate (capacity: number): void {
    this.keyAt = new Float64Array(capacity)
    this.valueAt = this.values(capacity)
    this.shift = 32 - Math.log2(capacity)
  }
}

const MIN_CAPACITY = 16

/** No key is 0. */
const FREE = 0

/** The upper bits of the lower word. */
function homeOf (key: IdKey, shift: number): number {
  return (key >>> 0) >>> shift
}
