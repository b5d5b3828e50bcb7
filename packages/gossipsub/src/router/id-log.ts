import { fieldBytes, fieldEnd, writeField } from './encoded-ids.ts'
import type { MessageId, TopicStr } from './events.ts'
import type { IdRun } from './id-pool.ts'

/** Ids in one block: more of them cost less each in a busy topic, and make for a coarser sample. */
const IDS_PER_BLOCK = 64

/** Long ids fill a block before; one that is longer has a block of its own. */
const MAX_BLOCK_BYTES = 4_096

/** The ids of the cached messages of one topic, encoded for an IHAVE, the oldest first: a chain of blocks. */
export class IdLog {
  private readonly topic: TopicStr
  private first?: IdBlock
  private last?: IdBlock

  constructor (topic: TopicStr) {
    this.topic = topic
  }

  get isEmpty (): boolean {
    return this.first == null
  }

  /** Returns the block that has the id now; the block's `lastOffset` is where. */
  push (id: Uint8Array, window: number): IdBlock {
    let block = this.last

    if (block?.window !== window || !block.hasRoom(id.length)) {
      block = this.startBlock(window)
    }

    block.push(id)

    return block
  }

  /** Forget the oldest id. */
  shift (): void {
    const block = this.first

    if (block == null) {
      return
    }

    block.shift()

    if (block.count === 0) {
      this.first = block.next
      this.last = block === this.last ? undefined : this.last
    }
  }

  /** Whether there is an id of the windows from `since` on. */
  hasSince (since: number): boolean {
    return this.last != null && this.last.window >= since
  }

  /** The ids of the windows from `since` on, the oldest first. */
  blocksSince (since: number): IdBlock[] {
    const blocks: IdBlock[] = []

    for (let block = this.first; block != null; block = block.next) {
      if (block.window >= since) {
        blocks.push(block)
      }
    }

    return blocks
  }

  private startBlock (window: number): IdBlock {
    const { last } = this
    // within a window the block before is a good guess
    const block = new IdBlock(this.topic, window, last?.window === window ? last.end : 0)

    if (last == null) {
      this.first = block
    } else {
      last.next = block
    }

    this.last = block

    return block
  }
}

/** Ids of one topic and one window of the message cache, one after the other. */
export class IdBlock implements IdRun {
  readonly topic: TopicStr
  readonly window: number
  /** Replaced as it grows: views of the old bytes stay valid. */
  bytes: MessageId
  /** The ids that are left are from here up to `end`. */
  start = 0
  end = 0
  count = 0
  lastOffset = 0
  next?: IdBlock
  private pushed = 0

  constructor (topic: TopicStr, window: number, capacity: number) {
    this.topic = topic
    this.window = window
    this.bytes = new Uint8Array(capacity)
  }

  hasRoom (idBytes: number): boolean {
    return this.pushed < IDS_PER_BLOCK && this.end + fieldBytes(idBytes) <= MAX_BLOCK_BYTES
  }

  push (id: Uint8Array): void {
    const needed = this.end + fieldBytes(id.length)

    if (needed > this.bytes.length) {
      this.grow(needed)
    }

    this.lastOffset = this.end
    this.end = writeField(this.bytes, this.end, id)
    this.count++
    this.pushed++
  }

  shift (): void {
    this.start = fieldEnd(this.bytes, this.start)
    this.count--
  }

  private grow (needed: number): void {
    const bytes = new Uint8Array(this.end === 0 ? needed : Math.max(needed, Math.min(2 * needed, MAX_BLOCK_BYTES)))
    bytes.set(this.bytes.subarray(0, this.end))
    this.bytes = bytes
  }
}
