import { receiveToEnd } from '../streams/receive.ts'
import { sendToEnd } from '../streams/send.ts'
import type { Stream } from '@libp2p/interface'

/** https://github.com/libp2p/specs/blob/master/perf/perf.md */
export const PERF_PROTOCOL = '/perf/1.0.0'

/** A big-endian u64: how many bytes the client wants back. */
const HEADER_BYTES = 8

/** Given to one send. */
const PIECE_BYTES = 64 * 1024

export interface PerfRequest {
  uploadBytes: number
  downloadBytes: number
  /** Told of every piece of the upload when the stream has taken it. */
  onUpload? (bytes: number): void
  /** Told of every piece of the download. */
  onDownload? (bytes: number): void
}

/**
 * The client's side: header, upload and the end of writing, then the download to its end. As the server sends nothing before
 * it has read everything, the end of this says that both directions were carried whole.
 *
 * @throws {Error} when the stream fails, or more or fewer bytes arrive than were asked for
 */
export async function requestPerf (stream: Stream, { uploadBytes, downloadBytes, onUpload, onDownload }: PerfRequest): Promise<void> {
  let received = 0

  await Promise.all([
    receiveToEnd(stream, (data) => {
      received += data.byteLength
      onDownload?.(data.byteLength)

      if (received > downloadBytes) {
        throw new Error(`${received} bytes arrived, which is more than the ${downloadBytes} that were asked for`)
      }
    }),
    upload(stream, downloadBytes, uploadBytes, onUpload)
  ])

  if (received < downloadBytes) {
    throw new Error(`The download ended after ${received} of ${downloadBytes} bytes`)
  }
}

/**
 * The server's side: drains to the end, then sends what was asked for.
 *
 * @param onRequest - told how many bytes came after the header, and how many are to go, before any of them does
 * @throws {RangeError} when the header is cut short or asks for more than an exact integer
 */
export async function servePerf (stream: Stream, onRequest?: (uploadBytes: number, downloadBytes: number) => void): Promise<void> {
  const header = Buffer.alloc(HEADER_BYTES)
  let headerBytes = 0
  let receivedBytes = 0

  await receiveToEnd(stream, (data) => {
    receivedBytes += data.byteLength

    if (headerBytes < HEADER_BYTES) {
      headerBytes += Buffer.from(data.buffer, data.byteOffset, data.byteLength).copy(header, headerBytes)
    }
  })

  if (headerBytes < HEADER_BYTES) {
    throw new RangeError(`The request ended after ${headerBytes} of the header's ${HEADER_BYTES} bytes`)
  }

  const downloadBytes = header.readBigUInt64BE()

  if (downloadBytes > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new RangeError(`The request asks for ${downloadBytes} bytes`)
  }

  onRequest?.(receivedBytes - HEADER_BYTES, Number(downloadBytes))
  await sendToEnd(stream, zeros(Number(downloadBytes)))
}

async function upload (stream: Stream, downloadBytes: number, uploadBytes: number, onUpload: PerfRequest['onUpload']): Promise<void> {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeBigUInt64BE(BigInt(downloadBytes))
  stream.send(header)
  await sendToEnd(stream, zeros(uploadBytes), onUpload)
}

/** Views of one piece: what is sent is not looked at. */
function * zeros (totalBytes: number): Generator<Uint8Array> {
  const piece = new Uint8Array(PIECE_BYTES)

  for (let left = totalBytes; left > 0; left -= PIECE_BYTES) {
    yield piece.subarray(0, Math.min(PIECE_BYTES, left))
  }
}
