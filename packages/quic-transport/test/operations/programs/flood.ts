/**
 * Begins handshakes from many addresses and ports of the loopback network and never goes on with one. Bounded: sends what it was
 * told to, at the rate that it was told, and ends.
 */

import { createSocket } from 'node:dgram'
import { SeededRandom } from '../../fixtures/seeded-random.ts'
import { freshInitials, isRetry } from '../../fixtures/strangers.ts'

export interface FloodArgument {
  /** A first datagram of a dial, in hex. */
  initial: string
  /** Of the listener on 127.0.0.1. */
  port: number
  /** Of the flood: a socket is opened for each port of each. */
  addresses: string[]
  portsPerAddress: number
  count: number
  perSecond: number
  seed: number
}

const TICK_MS = 10

/** How long answers may take after the last one was sent. */
const LINGER_MS = 500

const { initial, port, addresses, portsPerAddress, count, perSecond, seed }: FloodArgument = JSON.parse(process.argv[2])
const answers = { retries: 0, others: 0 }

const sockets = await Promise.all(addresses.flatMap(address => Array.from({ length: portsPerAddress }, async () => {
  const socket = createSocket('udp4')
  socket.on('message', datagram => { answers[isRetry(datagram) ? 'retries' : 'others']++ })
  await new Promise<void>(resolve => { socket.bind(0, address, resolve) })
  await new Promise<void>(resolve => { socket.connect(port, '127.0.0.1', resolve) })

  return socket
})))
const next = freshInitials(Buffer.from(initial, 'hex'), new SeededRandom(seed, 'flood'))
const start = performance.now()

for (let sent = 0; sent < count;) {
  const due = Math.min(count, Math.floor((performance.now() - start) * perSecond / 1_000))

  for (; sent < due; sent++) {
    sockets[sent % sockets.length].send(next(sent))
  }

  await new Promise(resolve => setTimeout(resolve, TICK_MS))
}

await new Promise(resolve => setTimeout(resolve, LINGER_MS))
sockets.forEach(socket => { socket.close() })
process.send?.({ answers })
process.disconnect()
