/** Bytes of a TLS message in one CRYPTO frame (RFC 9000 section 19.6). */
export interface CryptoRange {
  offset: number
  length: number
}

/** What tshark has under a name once or more. */
type Repeated<T> = T | T[] | undefined

interface QuicLayer {
  'quic.long.packet_type'?: string
  'quic.frame'?: Repeated<Record<string, unknown>>
}

/**
 * @param frames - of a capture, as `tshark -T json --no-duplicate-keys` has them; with segmentation offload one of them has
 * several datagrams, and a datagram may have several packets
 * @returns the CRYPTO frames of each Initial packet that has some
 */
export function cryptoRanges (frames: unknown[]): CryptoRange[][] {
  return (frames as Array<{ _source: { layers: { quic?: Repeated<QuicLayer> } } }>)
    .flatMap(({ _source: { layers } }) => listOf(layers.quic))
    .filter((packet) => packet['quic.long.packet_type'] === '0')
    .map((packet) => listOf(packet['quic.frame'])
      .filter((frame) => 'quic.crypto.offset' in frame)
      .map((frame) => ({ offset: Number(frame['quic.crypto.offset']), length: Number(frame['quic.crypto.length']) })))
    .filter((ranges) => ranges.length > 0)
}

/**
 * How a client divided its hello.
 *
 * @param packets - its Initial packets
 * @returns `isSplit`: whether no one of the packets had all of it
 * @throws {Error} when there is none, or something of it is missing
 */
export function dividedHello (packets: CryptoRange[][]): { packets: number, bytes: number, isSplit: boolean } {
  const bytes = Math.max(0, ...packets.flat().map(({ offset, length }) => offset + length))

  if (bytes === 0 || coveredFrom0(packets.flat()) < bytes) {
    throw new Error(`The capture has not all of a hello: ${JSON.stringify(packets)}`)
  }

  return { packets: packets.length, bytes, isSplit: packets.every((ranges) => coveredFrom0(ranges) < bytes) }
}

/** Up to where there is no gap. */
function coveredFrom0 (ranges: CryptoRange[]): number {
  let covered = 0

  for (const { offset, length } of [...ranges].sort((a, b) => a.offset - b.offset)) {
    if (offset > covered) {
      break
    }

    covered = Math.max(covered, offset + length)
  }

  return covered
}

function listOf<T> (value: Repeated<T>): T[] {
  return value == null ? [] : Array.isArray(value) ? value : [value]
}
