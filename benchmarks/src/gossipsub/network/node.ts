import { identify } from '@libp2p/identify'
import { createLibp2p } from 'libp2p'
import { contestantEntry } from '../../contestants.ts'
import type { StackName } from '../../contestants.ts'
import type { Pubsub, PubsubFactory } from '../contestants.ts'
import type { BenchOptions } from '../pubsub-options.ts'
import type { Libp2p } from '@libp2p/interface'
import type { Libp2pOptions } from 'libp2p'

/** libp2p refuses a sixth connection per second from one host: the same for every contestant. */
const INBOUND_CONNECTIONS_PER_SECOND = 10_000

export interface PubsubNode {
  libp2p: Libp2p
  pubsub: Pubsub
}

/** A node with a contestant as its pubsub, which listens. */
export async function startPubsubNode (stack: StackName, createPubsub: PubsubFactory, options: BenchOptions): Promise<PubsubNode> {
  const libp2p = await createLibp2p({
    ...await stackOptions(stack, true),
    services: { identify: identify(), pubsub: createPubsub(options) }
  })

  return { libp2p, pubsub: libp2p.services.pubsub }
}

/** A node without any pubsub. It listens nowhere. */
export async function startPlainNode (stack: StackName): Promise<Libp2p> {
  return createLibp2p({
    ...await stackOptions(stack, false),
    services: { identify: identify() }
  })
}

async function stackOptions (name: StackName, listens: boolean): Promise<Libp2pOptions> {
  const entry = contestantEntry(name)

  if (entry == null || !('load' in entry)) {
    throw new Error(`${name} is not a libp2p stack`)
  }

  const stack = await entry.load()

  return {
    ...stack.options(),
    addresses: { listen: listens ? [stack.listen] : [] },
    connectionManager: { inboundConnectionThreshold: INBOUND_CONNECTIONS_PER_SECOND }
  }
}
