import { createSocket } from 'node:dgram'
import type { SocketAddress } from './multiaddr.ts'

/**
 * The address from which the operating system would send there, or undefined when it has no way. Asked by connecting a UDP
 * socket, which sends nothing.
 */
export async function sourceAddress (to: SocketAddress): Promise<string | undefined> {
  const socket = createSocket(to.family === 4 ? 'udp4' : 'udp6')
  const connected = Promise.withResolvers<void>()
  socket.once('error', connected.reject)

  try {
    socket.connect(to.port, to.address, (err?: Error) => { err == null ? connected.resolve() : connected.reject(err) })
    await connected.promise

    return socket.address().address
  } catch {
    return undefined
  } finally {
    socket.close()
  }
}
