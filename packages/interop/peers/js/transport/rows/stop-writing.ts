import { setTimeout as delay } from 'node:timers/promises'
import { pattern } from '../../streams/pattern.ts'
import { receiveToEnd } from '../../streams/receive.ts'
import { send } from '../../streams/send.ts'
import { ENOUGH, PROTOCOLS } from '../protocols.ts'
import type { RowContext, RowResult } from '../row.ts'

/** By then the writer must have been told. */
const STOP_MS = 10_000

/** The listener stops reading while this side writes: its answer must arrive all the same, and the writing end. */
export async function stopWriting ({ node, address, signal }: RowContext): Promise<RowResult> {
  const connection = await node.dial(address, { signal })
  const stream = await connection.newStream(PROTOCOLS.stopWriting, { signal })
  let answer = ''
  const writing = send(stream, pattern(Infinity)).then(() => true, () => true)
  const late = delay(STOP_MS, false, { ref: false })
  const [isAnswered, writeEnded] = await Promise.all([
    Promise.race([receiveToEnd(stream, (data) => { answer += Buffer.from(data).toString() }).then(() => true), late]),
    Promise.race([writing, late])
  ])
  stream.abort(new Error('the row is over'))

  return { ok: isAnswered && answer === ENOUGH && writeEnded, answer, writeEnded }
}
