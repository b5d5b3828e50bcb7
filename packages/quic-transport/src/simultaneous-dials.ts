import { publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { closedLocally } from './errors.ts'
import { toPeerId } from './upgrade.ts'
import type { SocketAddress } from './multiaddr.ts'
import type { Adopted } from './upgrade.ts'
import type { PublicKey } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/**
 * Two nodes that listen and dial each other at once get two connections, each of which has the same two addresses: dials leave from the
 * socket of a listener. libp2p aborts a connection that it has dialled when it has another one of that address, and if both nodes did so
 * none would be left. So one of them, whose peer id is the greater one, takes the other's connection when it has its own.
 */
export class SimultaneousDials {
  readonly #publicKey: PublicKey
  readonly #running = new Map<string, Set<Promise<unknown>>>()

  constructor (publicKey: PublicKey) {
    this.#publicKey = publicKey
  }

  /** Remembers the dial for as long as it lasts, and until libp2p has taken note of its end. */
  async track <T> (to: SocketAddress, dial: () => Promise<T>): Promise<T> {
    const key = keyOf(to)
    const dials = this.#running.get(key) ?? new Set()
    const running = dial()
    this.#running.set(key, dials.add(running))

    try {
      return await running
    } finally {
      setImmediate(() => {
        dials.delete(running)

        if (dials.size === 0 && this.#running.get(key) === dials) {
          this.#running.delete(key)
        }
      })
    }
  }

  /**
   * Takes an accepted connection over with `upgrade`: when this node's dials to where it comes from have ended, if they go first.
   *
   * @throws {Error} what `upgrade` throws, or why the connection ended meanwhile
   */
  async accept ({ maConn, remotePeer }: Adopted, upgrade: () => Promise<void>): Promise<void> {
    const running = this.#running.size === 0 ? undefined : this.#running.get(keyOfMultiaddr(maConn.remoteAddr))

    if (running != null && toPeerId(publicKeyToProtobuf(this.#publicKey)).toString() > remotePeer.toString()) {
      await Promise.allSettled(running)
      await new Promise(resolve => { setImmediate(resolve) })

      if (maConn.status !== 'open') {
        throw maConn.endError ?? closedLocally('closed before it was taken over')
      }
    }

    await upgrade()
  }
}

function keyOf ({ address, port }: Pick<SocketAddress, 'address' | 'port'>): string {
  return `${address} ${port}`
}

function keyOfMultiaddr (ma: Multiaddr): string {
  const components = ma.getComponents()
  const ip = components.find(({ name }) => name === 'ip4' || name === 'ip6')
  const udp = components.find(({ name }) => name === 'udp')

  return keyOf({ address: ip?.value ?? '', port: Number(udp?.value) })
}
