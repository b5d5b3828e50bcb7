import { Uint8ArrayList } from 'uint8arraylist'

/** Bytes as the generated codec wants them: not in memory that threads share. */
export type Bytes = Uint8Array<ArrayBuffer>

/** Bytes in pieces: a `Uint8ArrayList`, or what serves as one. */
export interface PiecedBytes extends Iterable<Uint8Array> {
  readonly byteLength: number
}

/**
 * The same bytes as a plain `Uint8Array`, copied only out of shared memory. Streams hand out Node.js buffers, whose `slice` is a view
 * where that of a `Uint8Array` is a copy.
 */
export function toBytes (bytes: Uint8Array): Bytes {
  if (!isUnshared(bytes)) {
    return copyOf(bytes)
  }

  return bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** In one piece: a copy if they were in several. */
export function inOnePiece (bytes: Uint8Array | PiecedBytes): Uint8Array {
  return bytes instanceof Uint8Array ? bytes : new Uint8ArrayList(...bytes).subarray()
}

export function copyOf (bytes: Uint8Array): Bytes {
  return new Uint8Array(bytes)
}

function isUnshared (bytes: Uint8Array): bytes is Bytes {
  return bytes.buffer instanceof ArrayBuffer
}
