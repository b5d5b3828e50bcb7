import { setTimeout as delay } from 'node:timers/promises'
import { launchModule, launchProgram } from '../../processes/launch.ts'
import { PeerProcess } from '../../processes/peer-process.ts'
import type { LoadVerbs } from './load.ts'
import type { NodeVerbs } from './node-process.ts'
import type { PeersVerbs } from './peers-process.ts'
import type { Program } from '@quicmesh/interop/peers'

export type NodeProcess = PeerProcess<NodeVerbs>
export type LoadProcess = PeerProcess<LoadVerbs>
export type PeersProcess = PeerProcess<PeersVerbs>

const POLL_MS = 50

/** The processes of one measurement. */
export class Processes {
  readonly #timeoutMs: number
  readonly #all: Array<NodeProcess | LoadProcess | PeersProcess> = []

  constructor (timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  node (): NodeProcess {
    const node = new PeerProcess<NodeVerbs>(launchModule(new URL('node-process.ts', import.meta.url), {}))
    this.#all.push(node)

    return node
  }

  /** Nodes of a contestant that is a program. */
  load ({ file, ...init }: Program): LoadProcess {
    const load = new PeerProcess<LoadVerbs>(launchProgram(file, init))
    this.#all.push(load)

    return load
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
  async meshed (node: Pick<NodeProcess, 'call'> | Pick<LoadProcess, 'call'>, peers: number): Promise<void> {
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
