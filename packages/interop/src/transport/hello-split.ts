import { readFile, readdir } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** Our listener writes to its qlog in pieces, the last when the connection is gone. */
const QLOG_TIMEOUT_MS = 10_000

const POLL_MS = 100

const RECORD_SEPARATOR = '\u001e'

interface QlogEvent {
  name?: string
  data?: { header?: { packet_type?: string, packet_number?: number } }
}

/**
 * Proves by our listener's qlog that a ClientHello came in more than one packet. A server has keys for Handshake packets
 * only when it has all of the hello (RFC 9001 section 4.1.4): had one packet held it, the first Handshake packet would
 * follow that one.
 *
 * @throws {Error} when it did not
 */
export async function expectSplitHello (qlogFolder: string): Promise<void> {
  const deadline = Date.now() + QLOG_TIMEOUT_MS
  let counts: Array<number | undefined> = []

  while (Date.now() < deadline) {
    const files = (await readdir(qlogFolder)).filter((name) => name.endsWith('-server.sqlog'))
    counts = await Promise.all(files.map(async (name) => initialsBeforeHandshake(await readFile(path.join(qlogFolder, name), 'utf8'))))

    if (counts.length > 0 && counts.every((count) => count != null)) {
      break
    }

    await delay(POLL_MS)
  }

  if (counts.length === 0 || counts.some((count) => count == null || count < 2)) {
    throw new Error(`The hello must come in two packets at least; Initial packets that our listener had before it could answer, by connection: ${JSON.stringify(counts)}`)
  }
}

/**
 * @param qlog - of a server, JSON text sequences; the last may be incomplete
 * @returns how many Initial packets came before the first Handshake packet was sent; undefined if none was
 */
export function initialsBeforeHandshake (qlog: string): number | undefined {
  const initials = new Set<number>()

  for (const { name, data } of events(qlog)) {
    const { packet_type: type, packet_number: number } = data?.header ?? {}

    if (name === 'transport:packet_received' && type === 'initial' && number != null) {
      initials.add(number)
    }

    if (name === 'transport:packet_sent' && type === 'handshake') {
      return initials.size
    }
  }
}

function events (qlog: string): QlogEvent[] {
  return qlog.split(RECORD_SEPARATOR)
    .filter((record) => record.endsWith('\n'))
    .map((record) => JSON.parse(record) as QlogEvent)
}
