import { hash } from 'node:crypto'

/** u64 sequence number, u64 time of publication in ns, both big-endian; the line follows. */
export const HEADER_BYTES = 16
const DIGEST_BYTES = 6

/**
 * The longest line that is sent. A message has to fit, with its header, signature, key and topic, into one RPC, and
 * implementations agree on no more than 1 MiB for that (go-libp2p-pubsub DefaultMaxMessageSize).
 */
export const MAX_LINE_BYTES = 1024 * 1024 - 4 * 1024

export interface Payload {
  seq: number
  sentAtNs: bigint
  line: Uint8Array
}

/** What a receiver could not make sense of. */
export class MalformedPayloadError extends Error {
  readonly name = 'MalformedPayloadError'
  readonly code = 'ERR_MALFORMED_PAYLOAD'
}

export function encodePayload ({ seq, sentAtNs, line }: Payload): Uint8Array {
  const data = new Uint8Array(HEADER_BYTES + line.byteLength)
  const view = new DataView(data.buffer)
  view.setBigUint64(0, BigInt(seq))
  view.setBigUint64(8, sentAtNs)
  data.set(line, HEADER_BYTES)

  return data
}

/**
 * @throws {MalformedPayloadError} when the data is shorter than a header or the sequence number is out of range
 */
export function decodePayload (data: Uint8Array): Payload {
  if (data.byteLength < HEADER_BYTES) {
    throw new MalformedPayloadError(`${data.byteLength} bytes are less than a header`)
  }

  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const seq = Number(view.getBigUint64(0))

  if (!Number.isSafeInteger(seq)) {
    throw new MalformedPayloadError('the sequence number is out of range')
  }

  return { seq, sentAtNs: view.getBigUint64(8), line: data.subarray(HEADER_BYTES) }
}

/**
 * A 48-bit digest of a line, as a number. Sender and receiver compute it apart from each other, so that a message counts as
 * delivered by what is in it and not by its number alone.
 */
export function digestLine (line: Uint8Array): number {
  return hash('sha256', line, 'buffer').readUIntBE(0, DIGEST_BYTES)
}
