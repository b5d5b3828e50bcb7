import { PatternCheck, pattern } from '../../streams/pattern.ts'
import { receiveToEnd } from '../../streams/receive.ts'
import { sendToEnd } from '../../streams/send.ts'
import { MAX_STREAMS, PROTOCOLS } from '../protocols.ts'
import type { RowContext, RowResult } from '../row.ts'
import type { Stream } from '@libp2p/interface'

const STREAMS = 100

const STREAM_BYTES = 4_096

/** All are open before the first byte of any is sent. */
export async function streams ({ node, address, signal }: RowContext): Promise<RowResult> {
  const connection = await node.dial(address, { signal })
  const opened = await Promise.all(Array.from({ length: STREAMS }, async () => {
    return connection.newStream(PROTOCOLS.echo, { signal, maxOutboundStreams: MAX_STREAMS })
  }))
  const echoed = await Promise.allSettled(opened.map(isEchoed))
  const whole = echoed.filter((result) => result.status === 'fulfilled' && result.value).length
  const failed = echoed.find((result) => result.status === 'rejected')

  return { ok: whole === STREAMS, streams: whole, ...(failed == null ? {} : { error: String(failed.reason) }) }
}

async function isEchoed (stream: Stream): Promise<boolean> {
  const check = new PatternCheck()
  await Promise.all([
    receiveToEnd(stream, (data) => { check.push(data) }),
    sendToEnd(stream, pattern(STREAM_BYTES))
  ])

  return check.isComplete(STREAM_BYTES)
}
