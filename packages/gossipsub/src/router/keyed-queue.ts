import { KeyMap } from './key-map.ts'
import { NUMBERS } from './message-ring.ts'
import type { IdKey } from './message-id.ts'

/**
 * Values by the key of a message id, the oldest first: a ring, and by key the place in it. A `Map` would do the same and make a new table
 * whenever it becomes empty, which with one message at a time is each time; the old tables keep the newer ones from being collected.
 */
export class KeyedQueue<T extends { readonly key: IdKey }> {
  /** By key the number of the value, plus 1; its place follows from it. */
  private readonly numbers = new KeyMap(capacity => new Uint32Array(capacity))
  private slots = createSlots<T>(MIN_CAPACITY)
  /** Number of the oldest value. */
  private first = 0
  /** How many numbers are given from `first` on; those in between that were deleted are among them. */
  private length = 0

  get size (): number {
    return this.numbers.size
  }

  get oldest (): T | undefined {
    return this.slots[this.placeOf(this.first)]
  }

  has (key: IdKey): boolean {
    return this.numbers.get(key) !== 0
  }

  get (key: IdKey): T | undefined {
    const number = this.numbers.get(key) - 1

    return number < 0 ? undefined : this.slots[this.placeOf(number)]
  }

  /** A value whose key is here already takes the place of the earlier one. */
  add (value: T): void {
    const known = this.numbers.get(value.key) - 1

    if (known >= 0) {
      this.slots[this.placeOf(known)] = value
      return
    }
    if (this.length === this.slots.length) {
      this.rearrange(this.size * 2 > this.length ? this.length * 2 : this.length)
    }

    this.append(value)
  }

  delete (key: IdKey): void {
    const number = this.numbers.get(key) - 1

    if (number < 0) {
      return
    }

    this.slots[this.placeOf(number)] = undefined
    this.numbers.delete(key)

    while (this.length > 0 && this.oldest == null) {
      this.first = (this.first + 1) % NUMBERS
      this.length--
    }
    if (this.length === 0 && this.slots.length > MAX_KEPT_CAPACITY) {
      this.slots = createSlots(MIN_CAPACITY)
      this.numbers.shrink()
    }
  }

  private append (value: T): void {
    const number = (this.first + this.length) % NUMBERS
    this.slots[this.placeOf(number)] = value
    this.numbers.set(value.key, number + 1)
    this.length++
  }

  /** Into a ring of its own, without gaps. */
  private rearrange (capacity: number): void {
    const { slots, first, length } = this
    this.slots = createSlots(capacity)
    this.length = 0

    for (let i = 0; i < length; i++) {
      const value = slots[(first + i) & (slots.length - 1)]

      if (value != null) {
        this.append(value)
      }
    }
  }

  private placeOf (number: number): number {
    return number & (this.slots.length - 1)
  }
}

const MIN_CAPACITY = 16

/** The memory of more goes when it is empty. */
const MAX_KEPT_CAPACITY = 1_024

function createSlots<T> (capacity: number): Array<T | undefined> {
  return new Array<T | undefined>(capacity).fill(undefined)
}
