/**
 * What is still to happen, by virtual time; at one time in the order of being pushed. A binary heap whose keys are in typed arrays: millions of
 * events pass through, and only what they carry should be objects.
 */
export class EventQueue<T> {
  private timesMs = new Float64Array(MIN_CAPACITY)
  private orders = new Float64Array(MIN_CAPACITY)
  private slots = new Int32Array(MIN_CAPACITY)
  private readonly items: Array<T | undefined> = []
  private readonly freeSlots: number[] = []
  private count = 0
  private pushed = 0

  get size (): number {
    return this.count
  }

  /** Infinity when there is nothing. */
  get nextAtMs (): number {
    return this.count === 0 ? Infinity : this.timesMs[0]
  }

  push (atMs: number, item: T): void {
    if (this.count === this.timesMs.length) {
      this.grow()
    }

    const slot = this.freeSlots.pop() ?? this.items.length
    this.items[slot] = item
    this.rise(this.count++, atMs, this.pushed++, slot)
  }

  /** @throws {RangeError} when there is nothing */
  pop (): T {
    const slot = this.slots[0]
    const item = this.items[slot]

    if (this.count === 0 || item === undefined) {
      throw new RangeError('Nothing is to happen any more')
    }

    this.items[slot] = undefined
    this.freeSlots.push(slot)
    this.count--
    this.sink(this.timesMs[this.count], this.orders[this.count], this.slots[this.count])

    return item
  }

  private rise (position: number, atMs: number, order: number, slot: number): void {
    while (position > 0) {
      const parent = (position - 1) >> 1

      if (!this.isBefore(atMs, order, parent)) {
        break
      }

      this.move(parent, position)
      position = parent
    }

    this.place(position, atMs, order, slot)
  }

  private sink (atMs: number, order: number, slot: number): void {
    let position = 0

    for (;;) {
      const left = 2 * position + 1
      const right = left + 1
      const child = right < this.count && this.isBefore(this.timesMs[right], this.orders[right], left) ? right : left

      if (child >= this.count || this.isBefore(atMs, order, child)) {
        break
      }

      this.move(child, position)
      position = child
    }

    this.place(position, atMs, order, slot)
  }

  private isBefore (atMs: number, order: number, position: number): boolean {
    const otherMs = this.timesMs[position]

    return atMs < otherMs || (atMs === otherMs && order < this.orders[position])
  }

  private move (from: number, to: number): void {
    this.place(to, this.timesMs[from], this.orders[from], this.slots[from])
  }

  private place (position: number, atMs: number, order: number, slot: number): void {
    this.timesMs[position] = atMs
    this.orders[position] = order
    this.slots[position] = slot
  }

  private grow (): void {
    const capacity = this.timesMs.length * 2
    this.timesMs = copied(this.timesMs, new Float64Array(capacity))
    this.orders = copied(this.orders, new Float64Array(capacity))
    this.slots = copied(this.slots, new Int32Array(capacity))
  }
}

const MIN_CAPACITY = 1_024

function copied <A extends Float64Array | Int32Array> (from: A, to: A): A {
  to.set(from)

  return to
}
