import { Uint8ArrayList } from 'uint8arraylist'
import { copyOf } from './bytes.ts'
import type { Bytes } from './bytes.ts'

/** Frames and messages of this size and more are worth keeping in pieces. */
export const MIN_PIECED_BYTES = 16 * 1_024

/** On average; of smaller ones there would be too many. */
const MIN_PIECE_BYTES = 4 * 1_024

/** How much larger what pieces are in may be than the pieces, for all of it stays alive with them. */
const MAX_WASTE = 2

/**
 * The pieces that a large frame arrived in, so that a message in it can be kept and sent on as it is: to copy a large message makes V8 mark
 * its whole heap every few of them. Whoever hands pieces over must not use their memory again.
 */
export class Pieces {
  readonly #list: Bytes[] = []
  #bytes = 0
  /** The first of those that are in the same buffer as the last one, and how many bytes they have. */
  #groupStart = 0
  #groupBytes = 0

  /** False once there are too many, from when on none is kept. */
  get isUsable (): boolean {
    return this.#list.length <= 2 + this.#bytes / MIN_PIECE_BYTES
  }

  add (piece: Bytes): void {
    if (this.#list.at(-1)?.buffer !== piece.buffer) {
      this.#endGroup()
    }

    this.#list.push(piece)
    this.#bytes += piece.length
    this.#groupBytes += piece.length
  }

  /** This part of the frame. */
  part (start: number, end: number): Uint8ArrayList<ArrayBuffer> {
    const part = new Uint8ArrayList<ArrayBuffer>()
    let offset = 0
    this.#endGroup()

    for (const piece of this.#list) {
      const from = Math.max(0, start - offset)
      const to = Math.min(piece.length, end - offset)
      offset += piece.length

      if (from < to) {
        part.append(piece.subarray(from, to))
      }
    }

    return part
  }

  #endGroup (): void {
    const first = this.#list.at(this.#groupStart)

    if (first != null && first.buffer.byteLength > MAX_WASTE * this.#groupBytes) {
      for (let i = this.#groupStart; i < this.#list.length; i++) {
        this.#list[i] = copyOf(this.#list[i])
      }
    }

    this.#groupStart = this.#list.length
    this.#groupBytes = 0
  }
}
