import { setTimeout as delay } from 'node:timers/promises'
import { percentile } from '../../statistics.ts'
import { MESH } from '../pubsub-options.ts'
import { Processes } from './processes.ts'
import type { ContestantInit } from '../contestants.ts'
import type { MeasureInit, Sampled } from '../figures.ts'
import type { NodeProcess } from './processes.ts'
import type { StackName } from '../../contestants.ts'

const PROCESSES = 2
const NODES_PER_PROCESS = 5
export const NODES = PROCESSES * NODES_PER_PROCESS

/** Messages a second that each node publishes. */
export const NODE_RATE = 20

const WARM_UP_SECONDS = 2

/** For what is on its way. */
const REST_MS = 500
const SETTLE_TIMEOUT_MS = 10_000

const MILLION = 1e6

/** CPU of a network of nodes that all publish and that all get everything. */
export async function measureNodes (stack: StackName, contestant: ContestantInit, { workload: { seconds }, timeoutMs }: MeasureInit): Promise<Sampled> {
  const processes = new Processes(timeoutMs)

  try {
    const hosts = Array.from({ length: PROCESSES }, () => processes.node())
    const addresses = (await Promise.all(hosts.map(async (host) => host.call('start', { contestant, stack, count: NODES_PER_PROCESS }, timeoutMs)))).flat()

    for (const [i, host] of hosts.entries()) {
      await host.call('connect', { addresses, ownFrom: i * NODES_PER_PROCESS }, timeoutMs)
    }

    await Promise.all(hosts.map(async (host) => processes.meshed(host, MESH.Dlo)))
    await publish(hosts, WARM_UP_SECONDS, timeoutMs)
    const { cpuSeconds, deliveries, latenciesMs } = await publish(hosts, seconds, timeoutMs)

    return {
      values: {
        cpuSecondsPerMillion: cpuSeconds / deliveries * MILLION,
        p50Ms: percentile(latenciesMs, 50),
        p99Ms: percentile(latenciesMs, 99)
      },
      samples: { 'delivery, ms': latenciesMs }
    }
  } finally {
    await processes.stop()
  }
}

interface Published {
  cpuSeconds: number
  deliveries: number
  latenciesMs: number[]
}

async function publish (hosts: NodeProcess[], seconds: number, timeoutMs: number): Promise<Published> {
  const before = await totals(hosts, timeoutMs)
  const expected = NODE_RATE * seconds * NODES * (NODES - 1)
  await Promise.all(hosts.map(async (host) => host.call('publish', { rate: NODE_RATE, seconds }, timeoutMs)))
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

  return { cpuSeconds: after.cpuSeconds - before.cpuSeconds, deliveries, latenciesMs: latencies.flat() }
}

async function totals (hosts: NodeProcess[], timeoutMs: number): Promise<{ cpuSeconds: number, delivered: number }> {
  const snapshots = await Promise.all(hosts.map(async (host) => host.call('snapshot', undefined, timeoutMs)))

  return {
    cpuSeconds: snapshots.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    delivered: snapshots.reduce((sum, { delivered }) => sum + delivered, 0)
  }
}
