/**
 * A program whose node dials the address in its argument and sends there without end while it is sent to, until it ends as its
 * argument says.
 */

import { multiaddr } from '@multiformats/multiaddr'
import { Nodes } from '../../fixtures/nodes.ts'
import { sendForever } from '../fixtures/traffic.ts'
import type { QuicOptions } from '../../../src/index.ts'

export interface SenderArgument {
  address: string
  /** What it does after `ENOUGH_BYTES` have come; 'stay' until it is killed. */
  then: 'exit' | 'throw' | 'stay'
  /** What 'exit' ends it with. */
  exitCode?: number
  quic?: QuicOptions
}

const ENOUGH_BYTES = 1024 * 1024

const { address, then, exitCode, quic }: SenderArgument = JSON.parse(process.argv[2])
const node = await new Nodes().create({ quic })
const connection = await node.dial(multiaddr(address))
let isOver = false

await sendForever(connection, (totalBytes) => {
  if (isOver || totalBytes < ENOUGH_BYTES) {
    return
  }

  isOver = true
  process.send?.('amid traffic')

  if (then === 'exit') {
    process.exit(exitCode)
  } else if (then === 'throw') {
    setImmediate(() => { throw new Error('meant to be uncaught') })
  }
})
