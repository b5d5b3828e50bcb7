import { setTimeout as delay } from 'node:timers/promises'
import { percentile } from '../../statistics.ts'
import { MESH } from '../pubsub-options.ts'
import { loadInit } from './load.ts'
import { Processes } from './processes.ts'
import type { StackName } from '../../contestants.ts'
import type { ContestantInit } from '../contestants.ts'
import type { MeasureInit, Sampled } from '../figures.ts'
import type { TransportName } from './load.ts'
import type { NodeVerbs } from './node-process.ts'
import type { PeerProcess } from '../../processes/peer-process.ts'

const PROCESSES = 2
const NODES_PER_PROCESS = 5
export const NODES = PROCESSES * NODES_PER_PROCESS

/** At this many messages of each node a second, or at what is measured if that is more: so that code is compiled as in a network that runs for long. */
const WARM_UP_RATE = 100
const WARM_UP_SECONDS = 4

/** For what is on its way. */
const REST_MS = 500
const SETTLE_TIMEOUT_MS = 10_000

const MILLION = 1e6
const MS_PER_SECOND = 1_000
const BYTES_PER_MIB = 1_024 * 1_024

export interface NodesLoad {
  transport: TransportName
  /** What contestants run over that run in Node.js. */
  stack: StackName
  /** Messages a second that each node publishes. */
  rate: number
  /** From one burst of messages to the next. */
  burstMs: number
}

/** Nodes in one process, whatever they are written in. */
type Host = Pick<PeerProcess<Omit<NodeVerbs, 'start'>>, 'call'>

/** What a network of nodes that all publish and that all get everything takes. */
export async function measureNodes (load: NodesLoad, contestant: ContestantInit, { workload: { seconds }, timeoutMs }: MeasureInit): Promise<Sampled> {
  const processes = new Processes(timeoutMs)

  try {
    const started = await Promise.all(Array.from({ length: PROCESSES }, async () => startHost(processes, load, contestant, timeoutMs)))
    const hosts = started.map(({ host }) => host)
    const addresses = started.flatMap(({ addresses }) => addresses)

    for (const [i, host] of hosts.entries()) {
      await host.call('connect', { addresses, ownFrom: i * NODES_PER_PROCESS }, timeoutMs)
    }

    await Promise.all(hosts.map(async (host) => processes.meshed(host, MESH.Dlo)))
    await publish(hosts, { ...load, rate: Math.max(load.rate, WARM_UP_RATE) }, WARM_UP_SECONDS, timeoutMs)
    const { wallSeconds, cpuSeconds, deliveries, rssBytes, latenciesMs } = await publish(hosts, load, seconds, timeoutMs)

    return {
      values: {
        cpuSecondsPerMillion: cpuSeconds / deliveries * MILLION,
        deliveriesPerSecond: deliveries / wallSeconds,
        p50Ms: percentile(latenciesMs, 50),
        p90Ms: percentile(latenciesMs, 90),
        p99Ms: percentile(latenciesMs, 99),
        rssMib: rssBytes / BYTES_PER_MIB
      },
      samples: { 'delivery, ms': latenciesMs }
    }
  } finally {
    await processes.stop()
  }
}

async function startHost (processes: Processes, { transport, stack }: NodesLoad, contestant: ContestantInit, timeoutMs: number): Promise<{ host: Host, addresses: string[] }> {
  if (contestant.program != null) {
    const host = processes.load(contestant.program)

    return { host, addresses: await host.call('start', loadInit(transport, NODES_PER_PROCESS), timeoutMs) }
  }

  const host = processes.node()

  return { host, addresses: await host.call('start', { contestant, stack, count: NODES_PER_PROCESS }, timeoutMs) }
}

interface Published {
  /** From the first message to the last delivery. */
  wallSeconds: number
  cpuSeconds: number
  deliveries: number
  /** Of all processes, after the last delivery. */
  rssBytes: number
  latenciesMs: number[]
}

async function publish (hosts: Host[], { rate, burstMs }: NodesLoad, seconds: number, timeoutMs: number): Promise<Published> {
  const before = await totals(hosts, timeoutMs)
  const expected = rate * seconds * NODES * (NODES - 1)
  const published = await Promise.all(hosts.map(async (host) => host.call('publish', { rate, seconds, burstMs }, timeoutMs)))
  await delay(REST_MS)
  const endMs = performance.now() + SETTLE_TIMEOUT_MS
  let after = await totals(hosts, timeoutMs)

  while (after.delivered - before.delivered < expected && performance.now() < endMs) {
    await delay(REST_MS)
    after = await totals(hosts, timeoutMs)
  }

  const deliveries = after.delivered - before.delivered
  const latencies = await Promise.all(hosts.map(async (host) => host.call('latencies', undefined, timeoutMs)))

  if (deliveries !== expected) {
    throw new Error(`${deliveries} of ${expected} deliveries`)
  }

  return {
    wallSeconds: (after.lastDeliveryMs - Math.min(...published.map(({ startedMs }) => startedMs))) / MS_PER_SECOND,
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    deliveries,
    rssBytes: after.rssBytes,
    latenciesMs: latencies.flat()
  }
}

interface Totals {
  cpuSeconds: number
  delivered: number
  lastDeliveryMs: number
  rssBytes: number
}

async function totals (hosts: Host[], timeoutMs: number): Promise<Totals> {
  const snapshots = await Promise.all(hosts.map(async (host) => host.call('snapshot', undefined, timeoutMs)))

  return {
    cpuSeconds: snapshots.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    delivered: snapshots.reduce((sum, { delivered }) => sum + delivered, 0),
    lastDeliveryMs: Math.max(...snapshots.map(({ lastDeliveryMs }) => lastDeliveryMs)),
    rssBytes: snapshots.reduce((sum, { rssBytes }) => sum + rssBytes, 0)
  }
}
