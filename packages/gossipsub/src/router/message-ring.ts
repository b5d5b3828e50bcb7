import type { BytesInPieces, MessageId } from './events.ts'
import type { IdBlock } from './id-log.ts'
import type { IdKey } from './message-id.ts'

/**
 * Where the cached messages are, the oldest first: a ring of columns instead of an object per message. A message has a number for
 * as long as it is here, and its place in each column follows from it; numbers begin again after `NUMBERS`.
 */
export class MessageRing {
  private capacity = MIN_CAPACITY
  private oldest: number
  private count = 0
  private columns = createColumns(MIN_CAPACITY)

  /** @param firstNumber - of the first message */
  constructor (firstNumber = 0) {
    this.oldest = firstNumber
  }

  get size (): number {
    return this.count
  }

  /** Add a message. Returns its number. */
  push (key: IdKey, chunk: MessageId | BytesInPieces, offset: number, length: number, block: IdBlock): number {
    if (this.count === this.capacity) {
      this.resize(this.capacity * 2)
    }

    const number = (this.oldest + this.count) % NUMBERS
    const at = number & (this.capacity - 1)
    const { keys, chunks, offsets, lengths, blocks, fields } = this.columns
    keys[at] = key
    chunks[at] = chunk
    offsets[at] = offset
    lengths[at] = length
    blocks[at] = block
    fields[at] = block.lastOffset
    this.count++

    return number
  }

  /** The number of the oldest message; `undefined` when there is none. */
  get oldestNumber (): number | undefined {
    return this.count === 0 ? undefined : this.oldest
  }

  /** Remove the oldest message. */
  shift (): void {
    const at = this.oldest & (this.capacity - 1)
    // what they refer to is garbage now
    this.columns.chunks[at] = undefined
    this.columns.blocks[at] = undefined
    this.oldest = (this.oldest + 1) % NUMBERS
    this.count--
  }

  keyOf (number: number): IdKey {
    return this.columns.keys[number & (this.capacity - 1)]
  }

  lengthOf (number: number): number {
    return this.columns.lengths[number & (this.capacity - 1)]
  }

  blockOf (number: number): IdBlock {
    return present(this.columns.blocks[number & (this.capacity - 1)])
  }

  /** The offset of its id in the block. */
  fieldOf (number: number): number {
    return this.columns.fields[number & (this.capacity - 1)]
  }

  /** The encoded message: a view, or the pieces that it is in. */
  encodedOf (number: number): MessageId | BytesInPieces {
    const { chunks, offsets, lengths } = this.columns
    const at = number & (this.capacity - 1)
    const chunk = present(chunks[at])

    return chunk instanceof Uint8Array ? chunk.subarray(offsets[at], offsets[at] + lengths[at]) : chunk
  }

  /** Give memory back when little of it is in use. */
  shrink (): void {
    let capacity = this.capacity

    while (capacity > MIN_CAPACITY && this.count * 8 <= capacity) {
      capacity /= 2
    }
    if (capacity < this.capacity) {
      this.resize(capacity)
    }
  }

  private resize (capacity: number): void {
    const from = this.columns
    const to = createColumns(capacity)

    for (let i = 0; i < this.count; i++) {
      const at = (this.oldest + i) & (this.capacity - 1)
      const dest = (this.oldest + i) & (capacity - 1)
      to.keys[dest] = from.keys[at]
      to.chunks[dest] = from.chunks[at]
      to.offsets[dest] = from.offsets[at]
      to.lengths[dest] = from.lengths[at]
      to.blocks[dest] = from.blocks[at]
      to.fields[dest] = from.fields[at]
    }

    this.columns = to
    this.capacity = capacity
  }
}

/** A multiple of every capacity, and what a message's number is below. */
export const NUMBERS = 2 ** 30

const MIN_CAPACITY = 16

interface Columns {
  readonly keys: Float64Array
  /** What the encoded message is in, from where, and how long it is. */
  readonly chunks: Array<MessageId | BytesInPieces | undefined>
  readonly offsets: Uint32Array
  readonly lengths: Uint32Array
  /** What the id is in, and from where. */
  readonly blocks: Array<IdBlock | undefined>
  readonly fields: Uint32Array
}

function createColumns (capacity: number): Columns {
  return {
    keys: new Float64Array(capacity),
    chunks: new Array(capacity).fill(undefined),
    offsets: new Uint32Array(capacity),
    lengths: new Uint32Array(capacity),
    blocks: new Array(capacity).fill(undefined),
    fields: new Uint32Array(capacity)
  }
}

function present<T> (value: T | undefined): T {
  if (value == null) {
    throw new TypeError('No message of this number')
  }

  return value
}
