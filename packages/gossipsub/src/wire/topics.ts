import { ByteTable } from './byte-table.ts'
import { malformed } from './scanner.ts'

/** Topics remembered: below 256 KiB of them. */
const MAX_TOPICS = 1_024

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Topics by their bytes: nearly all messages are of a few topics, and to decode one costs more than to find it. */
export class Topics {
  readonly #table = new ByteTable<string>(MAX_TOPICS)

  /**
   * @throws {WireError} `ERR_MALFORMED_RPC` if it is not UTF-8
   */
  of (bytes: Uint8Array, start: number, end: number): string {
    const known = this.#table.get(bytes, start, end)

    if (known != null) {
      return known
    }

    const topic = decode(bytes.subarray(start, end))
    this.#table.set(bytes, start, end, topic)

    return topic
  }
}

/** Shared by all who read frames: topics are the same everywhere. */
export const topics = new Topics()

function decode (bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw malformed('a topic that is not UTF-8')
  }
}
