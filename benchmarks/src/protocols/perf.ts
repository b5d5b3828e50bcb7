import { receiveToEnd } from './receive.ts'
import { SEND_BYTES, sendBytes } from './send.ts'
import type { Stream } from '@libp2p/interface'

/** https://github.com/libp2p/specs/blob/master/perf/perf.md */
export const PERF_PROTOCOL = '/perf/1.0.0'

/** A big-endian u64: how many bytes the client wants back. */
const HEADER_BYTES = 8

export interface PerfRequest {
  uploadBytes: number
  downloadBytes: number
  /** Bytes given to one send of the upload. */
  sendSize?: number
  /** Told of every piece of the download. */
  onData? (bytes: number): void
}

/**
 * The client's side: header, upload and FIN, then the download up to the server's FIN.
 *
 * @returns the bytes received
 */
export async function requestPerf (stream: Stream, { uploadBytes, downloadBytes, sendSize = SEND_BYTES, onData }: PerfRequest): Promise<number> {
  let receivedBytes = 0

  const send = async (): Promise<void> => {
    stream.send(encodeHeader(downloadBytes))
    await sendBytes(stream, uploadBytes, sendSize)
    await stream.close()
  }

  await Promise.all([
    receiveToEnd(stream, (data) => {
      receivedBytes += data.byteLength
      onData?.(data.byteLength)
    }),
    send()
  ])

  return receivedBytes
}

/**
 * The server's side: drains to FIN, telling the size of every piece of the upload, then sends what was asked for.
 *
 * @throws {RangeError} when the header is cut short or asks for more than an exact integer
 */
export async function servePerf (stream: Stream, onPayload: (bytes: number) => void): Promise<void> {
  const header = new Uint8Array(HEADER_BYTES)
  let headerBytes = 0

  await receiveToEnd(stream, (data) => {
    const ofHeader = Math.min(HEADER_BYTES - headerBytes, data.byteLength)

    if (ofHeader > 0) {
      header.set(data.slice(0, ofHeader), headerBytes)
      headerBytes += ofHeader
    }

    onPayload(data.byteLength - ofHeader)
  })

  if (headerBytes < HEADER_BYTES) {
    throw new RangeError(`The request ended after ${headerBytes} of the header's ${HEADER_BYTES} bytes`)
  }

  await sendBytes(stream, decodeHeader(header))
  await stream.close()
}

/** Asks for so many bytes back. */
export function encodeHeader (downloadBytes: number): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES)
  new DataView(header.buffer).setBigUint64(0, BigInt(downloadBytes))

  return header
}

function decodeHeader (header: Uint8Array): number {
  const downloadBytes = new DataView(header.buffer).getBigUint64(0)

  if (downloadBytes > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new RangeError(`The request asks for ${downloadBytes} bytes`)
  }

  return Number(downloadBytes)
}
