import { PatternCheck } from '../../streams/pattern.ts'
import { receiveToEnd } from '../../streams/receive.ts'
import { sendToEnd } from '../../streams/send.ts'
import { HALF_CLOSE_BYTES, PROTOCOLS } from '../protocols.ts'
import type { RowContext, RowResult } from '../row.ts'

/** The answer comes long after this side's writing has ended. */
export async function halfClose ({ node, address, signal }: RowContext): Promise<RowResult> {
  const connection = await node.dial(address, { signal })
  const stream = await connection.newStream(PROTOCOLS.halfClose, { signal })
  const check = new PatternCheck()
  await Promise.all([
    receiveToEnd(stream, (data) => { check.push(data) }),
    sendToEnd(stream, [Buffer.from('request')])
  ])

  return { ok: check.isComplete(HALF_CLOSE_BYTES), bytes: check.bytes }
}
