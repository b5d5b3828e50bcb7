import { readFileSync, writeFileSync } from 'node:fs'

/** quic-go asks for 7 MiB; with less a burst is lost in the socket. */
const WANTED_BYTES = 8 * 1_024 * 1_024

const SETTINGS = ['/proc/sys/net/core/rmem_max', '/proc/sys/net/core/wmem_max']

/**
 * Raises what a socket may ask for, where it is less than QUIC wants. It holds for the machine until it is started anew.
 *
 * @returns what could not be raised, for people
 */
export function raiseSocketBuffers (settings: string[] = process.platform === 'linux' ? SETTINGS : []): string[] {
  return settings.flatMap((file) => {
    try {
      if (Number(readFileSync(file, 'utf8')) < WANTED_BYTES) {
        writeFileSync(file, `${WANTED_BYTES}\n`)
      }

      return []
    } catch (err) {
      return [`${file} stays below ${WANTED_BYTES} bytes (${(err as NodeJS.ErrnoException).code ?? String(err)}): transfers may be slow`]
    }
  })
}
