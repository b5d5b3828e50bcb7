import { RPC } from '@libp2p/gossipsub/message'
import type { Uint8ArrayList } from 'uint8arraylist'

/** Decodes what passes by on one stream: at a price, where what is in messages matters. */
export class FrameReader {
  readonly #onMessage: (data: Uint8Array) => void
  #left: Buffer = Buffer.alloc(0)

  constructor (onMessage: (data: Uint8Array) => void) {
    this.#onMessage = onMessage
  }

  push (data: Uint8Array | Uint8ArrayList): void {
    this.#left = this.#left.byteLength === 0 ? bufferOf(data.subarray()) : Buffer.concat([this.#left, data.subarray()])

    for (let frame = this.#next(); frame != null; frame = this.#next()) {
      RPC.decode(frame).messages.forEach(({ data }) => {
        if (data != null) {
          this.#onMessage(data)
        }
      })
    }
  }

  #next (): Uint8Array | undefined {
    let length = 0
    let prefixBytes = 0
    let byte: number | undefined

    do {
      byte = this.#left.at(prefixBytes)

      if (byte == null) {
        return undefined
      }

      length += (byte & 0x7f) * 2 ** (7 * prefixBytes)
      prefixBytes++
    } while (byte >= 0x80)

    const end = prefixBytes + length

    if (this.#left.byteLength < end) {
      return undefined
    }

    const frame = this.#left.subarray(prefixBytes, end)
    this.#left = this.#left.subarray(end)

    return frame
  }
}

function bufferOf ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
