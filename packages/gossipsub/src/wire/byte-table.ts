/** Bytes that one entry may have, so that a table stays small. */
export const MAX_ENTRY_BYTES = 256

interface Entry<T> {
  bytes: Uint8Array
  value: T
}

/**
 * What bytes stand for, found without making anything of them. A place holds one entry, and a newer one takes it from an older one: what is
 * found may be lost at any time, and is right as long as it is found.
 */
export class ByteTable<T> {
  readonly #entries: Array<Entry<T> | undefined>

  /** @param size - of the table, a power of two */
  constructor (size: number) {
    this.#entries = new Array(size).fill(undefined)
  }

  get (bytes: Uint8Array, start: number, end: number): T | undefined {
    const entry = this.#entries[this.#place(bytes, start, end)]

    return entry != null && isSame(entry.bytes, bytes, start, end) ? entry.value : undefined
  }

  /** Longer bytes than `MAX_ENTRY_BYTES` are not kept. */
  set (bytes: Uint8Array, start: number, end: number, value: T): void {
    if (end - start <= MAX_ENTRY_BYTES) {
      this.#entries[this.#place(bytes, start, end)] = { bytes: new Uint8Array(bytes.subarray(start, end)), value }
    }
  }

  /** FNV-1a, by words. Who makes bytes crowd into one place makes nothing slower than without a table. */
  #place (bytes: Uint8Array, start: number, end: number): number {
    let hash = 0x811c9dc5
    let i = start

    for (; i <= end - 4; i += 4) {
      const word = bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 | bytes[i + 3] << 24
      hash = Math.imul(hash ^ word, 0x01000193)
      // the upper bits of a word must reach the lower ones
      hash ^= hash >>> 15
    }

    for (; i < end; i++) {
      hash = Math.imul(hash ^ bytes[i], 0x01000193)
    }

    return (hash ^ hash >>> 16) & (this.#entries.length - 1)
  }
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
