/**
 * In place of what compresses for Lodestar, which not every registry has: Snappy's raw format (google/snappy, format_description.txt), but everything
 * is a literal.
 */

/** A literal whose length less one follows in two bytes. */
const LITERAL_TAG = 61 << 2
const MAX_LITERAL_BYTES = 0x1_0000
const TAG_BYTES = 3
const MAX_PREFIX_BYTES = 5

class Encoder {
  compress_into (data: Uint8Array, to: Uint8Array): number {
    let at = 0

    for (let rest = data.length; at === 0 || rest > 0; rest >>>= 7) {
      to[at++] = rest >= 0x80 ? rest & 0x7f | 0x80 : rest
    }

    for (let from = 0; from < data.length; from += MAX_LITERAL_BYTES) {
      const literal = data.subarray(from, from + MAX_LITERAL_BYTES)
      to.set([LITERAL_TAG, (literal.length - 1) & 0xff, (literal.length - 1) >> 8], at)
      to.set(literal, at + TAG_BYTES)
      at += TAG_BYTES + literal.length
    }

    return at
  }
}

class Decoder {
  decompress_into (data: Uint8Array, to: Uint8Array): number {
    let { offset: at } = prefix(data)
    let written = 0

    while (at < data.length) {
      if (data[at] !== LITERAL_TAG) {
        throw new Error('Only literals of this encoder are understood')
      }

      const literal = data.subarray(at + TAG_BYTES, at + TAG_BYTES + 1 + (data[at + 1] | data[at + 2] << 8))
      to.set(literal, written)
      written += literal.length
      at += TAG_BYTES + literal.length
    }

    return written
  }
}

function prefix (data: Uint8Array): { length: number, offset: number } {
  let length = 0

  for (let i = 0; i < MAX_PREFIX_BYTES; i++) {
    length += (data[i] & 0x7f) * 2 ** (7 * i)

    if (data[i] < 0x80) {
      return { length, offset: i + 1 }
    }
  }

  throw new Error('No length')
}

export default {
  Encoder,
  Decoder,
  decompress_len: (data: Uint8Array): number => prefix(data).length,
  max_compress_len: (length: number): number => MAX_PREFIX_BYTES + length + TAG_BYTES * Math.ceil(length / MAX_LITERAL_BYTES)
}
