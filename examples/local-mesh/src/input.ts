import { createReadStream, fstatSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { InvalidOptionsError } from './options.ts'
import type { Readable } from 'node:stream'

export interface Input {
  stream: Readable
  /** Known of a file only. */
  totalBytes?: number
  /** Whether a person types the lines. */
  isTyped: boolean
}

/**
 * Opens what `--file` names, else standard input.
 *
 * @throws {InvalidOptionsError} when the file cannot be read
 */
export async function openInput (file: string | undefined, stdin: NodeJS.ReadStream & { fd: number }): Promise<Input> {
  if (file != null && file !== '-') {
    return openFile(file)
  }

  return { stream: stdin, totalBytes: sizeOf(stdin.fd), isTyped: stdin.isTTY }
}

async function openFile (file: string): Promise<Input> {
  try {
    const handle = await open(file)
    const stat = await handle.stat()

    if (stat.isDirectory()) {
      await handle.close()
      throw new Error(`'${file}' is a directory`)
    }

    return {
      stream: createReadStream('', { fd: handle }),
      totalBytes: stat.isFile() ? stat.size : undefined,
      isTyped: false
    }
  } catch (err) {
    throw new InvalidOptionsError(`--file cannot be read: ${err instanceof Error ? err.message : String(err)}`)
  }
}

/** Standard input may be a file as well: `npm start < file`. */
function sizeOf (fd: number): number | undefined {
  try {
    const stat = fstatSync(fd)

    return stat.isFile() ? stat.size : undefined
  } catch {
    return undefined
  }
}
