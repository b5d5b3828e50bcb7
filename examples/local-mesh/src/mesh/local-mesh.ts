import { NodeProcess } from './node-process.ts'
import { introductions } from './topology.ts'
import type { Report } from './messages.ts'

/** A node is ready with as many mesh peers: gossipsub's D_low, below which it looks for more. */
const READY_MESH_DEGREE = 4
/** Time to start and then time to form the mesh: a base and, because the nodes share the processors, something per node. */
const START_TIMEOUT_MS = 15_000
const START_TIMEOUT_PER_NODE_MS = 2_000
const MESH_TIMEOUT_MS = 15_000
const MESH_TIMEOUT_PER_NODE_MS = 1_000

export interface LocalMeshInit {
  nodes: number
  topic: string
  seed: number
  onDelivered (node: number, seq: number, digest: number, latencyMs: number): void
  onPublishFailed (node: number, seq: number, reason: string): void
  /** A node ended or failed on its own; nothing that is sent from now on can reach every node. */
  onBroken (err: MeshError): void
}

/** The mesh could not be formed, or has lost a node. */
export class MeshError extends Error {
  readonly name = 'MeshError'
  readonly code = 'ERR_MESH'
}

/** N nodes in N processes that know of each other what a list of addresses tells, and are joined to one topic. */
export class LocalMesh {
  readonly nodes: NodeProcess[] = []
  private readonly init: LocalMeshInit
  private onProgress = (): void => {}
  private broken?: MeshError

  constructor (init: LocalMeshInit) {
    this.init = init
  }

  /**
   * Starts the processes and returns when every node listens.
   *
   * @throws {MeshError} when that takes too long or a node fails
   */
  async start (signal: AbortSignal): Promise<void> {
    const { nodes, topic } = this.init

    for (let index = 0; index < nodes; index++) {
      const node = new NodeProcess(index, {
        onReport: (from, report) => { this.onReport(from, report) },
        onDeath: (from, reason) => { this.break(`node ${from.index}: ${reason}`) }
      })
      this.nodes.push(node)
      node.send({ type: 'start', topic, maxPeers: nodes })
    }

    await this.until(signal, START_TIMEOUT_MS + nodes * START_TIMEOUT_PER_NODE_MS, 'listen', node => {
      return node.addresses.length > 0 ? undefined : 'does not listen'
    })
  }

  /** Gives each node the addresses of those that it is to dial. */
  introduce (): void {
    introductions(this.nodes.length, this.init.seed).forEach((peers, index) => {
      this.nodes[index].send({ type: 'dial', peers: peers.map(peer => this.nodes[peer].addresses) })
    })
  }

  /**
   * Returns when every node has enough peers in its mesh.
   *
   * @throws {MeshError} when that takes too long or a node fails
   */
  async formed (signal: AbortSignal): Promise<void> {
    const degree = Math.min(READY_MESH_DEGREE, this.nodes.length - 1)

    await this.until(signal, MESH_TIMEOUT_MS + this.nodes.length * MESH_TIMEOUT_PER_NODE_MS, 'form the mesh', ({ status }) => {
      if (status.meshDegree < degree) {
        return `has ${status.meshDegree} of ${degree} mesh peers and ${status.peers} peers${status.dialError == null ? '' : ` (${status.dialError})`}`
      }
    })
  }

  publish (publisher: number, seq: number, line: Uint8Array): void {
    this.nodes[publisher].send({ type: 'publish', seq, line })
  }

  /** Ends all processes; returns, when they are gone, those that did not end well. */
  async stop (): Promise<NodeProcess[]> {
    const endedWell = await Promise.all(this.nodes.map(async node => node.stop()))

    return this.nodes.filter((_, index) => !endedWell[index])
  }

  kill (): void {
    for (const node of this.nodes) {
      node.kill()
    }
  }

  /** Waits until no node is lacking; `lacks` says what a node is short of. */
  private async until (signal: AbortSignal, timeoutMs: number, what: string, lacks: (node: NodeProcess) => string | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const onAbort = (): void => { reject(signal.reason) }
    const timer = setTimeout(() => {
      const lacking = this.nodes.map(node => ({ node, lack: lacks(node) })).filter(({ lack }) => lack != null)
      const list = lacking.map(({ node, lack }) => `\n  node ${node.index} ${lack}`).join('')
      reject(new MeshError(`the nodes did not ${what} within ${timeoutMs / 1000} s:${list}`))
    }, timeoutMs)

    this.onProgress = () => {
      if (this.broken != null) {
        reject(this.broken)
      } else if (this.nodes.every(node => lacks(node) == null)) {
        resolve()
      }
    }
    signal.addEventListener('abort', onAbort)

    try {
      signal.throwIfAborted()
      this.onProgress()
      await promise
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      this.onProgress = () => {}
    }
  }

  private onReport (node: NodeProcess, report: Report): void {
    switch (report.type) {
      case 'delivered':
        report.seqs.forEach((seq, row) => {
          this.init.onDelivered(node.index, seq, report.digests[row], report.latenciesMs[row])
        })
        break
      case 'publishFailed':
        this.init.onPublishFailed(node.index, report.seq, report.reason)
        break
      case 'failed':
        this.break(`node ${node.index}: ${report.reason}`)
        break
      default:
        this.onProgress()
    }
  }

  private break (reason: string): void {
    if (this.broken == null) {
      this.broken = new MeshError(reason)
      this.init.onBroken(this.broken)
      this.onProgress()
    }
  }
}
