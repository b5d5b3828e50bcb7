import type { NativeBinding } from './native.ts'

/**
 * The read credit that one connection's streams have consumed and not yet returned. Returned in batches, to cost few
 * calls: a stream's when it is a quarter of what a stream may have, all streams' when together they hold back a quarter
 * of what the connection may have.
 */
export class ReadCredit {
  readonly #native: NativeBinding
  readonly #streamBatchBytes: number
  readonly #connectionBatchBytes: number
  readonly #withheld = new Map<number, number>()
  #total = 0

  constructor (native: NativeBinding, streamCreditBytes: number, connectionCreditBytes: number) {
    this.#native = native
    this.#streamBatchBytes = streamCreditBytes / 4
    this.#connectionBatchBytes = connectionCreditBytes / 4
  }

  /** A stream's reader has consumed bytes. */
  consume (stream: number, bytes: number): void {
    const withheld = (this.#withheld.get(stream) ?? 0) + bytes
    this.#withheld.set(stream, withheld)
    this.#total += bytes

    if (withheld >= this.#streamBatchBytes) {
      this.flush(stream)
    } else if (this.#total >= this.#connectionBatchBytes) {
      for (const handle of this.#withheld.keys()) {
        this.flush(handle)
      }
    }
  }

  /** Returns at once what is held back for a stream. */
  flush (stream: number): void {
    const withheld = this.forget(stream)

    if (withheld > 0) {
      this.#native.streamCredit(stream, withheld)
    }
  }

  /** The stream is gone, and its credit with it. */
  forget (stream: number): number {
    const withheld = this.#withheld.get(stream) ?? 0
    this.#withheld.delete(stream)
    this.#total -= withheld

    return withheld
  }
}
