import { RIVAL } from '../contestants.ts'
import { MESSAGE_BYTES } from '../frames.ts'
import { aside, headline } from '../metric.ts'
import { MESH } from '../pubsub-options.ts'
import { measureNodes, NODES } from './nodes.ts'
import { BURST_MS, EVEN_MS } from './pace.ts'
import { measureRelay, RELAY_COPIES, RELAY_PER_FRAME } from './relay.ts'
import { measureSlowPeer, SLOW_BYTES_PER_SECOND, SLOW_MESSAGE_BYTES, SLOW_RATE } from './slow-peer.ts'
import type { StackName } from '../../contestants.ts'
import type { ContestantName } from '../contestants.ts'
import type { Figure, Metric } from '../figures.ts'
import type { TransportName } from './load.ts'

/** Each with the QUIC of its family: ours with ours, the others with theirs. */
const OWN_QUIC = new Map<ContestantName, StackName>([
  ['quicmesh', 'quicmesh'],
  ['libp2p-17', 'chainsafe-quic'],
  ['libp2p-16', 'chainsafe-quic']
])

const TCP: StackName = 'tcp-noise-yamux'

/** Messages a second that each node publishes. */
const NODE_RATE = 20

/** A thousand a second of all together. */
const LATENCY_RATE = 100

const DELIVERIES_PER_SECOND: Metric = { ...aside('deliveries/s', 'deliveriesPerSecond'), isHigherBetter: true }

const LATENCY_FIRST: Metric[] = [
  headline('p50 ms', 'p50Ms'),
  headline('p99 ms', 'p99Ms'),
  aside('p90 ms', 'p90Ms'),
  DELIVERIES_PER_SECOND,
  aside('CPU s/million deliveries', 'cpuSecondsPerMillion'),
  aside('RSS MiB', 'rssMib')
]

/** What a node costs with its streams, in a process of its own. */
export const NETWORK_FIGURES = {
  'relay-quicmesh': relay('quicmesh', 80, 10),
  'relay-chainsafe': relay('chainsafe-quic'),
  'relay-tcp': relay(TCP, 400),
  'nodes-quic': nodes('quic-v1', NODE_RATE, costFirst([{ atMost: 0.333, of: RIVAL }, { atMost: 1, of: 'go' }])),
  'nodes-tcp': nodes('tcp', NODE_RATE, costFirst()),
  'latency-quic': nodes('quic-v1', LATENCY_RATE, LATENCY_FIRST),
  'latency-even': nodes('quic-v1', LATENCY_RATE, LATENCY_FIRST, EVEN_MS),
  'slow-peer': slowPeer()
} satisfies Record<string, Figure>

/** Another build of ours runs over our QUIC. */
function ownQuic (contestant: string): StackName {
  return OWN_QUIC.get(contestant) ?? 'quicmesh'
}

function relay (stack: StackName, atMostUs?: number, atMostUsDuplicate?: number): Figure {
  return {
    describe: ({ rate }) => `a node over ${stack} with ${MESH.D} mesh peers in another process, ${rate} messages of ${MESSAGE_BYTES} bytes a second in a burst every ${BURST_MS} ms, each arriving ${RELAY_COPIES} times and forwarded ${MESH.D - 1} times`,
    metrics: [
      headline('CPU us/unique', 'us', goal(atMostUs)),
      headline('CPU us/duplicate', 'usDuplicate', goal(atMostUsDuplicate)),
      aside(`us/unique, ${RELAY_PER_FRAME} an RPC`, 'usBatched'),
      aside('us/unique, one by one', 'usAlone')
    ],
    measure: async (contestant, init) => measureRelay(stack, contestant, init)
  }
}

function nodes (transport: TransportName, rate: number, metrics: Metric[], burstMs: number = BURST_MS): Figure {
  const isTcp = transport === 'tcp'

  return {
    describe: () => `${NODES} nodes in 2 processes, ${isTcp ? 'TCP, noise, yamux' : 'each over the QUIC of its family'}: each publishes ${rate} messages of ${MESSAGE_BYTES} bytes a second, ${burstMs === EVEN_MS ? 'evenly, one by one' : `in bursts every ${burstMs} ms`}, and gets those of all others`,
    metrics,
    isOfNodes: true,
    measure: async (contestant, init) => measureNodes({ transport, stack: isTcp ? TCP : ownQuic(contestant.name), rate, burstMs }, contestant, init)
  }
}

function costFirst (goals: Metric['goals'] = []): Metric[] {
  return [
    headline('CPU s/million deliveries', 'cpuSecondsPerMillion', goals),
    DELIVERIES_PER_SECOND,
    aside('p50 ms', 'p50Ms'),
    aside('p90 ms', 'p90Ms'),
    aside('p99 ms', 'p99Ms'),
    aside('RSS MiB', 'rssMib')
  ]
}

/** Not over TCP: a window of yamux may take what a peer does not read for minutes. */
function slowPeer (): Figure {
  return {
    describe: () => `one of ${MESH.D} mesh peers reads at ${SLOW_BYTES_PER_SECOND / 1_000} kB/s what comes at ${SLOW_RATE * SLOW_MESSAGE_BYTES / 1e6} MB/s, each over the QUIC of its family`,
    metrics: [
      headline('p99 ms of the others', 'p99WithMs'),
      aside('p99 ms before', 'p99WithoutMs'),
      aside('ratio', 'ratio', [{ atMost: 1.5 }]),
      headline('growth of RSS, MB', 'rssGrowthMb', [{ atMost: 64 }]),
      aside('lost at the others', 'lost', [{ atMost: 0 }]),
      aside('its stream was cut', 'isCut'),
      aside('it gets nothing ever again', 'isLost', [{ atMost: 0 }])
    ],
    measure: async (contestant, init) => measureSlowPeer(ownQuic(contestant.name), contestant, init)
  }
}

function goal (atMost?: number): Metric['goals'] {
  return atMost == null ? [] : [{ atMost }]
}
