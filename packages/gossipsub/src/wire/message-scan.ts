/**
 * Where the messages of a frame and their fields are. Numbers alone: most messages are copies of what is known, and are told by that before
 * anything is made of them.
 */
import { BYTES, Scanner } from './scanner.ts'
import { topics } from './topics.ts'
import type { Bytes } from './bytes.ts'
import type { RPC } from './rpc.ts'

/** The fields of a message, by number. */
export const FROM = 1
export const DATA = 2
export const SEQNO = 3
export const TOPIC = 4
export const SIGNATURE = 5
export const KEY = 6

export type Field = typeof FROM | typeof DATA | typeof SEQNO | typeof TOPIC | typeof SIGNATURE | typeof KEY

/** For each message: its bounds, those of its fields, and whether it is canonical. */
const STRIDE = 2 + 2 * KEY + 1
const IS_CANONICAL = STRIDE - 1

const ABSENT = -1

export class MessageScan {
  readonly frame: Bytes
  /** Written by index: an array that is pushed to begins with room for many. */
  readonly #numbers: number[] = new Array(STRIDE)
  /** Of the first message, and of the others, of which there are none in most frames. */
  #topic = ''
  #topics?: string[]
  #count = 0

  constructor (frame: Bytes) {
    this.frame = frame
  }

  get count (): number {
    return this.#count
  }

  /**
   * Add the message that is in this part of the frame. Of a field that occurs twice the last one counts.
   *
   * @throws {WireError} `ERR_MALFORMED_RPC`
   */
  add (start: number, end: number): void {
    const numbers = this.#numbers
    const base = this.#count * STRIDE
    const scanner = new Scanner(this.frame, start, end)
    let topic = ''
    let lastTag = 0
    let isCanonical = true
    numbers[base] = start
    numbers[base + 1] = end

    for (let at = base + 2; at < base + IS_CANONICAL; at++) {
      numbers[at] = ABSENT
    }

    while (!scanner.isDone) {
      const tag = scanner.tag()
      const field = tag >>> 3
      isCanonical &&= tag > lastTag
      lastTag = tag

      if (field > KEY || (tag & 7) !== BYTES) {
        isCanonical = false
        scanner.skip(tag & 7)
        continue
      }

      const fieldEnd = scanner.skipBytes()
      numbers[base + 2 * field] = scanner.fieldStart
      numbers[base + 2 * field + 1] = fieldEnd
    }

    const topicStart = numbers[base + 2 * TOPIC]

    // once, however many there are
    if (topicStart !== ABSENT) {
      topic = topics.of(this.frame, topicStart, numbers[base + 2 * TOPIC + 1])
      // the codec leaves an empty topic out
      isCanonical &&= topic !== ''
    }

    numbers[base + IS_CANONICAL] = isCanonical && scanner.isMinimal ? 1 : 0
    this.#addTopic(topic)
  }

  #addTopic (topic: string): void {
    if (this.#count === 0) {
      this.#topic = topic
    } else {
      this.#topics ??= []
      this.#topics.push(topic)
    }

    this.#count++
  }

  topicOf (i: number): string {
    return i === 0 ? this.#topic : this.#topics?.[i - 1] ?? ''
  }

  /** Whether the encoding is the one that everybody makes of the message, so that the bytes can be sent on as they are. */
  isCanonical (i: number): boolean {
    return this.#numbers[i * STRIDE + IS_CANONICAL] === 1
  }

  /** The encoded message: a view of the frame. */
  bytesOf (i: number): Bytes {
    return this.frame.subarray(this.#numbers[i * STRIDE], this.#numbers[i * STRIDE + 1])
  }

  /** Where in the frame the encoded message begins. */
  messageStartOf (i: number): number {
    return this.#numbers[i * STRIDE]
  }

  /** Of the encoded message. */
  byteLengthOf (i: number): number {
    return this.#numbers[i * STRIDE + 1] - this.#numbers[i * STRIDE]
  }

  startOf (i: number, field: Field): number {
    return this.#numbers[i * STRIDE + 2 * field]
  }

  endOf (i: number, field: Field): number {
    return this.#numbers[i * STRIDE + 2 * field + 1]
  }

  lengthOf (i: number, field: Field): number {
    return this.endOf(i, field) - this.startOf(i, field)
  }

  /** The message as the bytes hold it: views of the frame, made when they are asked for. */
  messageAt (i: number): RPC.Message {
    return new LazyMessage(this.frame, this.#numbers, i * STRIDE, this.topicOf(i))
  }

  /** The same, of a copy of the encoded message that begins at an offset, and made at once. It does not keep the frame. */
  messageIn (copy: Bytes, offset: number, i: number): RPC.Message {
    const shift = offset - this.#numbers[i * STRIDE]

    return {
      from: this.#viewIn(copy, shift, i, FROM),
      data: this.#viewIn(copy, shift, i, DATA),
      seqno: this.#viewIn(copy, shift, i, SEQNO),
      topic: this.topicOf(i),
      signature: this.#viewIn(copy, shift, i, SIGNATURE),
      key: this.#viewIn(copy, shift, i, KEY)
    }
  }

  #viewIn (copy: Bytes, shift: number, i: number, field: Field): Bytes | undefined {
    const start = this.startOf(i, field)

    return start === ABSENT ? undefined : copy.subarray(start + shift, this.endOf(i, field) + shift)
  }
}

class LazyMessage implements RPC.Message {
  readonly topic: string
  readonly #bytes: Bytes
  readonly #numbers: number[]
  readonly #base: number

  /** The numbers of a message begin at `base`. */
  constructor (bytes: Bytes, numbers: number[], base: number, topic: string) {
    this.topic = topic
    this.#bytes = bytes
    this.#numbers = numbers
    this.#base = base
  }

  get from (): Bytes | undefined { return this.#view(FROM) }
  get data (): Bytes | undefined { return this.#view(DATA) }
  get seqno (): Bytes | undefined { return this.#view(SEQNO) }
  get signature (): Bytes | undefined { return this.#view(SIGNATURE) }
  get key (): Bytes | undefined { return this.#view(KEY) }

  #view (field: Field): Bytes | undefined {
    const at = this.#base + 2 * field
    const start = this.#numbers[at]

    return start === ABSENT ? undefined : this.#bytes.subarray(start, this.#numbers[at + 1])
  }
}
