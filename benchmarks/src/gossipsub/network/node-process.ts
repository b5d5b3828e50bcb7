import { randomBytes } from 'node:crypto'
import { multiaddr } from '@multiformats/multiaddr'
import { answerParent } from '../../processes/channel.ts'
import { cpuSecondsUsed } from '../../processes/cpu.ts'
import { loadContestant } from '../contestants.ts'
import { MESSAGE_BYTES, TOPIC } from '../frames.ts'
import { ANONYMOUS } from '../pubsub-options.ts'
import { ageMs, machineMs, stamp } from './clock.ts'
import { startPubsubNode } from './node.ts'
import { pace } from './pace.ts'
import type { ContestantInit } from '../contestants.ts'
import type { BenchOptions } from '../pubsub-options.ts'
import type { PubsubNode } from './node.ts'
import type { StackName } from '../../contestants.ts'

export interface NodeVerbs {
  /** Answers with the addresses of so many nodes, subscribed to the topic. */
  start: { argument: NodesInit, result: string[] }
  /** Each node dials all nodes that come after it. */
  connect: { argument: { addresses: string[], ownFrom: number }, result: undefined }
  /** Each node publishes so many messages a second. */
  publish: { argument: PublishInit, result: Published }
  snapshot: { argument: undefined, result: NodeSnapshot }
  /** Of the deliveries since the last time, in milliseconds. */
  latencies: { argument: undefined, result: number[] }
}

export interface NodesInit {
  contestant: ContestantInit
  stack: StackName
  count: number
  maxOutboundBufferSize?: number
}

export interface PublishInit {
  /** Messages a second. */
  rate: number
  seconds: number
  burstMs: number
}

export interface Published {
  /** By the clock of the machine. */
  startedMs: number
}

export interface NodeSnapshot {
  /** Since the start of the process. */
  cpuSeconds: number
  delivered: number
  /** By the clock of the machine; 0 before the first. */
  lastDeliveryMs: number
  /** Of the node with the fewest. */
  meshPeers: number
  rssBytes: number
}

const nodes: PubsubNode[] = []
let delivered = 0
let lastDeliveryMs = 0
let published = 0
let latenciesMs: number[] = []

answerParent<NodeVerbs>({
  start: async ({ contestant, stack, count, maxOutboundBufferSize }) => {
    const createPubsub = await loadContestant(contestant)
    const options: BenchOptions = { ...ANONYMOUS, maxOutboundBufferSize }

    for (let i = 0; i < count; i++) {
      const node = await startPubsubNode(stack, createPubsub, options)
      node.pubsub.subscribe(TOPIC)
      node.pubsub.addEventListener('message', onMessage)
      nodes.push(node)
    }

    return nodes.map(({ libp2p }) => libp2p.getMultiaddrs()[0].toString())
  },
  connect: async ({ addresses, ownFrom }) => {
    for (const [i, { libp2p }] of nodes.entries()) {
      for (const address of addresses.slice(ownFrom + i + 1)) {
        await libp2p.dial(multiaddr(address))
      }
    }
  },
  publish: async ({ rate, seconds, burstMs }) => {
    published++
    const startedMs = machineMs()

    await pace(rate * nodes.length, rate * nodes.length * seconds, burstMs, (due) => {
      for (let i = 0; i < due; i++) {
        publishFrom(nodes[published++ % nodes.length])
      }
    })

    return { startedMs }
  },
  snapshot: async () => ({
    cpuSeconds: cpuSecondsUsed(),
    delivered,
    lastDeliveryMs,
    meshPeers: Math.min(...nodes.map(({ pubsub }) => pubsub.getMeshPeers(TOPIC).length)),
    rssBytes: process.memoryUsage.rss()
  }),
  latencies: async () => {
    const latencies = latenciesMs
    latenciesMs = []

    return latencies
  }
})

function onMessage ({ detail: { data } }: CustomEvent<{ data: Uint8Array }>): void {
  delivered++
  lastDeliveryMs = machineMs()

  if (published > 0) {
    latenciesMs.push(ageMs(data, lastDeliveryMs))
  }
}

/** What fails here is missed in the count of deliveries. */
function publishFrom ({ pubsub }: PubsubNode): void {
  const data = randomBytes(MESSAGE_BYTES)
  stamp(data)
  pubsub.publish(TOPIC, data).catch((err) => { process.stderr.write(`${String(err)}\n`) })
}
