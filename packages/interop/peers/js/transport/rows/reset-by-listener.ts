import { receive } from '../../streams/receive.ts'
import { send } from '../../streams/send.ts'
import { FIRST_BYTES, PROTOCOLS } from '../protocols.ts'
import type { RowContext, RowResult } from '../row.ts'

/** A reset must not look like an end, and what came before it must not be lost. */
export async function resetByListener ({ node, address, signal }: RowContext): Promise<RowResult> {
  const connection = await node.dial(address, { signal })
  const stream = await connection.newStream(PROTOCOLS.reset, { signal })
  let bytes = 0
  const [ending] = await Promise.all([
    receive(stream, (data) => { bytes += data.byteLength }),
    send(stream, [Uint8Array.of(1)])
  ])

  return { ok: ending.ended === 'reset' && bytes === FIRST_BYTES, bytes, ...ending }
}
