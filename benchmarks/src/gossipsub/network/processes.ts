import { setTimeout as delay } from 'node:timers/promises'
import { launchModule } from '../../processes/launch.ts'
import { PeerProcess } from '../../processes/peer-process.ts'
import type { NodeVerbs } from './node-process.ts'
import type { PeersVerbs } from './peers-process.ts'

export type NodeProcess = PeerProcess<NodeVerbs>
export type PeersProcess = PeerProcess<PeersVerbs>

const POLL_MS = 50

/** The processes of one measurement. */
export class Processes {
  readonly #timeoutMs: number
  readonly #all: Array<NodeProcess | PeersProcess> = []

  constructor (timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  node (): NodeProcess {
    const node = new PeerProcess<NodeVerbs>(launchModule(new URL('node-process.ts', import.meta.url), {}))
    this.#all.push(node)

    return node
  }

  peers (): PeersProcess {
    const peers = new PeerProcess<PeersVerbs>(launchModule(new URL('peers-process.ts', import.meta.url), {}))
    this.#all.push(peers)

    return peers
  }

  /**
   * Waits until every node there has so many mesh peers.
   *
   * @throws {Error} when it takes too long
   */
  async meshed (node: NodeProcess, peers: number): Promise<void> {
    const endMs = performance.now() + this.#timeoutMs

    for (;;) {
      const { meshPeers } = await node.call('snapshot', undefined, this.#timeoutMs)

      if (meshPeers >= peers) {
        return
      }

      if (performance.now() > endMs) {
        throw new Error(`A node has ${meshPeers} of ${peers} mesh peers`)
      }

      await delay(POLL_MS)
    }
  }

  async stop (): Promise<void> {
    await Promise.all(this.#all.map(async (process) => process.stop()))
  }
}
