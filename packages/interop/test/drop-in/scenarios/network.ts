import { startNode, until } from '../nodes.ts'
import type { Node, PubsubFactory } from '../nodes.ts'
import type { GossipsubOpts } from '@libp2p/gossipsub'

export const TOPIC = 'drop-in'

/** A heartbeat soon enough for tests. */
export const FAST: Partial<GossipsubOpts> = { heartbeatInterval: 100 }

/** Runs with nodes that are joined to a line, `a` to `b` to `c`, and stops them. */
export async function withLine<T> (create: PubsubFactory, options: Array<Partial<GossipsubOpts>>, run: (nodes: Node[]) => Promise<T>): Promise<T> {
  const nodes = await Promise.all(options.map(async options => startNode(create({ ...FAST, ...options }))))

  try {
    for (let i = 1; i < nodes.length; i++) {
      await nodes[i - 1].dial(nodes[i].getMultiaddrs())
    }

    await until(() => nodes.every((node, index) => node.services.pubsub.getPeers().length === neighbours(nodes, index)))

    return await run(nodes)
  } finally {
    await Promise.all(nodes.map(async node => node.stop()))
  }
}

/** Subscribes all nodes of a line and waits for its mesh. */
export async function joinAll (nodes: Node[], topic = TOPIC): Promise<void> {
  nodes.forEach(node => { node.services.pubsub.subscribe(topic) })

  await until(() => nodes.every((node, index) => node.services.pubsub.getMeshPeers(topic).length === neighbours(nodes, index)))
}

/** Names instead of the peer ids, which differ between runs. */
export function namesOf (nodes: Array<Pick<Node, 'peerId'>>): (peer: { toString(): string }) => string {
  const names = new Map(nodes.map(({ peerId }, index) => [peerId.toString(), 'abc'[index]]))

  return peer => names.get(peer.toString()) ?? 'a stranger'
}

/** The texts of the messages that a node has received, in order. */
export function textsOf (node: Pick<Node, 'services'>): string[] {
  const texts: string[] = []
  node.services.pubsub.addEventListener('message', ({ detail }) => { texts.push(Buffer.from(detail.data).toString()) })

  return texts
}

/** What a promise rejects with: its name or text, or the value that it resolves to. */
export async function outcome (run: () => unknown): Promise<unknown> {
  try {
    return await run()
  } catch (err) {
    return err instanceof Error ? `throws ${err.message}` : err
  }
}

function neighbours (nodes: Node[], index: number): number {
  return Number(index > 0) + Number(index < nodes.length - 1)
}
