import type { Uint8ArrayList } from 'uint8arraylist'

/** First byte of a field `publish` of an RPC: number 2, with a length. */
const PUBLISH_TAG = 0x12

const LENGTH_DELIMITED = 2

/**
 * Counts frames and the messages in them as a stream passes by, in pieces of any size, at little cost: payloads are skipped, never
 * looked at. It understands what gossipsub sends, whose fields all have a length.
 */
export class FrameScanner {
  frames = 0
  messages = 0
  bytes = 0
  readonly #onMessage?: () => void
  /** Bytes of the current frame that are still to come; 0 between frames. */
  #frameLeft = 0
  /** Bytes of the current field that are still to come. */
  #fieldLeft = 0
  #state: typeof FRAME_LENGTH | typeof TAG | typeof FIELD_LENGTH | typeof FIELD = FRAME_LENGTH
  #varint = 0
  /** Of the next byte of a number that is being read. */
  #factor = 1

  constructor (onMessage?: () => void) {
    this.#onMessage = onMessage
  }

  push (data: Uint8Array | Uint8ArrayList): void {
    if (data instanceof Uint8Array) {
      this.#scan(data)
      return
    }

    for (const part of data) {
      this.#scan(part)
    }
  }

  #scan (data: Uint8Array): void {
    const { length } = data
    this.bytes += length
    let i = this.#state === FRAME_LENGTH && this.#factor === 1 ? this.#scanWhole(data) : 0

    while (i < length) {
      if (this.#state === FIELD) {
        i += this.#skip(length - i)
        continue
      }

      const byte = data[i++]
      this.#varint += (byte & 0x7f) * this.#factor
      this.#factor *= 128

      if (this.#state !== FRAME_LENGTH) {
        this.#frameLeft--
      }

      if (byte < 0x80) {
        const value = this.#varint
        this.#varint = 0
        this.#factor = 1
        this.#onVarint(value)
      }
    }
  }

  /**
   * The common case, fast: a frame of one field, all of which is there. Returns where it ends, which is the beginning when it is
   * something else.
   */
  #scanWhole (data: Uint8Array): number {
    // two numbers of at most two bytes and a tag
    if (data.length < 5) {
      return 0
    }

    let i = 0
    let frameBytes = data[i++]

    if (frameBytes >= 0x80) {
      frameBytes += (data[i++] - 1) * 0x80
    }

    const end = i + frameBytes
    const isMessage = data[i++] === PUBLISH_TAG
    let fieldBytes = data[i++]

    if (fieldBytes >= 0x80) {
      fieldBytes += (data[i++] - 1) * 0x80
    }

    const isLong = data[1] >= 0x80 && data[0] >= 0x80

    if (isLong || !isMessage || i + fieldBytes !== end || end > data.length) {
      return 0
    }

    this.frames++
    this.messages++
    this.#onMessage?.()

    return end
  }

  #onVarint (value: number): void {
    if (this.#state === FRAME_LENGTH) {
      this.frames++
      this.#frameLeft = value
      this.#state = value === 0 ? FRAME_LENGTH : TAG
    } else if (this.#state === TAG) {
      if ((value & 7) !== LENGTH_DELIMITED) {
        throw new Error(`A field with tag ${value} in an RPC`)
      }

      if (value === PUBLISH_TAG) {
        this.messages++
        this.#onMessage?.()
      }

      this.#state = FIELD_LENGTH
    } else {
      this.#fieldLeft = value
      this.#state = FIELD
      this.#endField()
    }
  }

  #skip (available: number): number {
    const skipped = Math.min(available, this.#fieldLeft)
    this.#fieldLeft -= skipped
    this.#frameLeft -= skipped
    this.#endField()

    return skipped
  }

  #endField (): void {
    if (this.#fieldLeft === 0) {
      this.#state = this.#frameLeft === 0 ? FRAME_LENGTH : TAG
    }
  }
}

const FRAME_LENGTH = 0
const TAG = 1
const FIELD_LENGTH = 2
const FIELD = 3
