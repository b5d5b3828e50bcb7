import { KeyMap } from './router/key-map.ts'
import type { IdHash, IdKey } from './router/message-id.ts'

/** Copies arrive within seconds of each other: so many of the newest are known by their fast id, older ones by their id. */
const MAX_FAST_IDS_PER_GENERATION = 32_768

/** Two bytes for each code unit; what is longer takes longer. */
const scratch = new Uint8Array(256)
const scratchView = new DataView(scratch.buffer)

/**
 * The keys of the newest messages by what the application's `fastMsgIdFn` says of them: two generations of typed arrays, about 1.5 MB when
 * full.
 */
export class FastIds {
  readonly #hash: IdHash
  #young = createGeneration()
  #old = createGeneration()

  constructor (hash: IdHash) {
    this.#hash = hash
  }

  get size (): number {
    return this.#young.size + this.#old.size
  }

  /** The key of the message's id, or 0. */
  keyOf (fastId: string | number): IdKey {
    const fastKey = this.#fastKey(fastId)
    const key = this.#young.get(fastKey)

    return key !== 0 ? key : this.#old.get(fastKey)
  }

  add (fastId: string | number, key: IdKey): void {
    if (this.#young.size >= MAX_FAST_IDS_PER_GENERATION) {
      this.#old = this.#young
      this.#young = createGeneration()
    }

    this.#young.set(this.#fastKey(fastId), key)
  }

  #fastKey (fastId: string | number): IdKey {
    if (typeof fastId === 'number') {
      scratchView.setFloat64(0, fastId)
      return this.#hash.ofRange(scratch, 0, 8)
    }

    const length = 2 * fastId.length
    const bytes = length > scratch.length ? new Uint8Array(length) : scratch

    for (let i = 0; i < fastId.length; i++) {
      const unit = fastId.charCodeAt(i)
      bytes[2 * i] = unit
      bytes[2 * i + 1] = unit >>> 8
    }

    return this.#hash.ofRange(bytes, 0, length)
  }
}

function createGeneration (): KeyMap {
  return new KeyMap(capacity => new Float64Array(capacity))
}
