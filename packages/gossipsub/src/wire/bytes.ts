/** Bytes as the generated codec wants them: not in memory that threads share. */
export type Bytes = Uint8Array<ArrayBuffer>

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

export function copyOf (bytes: Uint8Array): Bytes {
  return new Uint8Array(bytes)
}

function isUnshared (bytes: Uint8Array): bytes is Bytes {
  return bytes.buffer instanceof ArrayBuffer
}
