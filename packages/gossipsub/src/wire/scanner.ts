/**
 * Reads the outermost layer of a protobuf message: tags, varints and the bounds of length-delimited fields. It copies nothing and
 * notices whether the encoding was the shortest one.
 */
import { WireError } from '../errors.ts'
import type { Bytes } from './bytes.ts'

export const VARINT = 0
export const BITS64 = 1
export const BYTES = 2
export const BITS32 = 5

/** Lengths and tags beyond it occur in no frame that passes our limits. */
const MAX_VARINT_BYTES = 5

const MAX_UINT64_BYTES = 10

export class Scanner {
  readonly #bytes: Bytes
  readonly #end: number
  #position: number
  /** Where the last length-delimited field that was read or skipped begins. */
  fieldStart = 0
  /** False once a varint with needless zero groups was read. */
  isMinimal = true

  constructor (bytes: Bytes, start: number = 0, end: number = bytes.length) {
    this.#bytes = bytes
    this.#position = start
    this.#end = end
  }

  get isDone (): boolean {
    return this.#position >= this.#end
  }

  get position (): number {
    return this.#position
  }

  /** The next field number and wire type, in one number: `tag >>> 3` and `tag & 7`. */
  tag (): number {
    const tag = this.#varint()

    // what `>>>` would cut off must not be there: another reader would see another field
    if (tag >>> 3 === 0 || tag > 0xffff_ffff) {
      throw malformed('a field number that is none')
    }

    return tag
  }

  /** A view of the next length-delimited field. */
  bytes (): Bytes {
    const end = this.skipBytes()

    return this.#bytes.subarray(this.fieldStart, end)
  }

  /** A scanner of the next length-delimited field. */
  nested (): Scanner {
    const end = this.skipBytes()

    return new Scanner(this.#bytes, this.fieldStart, end)
  }

  /** Pass over the next length-delimited field. It is from `fieldStart` to what is returned. */
  skipBytes (): number {
    const length = this.#varint()
    this.fieldStart = this.#position
    this.#advance(length)

    return this.#position
  }

  skip (wireType: number): void {
    switch (wireType) {
      case VARINT:
        this.#skipVarint()
        break
      case BITS64:
        this.#advance(8)
        break
      case BYTES:
        this.#advance(this.#varint())
        break
      case BITS32:
        this.#advance(4)
        break
      default:
        throw malformed(`wire type ${wireType}`)
    }
  }

  /** The value of a field of type uint64, in up to ten bytes; at most `Number.MAX_SAFE_INTEGER`. */
  uint64 (): number {
    return Math.min(this.#longVarint(MAX_UINT64_BYTES), Number.MAX_SAFE_INTEGER)
  }

  #varint (): number {
    if (this.#position < this.#end && this.#bytes[this.#position] < 0x80) {
      return this.#bytes[this.#position++]
    }

    return this.#longVarint(MAX_VARINT_BYTES)
  }

  #longVarint (maxBytes: number): number {
    let value = 0
    let unit = 1

    for (let i = 0; i < maxBytes && this.#position < this.#end; i++) {
      const byte = this.#bytes[this.#position++]
      value += (byte & 0x7f) * unit
      unit *= 0x80

      if (byte < 0x80) {
        this.isMinimal &&= byte !== 0 || i === 0
        return value
      }
    }

    throw malformed('a varint that does not end')
  }

  /** A value that nobody asks for may have the ten bytes of a negative number. */
  #skipVarint (): void {
    for (let i = 0; i < MAX_UINT64_BYTES && this.#position < this.#end; i++) {
      if (this.#bytes[this.#position++] < 0x80) {
        return
      }
    }

    throw malformed('a varint that does not end')
  }

  #advance (length: number): void {
    if (length > this.#end - this.#position) {
      throw malformed('a field that is longer than what holds it')
    }

    this.#position += length
  }
}

export function malformed (what: string): WireError {
  return new WireError('ERR_MALFORMED_RPC', `RPC has ${what}`)
}
