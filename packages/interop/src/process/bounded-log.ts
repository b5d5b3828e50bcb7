import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { WriteStream } from 'node:fs'

/** What a program says, in a file up to a bound; the end of it in memory as well. */
export class BoundedLog {
  readonly #file: WriteStream
  readonly #limitBytes: number
  readonly #tailBytes: number
  readonly #done: Promise<void>
  #writtenBytes = 0
  #tail: Buffer = Buffer.alloc(0)

  constructor (path: string, limitBytes: number, tailBytes: number) {
    this.#file = createWriteStream(path)
    this.#limitBytes = limitBytes
    this.#tailBytes = tailBytes
    this.#done = finished(this.#file)
    // told by `end`
    this.#done.catch(() => {})
  }

  /** @returns the last `tailBytes` of what was written, as UTF-8 */
  get tail (): string {
    return this.#tail.toString()
  }

  /** The last line that says something. */
  get lastLine (): string {
    return this.tail.trimEnd().split('\n').at(-1)?.trim() ?? ''
  }

  write (chunk: Buffer): void {
    const isFull = this.#writtenBytes >= this.#limitBytes
    this.#tail = Buffer.concat([this.#tail, chunk]).subarray(-this.#tailBytes)
    this.#writtenBytes += chunk.byteLength

    if (isFull) {
      return
    }

    this.#file.write(chunk)

    if (this.#writtenBytes >= this.#limitBytes) {
      this.#file.write(`\n[no more is kept than ${this.#limitBytes} bytes]\n`)
    }
  }

  /** @throws {Error} when the file could not be written */
  async end (): Promise<void> {
    this.#file.end()
    await this.#done
  }
}
