import { malformed } from './scanner.ts'

/** Topics remembered by one table; a newer one takes the place of an older one. */
const MAX_TOPICS = 1_024

/** Longer ones are decoded each time, so that a table stays below 256 KiB of them. */
const MAX_INTERNED_BYTES = 256

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

interface Entry {
  bytes: Uint8Array
  topic: string
}

/** Topics by their bytes: nearly all messages are of a few topics, and to decode one costs more than to find it. */
export class Topics {
  readonly #entries: Array<Entry | undefined> = new Array(MAX_TOPICS).fill(undefined)

  /**
   * @throws {WireError} `ERR_MALFORMED_RPC` if it is not UTF-8
   */
  of (bytes: Uint8Array, start: number, end: number): string {
    if (end - start > MAX_INTERNED_BYTES) {
      return decode(bytes.subarray(start, end))
    }

    const slot = slotOf(bytes, start, end)
    const entry = this.#entries[slot]

    if (entry != null && isSame(entry.bytes, bytes, start, end)) {
      return entry.topic
    }

    const own = bytes.slice(start, end)
    const topic = decode(own)
    this.#entries[slot] = { bytes: own, topic }

    return topic
  }
}

function decode (bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw malformed('a topic that is not UTF-8')
  }
}

/** Shared by all who read frames: topics are the same everywhere. */
export const topics = new Topics()

/** FNV-1a. Who makes topics crowd into one place makes nothing slower than decoding. */
function slotOf (bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5

  for (let i = start; i < end; i++) {
    hash = Math.imul(hash ^ bytes[i], 0x01000193)
  }

  return (hash ^ hash >>> 16) & (MAX_TOPICS - 1)
}

function isSame (known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) {
    return false
  }

  for (let i = 0; i < known.length; i++) {
    if (known[i] !== bytes[start + i]) {
      return false
    }
  }

  return true
}
