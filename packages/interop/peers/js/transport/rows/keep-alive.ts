import { setTimeout as delay } from 'node:timers/promises'
import { Pinger } from '../ping.ts'
import type { RowContext, RowResult } from '../row.ts'

/** Longer than the 30 s after which a connection without keep-alive is lost. */
const SILENCE_MS = 35_000

/** One connection must last: a new one would hide that the first was lost. */
export async function keepAlive ({ node, address, signal }: RowContext): Promise<RowResult> {
  let connections = 0
  node.addEventListener('connection:open', () => { connections++ })
  const connection = await node.dial(address, { signal })
  await pingOnNewStream()
  await delay(SILENCE_MS, undefined, { signal })
  await pingOnNewStream()

  return { ok: connections === 1, connections }

  async function pingOnNewStream (): Promise<void> {
    const pinger = await Pinger.open(connection)
    await pinger.ping()
    await pinger.close()
  }
}
