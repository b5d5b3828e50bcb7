import { setTimeout as delay } from 'node:timers/promises'
import { pattern } from '../../streams/pattern.ts'
import { receiveToEnd } from '../../streams/receive.ts'
import { send, sendToEnd } from '../../streams/send.ts'
import { FIRST_BYTES, PROTOCOLS, RESET_WAIT_MS } from '../protocols.ts'
import type { RowContext, RowResult } from '../row.ts'
import type { Connection } from '@libp2p/interface'

/** The listener tells afterwards how the stream ended for it. */
export async function reset ({ node, address, implementation, signal }: RowContext): Promise<RowResult> {
  const connection = await node.dial(address, { signal })
  const stream = await connection.newStream(PROTOCOLS.sink, { signal })
  await send(stream, pattern(FIRST_BYTES))
  await delay(RESET_WAIT_MS)
  const sentCode = implementation.reset(stream)
  await delay(RESET_WAIT_MS)
  const observed = await observe(connection, signal)
  const isCodeRight = observed.code === null || observed.code === sentCode

  return { ok: observed.ended === 'reset' && observed.bytes === FIRST_BYTES && isCodeRight, sentCode, observed }
}

async function observe (connection: Connection, signal: AbortSignal): Promise<{ bytes: number, ended: string, code: number | null }> {
  const stream = await connection.newStream(PROTOCOLS.observed, { signal })
  let line = ''
  await Promise.all([
    receiveToEnd(stream, (data) => { line += Buffer.from(data).toString() }),
    sendToEnd(stream, [])
  ])

  return JSON.parse(line)
}
