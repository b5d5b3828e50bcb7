/** Pieces that the pattern is made of. */
const PIECE_BYTES = 64 * 1024

/**
 * The bytes that the rows send, a piece at a time, so that a loss, a repetition or a swap of pieces shows: byte `i` is
 * `(i * 31 + (i >> 8) * 17) & 0xff`. The pieces are views of one buffer of 64 KiB, because the pattern repeats after that.
 */
export function * pattern (totalBytes: number): Generator<Uint8Array> {
  for (let offset = 0; offset < totalBytes; offset += PIECE_BYTES) {
    yield PIECE.subarray(0, Math.min(PIECE_BYTES, totalBytes - offset))
  }
}

/** All of it in one piece. */
export function patternBytes (totalBytes: number): Uint8Array {
  return Uint8Array.from({ length: totalBytes }, (_, index) => patternByte(index))
}

/** Compares what arrives with the pattern. */
export class PatternCheck {
  /** Bytes that arrived, wrong ones as well. */
  bytes = 0
  /** Position of the first wrong byte. */
  wrongAt?: number

  push (data: Uint8Array): void {
    for (let index = 0; index < data.byteLength; index++) {
      if (this.wrongAt == null && data[index] !== PIECE[(this.bytes + index) % PIECE_BYTES]) {
        this.wrongAt = this.bytes + index
      }
    }

    this.bytes += data.byteLength
  }

  /** Whether so many bytes arrived and all are right. */
  isComplete (expectedBytes: number): boolean {
    return this.wrongAt == null && this.bytes === expectedBytes
  }
}

function patternByte (index: number): number {
  return (index * 31 + (index >> 8) * 17) & 0xff
}

// 31 * 65,536 and 17 * 256 are multiples of 256: the piece that follows is the same
const PIECE = patternBytes(PIECE_BYTES)
