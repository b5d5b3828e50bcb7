import { readFile, readdir } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Capture } from '../net/capture.ts'
import { cryptoRanges, dividedHello } from './crypto-ranges.ts'
import type { Scene } from './run-test.ts'
import type { CellResult } from '../runner/cell.ts'

/** Our listener writes to its qlog in pieces, the last when the connection is gone. */
const QLOG_TIMEOUT_MS = 10_000

const POLL_MS = 100

/** A hello comes first; the rest of a handshake alone, with its padding and its probes of the path, is more than this. */
const CAPTURE_BYTES = 6_000

const RECORD_SEPARATOR = '\u001e'

interface QlogEvent {
  name?: string
  data?: { header?: { packet_type?: string, packet_number?: number } }
}

/**
 * Proves that a ClientHello came in more than one packet: by our listener's qlog, and by the CRYPTO frames of a capture where
 * there can be one.
 *
 * @throws {Error} when it did not
 */
export async function watchHello ({ network, context, qlogFolder }: Scene): Promise<() => Promise<CellResult>> {
  const { logs, signal } = context
  const capture = await Capture.start({ host: network.listener, logs, signal })

  return async () => {
    await expectInitials(qlogFolder)

    if (capture == null) {
      return {}
    }

    const filter = `quic.long.packet_type == 0 && ip.dst == ${network.listener.address}`
    const initials = cryptoRanges(await capture.end(CAPTURE_BYTES, filter, 'quic'))
    const { packets, bytes, isSplit } = dividedHello(initials)

    if (!isSplit) {
      throw new Error(`The hello must come in two packets at least, and one packet had all of its ${bytes} bytes (capture.pcapng)`)
    }

    return { figures: { 'packets of the hello': packets, 'hello, bytes': bytes } }
  }
}

/**
 * A server has keys for Handshake packets only when it has all of the hello (RFC 9001 section 4.1.4): had one packet held
 * it, the first Handshake packet would follow that one. It may be late, though, and have one packet twice.
 */
async function expectInitials (qlogFolder: string): Promise<void> {
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
