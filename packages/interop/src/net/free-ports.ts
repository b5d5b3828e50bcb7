import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Ports of this machine that nobody has, neither of TCP nor of UDP.
 *
 * Out of a range below those that the kernel gives to whoever does not mind; where to begin in it differs from process to process, so that
 * two runs do not find the same.
 *
 * @throws {RangeError} when the range has fewer
 */
export async function freePorts (count: number, { first, length }: { first: number, length: number }): Promise<number[]> {
  const ports: number[] = []

  for (let i = 0; i < length && ports.length < count; i++) {
    const port = first + (process.pid + i) % length

    if (await isFree(port)) {
      ports.push(port)
    }
  }

  if (ports.length < count) {
    throw new RangeError(`Of the ports ${first} to ${first + length - 1} there are ${ports.length} free, and ${count} were asked for`)
  }

  return ports
}

async function isFree (port: number): Promise<boolean> {
  const server = createServer().listen(port)
  const socket = createSocket('udp4').bind(port)
  const isBound = await Promise.all([server, socket].map(async (one) => once(one, 'listening').then(() => true, () => false)))

  await Promise.all([server, socket].map(async (one, i) => {
    if (isBound[i]) {
      await new Promise<void>((resolve) => { one.close(() => { resolve() }) })
    }
  }))

  return isBound.every(Boolean)
}
