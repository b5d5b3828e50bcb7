const NEWLINE = 0x0a
const NOTHING = new Uint8Array(0)

export interface Line {
  /** Counted from 1. */
  number: number
  bytes: Uint8Array
  /** How many bytes of the input end with this line. */
  endOffset: number
}

export interface OversizedLine {
  number: number
  oversizedBytes: number
  endOffset: number
}

/**
 * Splits bytes at each newline. Nothing is decoded or trimmed: what is between two newlines is a line, an empty one too, and
 * what follows the last newline is one when it is not empty. At most `maxLineBytes` are held: a longer line is skipped and
 * reported with its size.
 */
export async function * splitLines (source: AsyncIterable<Uint8Array>, maxLineBytes: number): AsyncGenerator<Line | OversizedLine> {
  const line = new LineBuffer(maxLineBytes)
  let number = 0
  let offset = 0

  for await (const chunk of source) {
    let start = 0

    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      line.append(chunk.subarray(start, end))
      start = end + 1
      yield { number: ++number, ...line.take(), endOffset: offset + start }
    }

    line.append(chunk.subarray(start))
    offset += chunk.byteLength
  }

  if (line.sizeBytes > 0) {
    yield { number: ++number, ...line.take(), endOffset: offset }
  }
}

class LineBuffer {
  sizeBytes = 0
  private parts: Uint8Array[] = []
  private readonly maxBytes: number

  constructor (maxBytes: number) {
    this.maxBytes = maxBytes
  }

  append (part: Uint8Array): void {
    this.sizeBytes += part.byteLength

    if (this.sizeBytes > this.maxBytes) {
      this.parts = []
    } else if (part.byteLength > 0) {
      this.parts.push(part)
    }
  }

  take (): { bytes: Uint8Array } | { oversizedBytes: number } {
    const { sizeBytes, parts } = this
    this.sizeBytes = 0
    this.parts = []

    if (sizeBytes > this.maxBytes) {
      return { oversizedBytes: sizeBytes }
    }

    return { bytes: parts.length === 0 ? NOTHING : Buffer.concat(parts) }
  }
}
