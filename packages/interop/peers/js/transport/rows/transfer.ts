import { createHash } from 'node:crypto'
import { PatternCheck, pattern } from '../../streams/pattern.ts'
import { receiveToEnd } from '../../streams/receive.ts'
import { sendToEnd } from '../../streams/send.ts'
import { DIGEST_BYTES, PROTOCOLS, TRANSFER_BYTES } from '../protocols.ts'
import type { RowContext, RowResult } from '../row.ts'

/** What the listener read is told by its digest, what it sent by the pattern. */
export async function transfer ({ node, address, signal }: RowContext): Promise<RowResult> {
  const connection = await node.dial(address, { signal })
  const stream = await connection.newStream(PROTOCOLS.transfer, { signal })
  const digest = Buffer.alloc(DIGEST_BYTES)
  let digestBytes = 0
  const check = new PatternCheck()

  await Promise.all([
    receiveToEnd(stream, (data) => {
      const ofDigest = Math.min(DIGEST_BYTES - digestBytes, data.byteLength)
      digest.set(data.subarray(0, ofDigest), digestBytes)
      digestBytes += ofDigest
      check.push(data.subarray(ofDigest))
    }),
    sendToEnd(stream, pattern(TRANSFER_BYTES))
  ])

  const uploadOk = digest.equals(digestOfUpload())
  const downloadOk = check.isComplete(TRANSFER_BYTES)

  return { ok: uploadOk && downloadOk, uploadOk, downloadOk, downloadBytes: check.bytes }
}

function digestOfUpload (): Buffer {
  const hash = createHash('sha256')

  for (const piece of pattern(TRANSFER_BYTES)) {
    hash.update(piece)
  }

  return hash.digest()
}
